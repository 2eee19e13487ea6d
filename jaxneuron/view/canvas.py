"""What every figure needs: names from data files shown as they are, and a file at the end."""

import warnings
from pathlib import Path

from matplotlib.figure import Figure


def as_text(name: str) -> str:
    """A name that matplotlib shows letter by letter: a pair of $ would stand for a formula."""
    return name.replace("$", r"\$")


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG, SVG or PDF, by the path's ending."""
    with warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box; the person can see it.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(path)
