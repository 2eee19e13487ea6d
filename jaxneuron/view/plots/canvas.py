"""The canvas of every figure: letters that are legible at its size, names from data files as they are, and a
file that holds its description."""

import contextlib
import io
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine

from jaxneuron.analysis.in_words import printable
from jaxneuron.store.whole_file import FIGURE, check_file, whole_file
from jaxneuron.study.bad_input import BadInput

# In inches: a column of a paper with two of them, its page, and a screen.
SINGLE_COLUMN, DOUBLE_COLUMN, SCREEN = 3.3, 7.0, 11.0
NARROW = 1.5 * SINGLE_COLUMN  # a narrower figure has fewer panels beside each other
NARROWEST, WIDEST = 2.0, 40.0
PIXELS = 1650  # across
# For letters that matplotlib's own font lacks, those of these that are installed.
MORE_FONTS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Hiragino Sans", "Microsoft YaHei"),
    *("Noto Sans Devanagari", "Noto Sans Thai", "Noto Emoji", "Segoe UI Symbol"),
)


class Plot(Figure):
    """A figure that Jupyter shows without pyplot, with a description for those who cannot see it.

    `title_in_words` and `description` go into the files it is written to.
    """

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        if not NARROWEST <= width <= WIDEST:
            raise BadInput(f"width: is {width:g} inches; it must lie between {NARROWEST:g} and {WIDEST:g}")
        self.width = width
        self.title_in_words, self.description = printable(title), printable(description)
        with self.styled():
            super().__init__(
                figsize=(width, height), layout="constrained", dpi=np.clip(PIXELS / width, 72, 300)
            )

    @contextlib.contextmanager
    def styled(self) -> Iterator[None]:
        """A context in which letters and lines have the size that the figure's width asks for."""
        with style.context(["default", _style(self.width)]), warnings.catch_warnings():
            # A letter that no font has is drawn as a box, which the reader can see.
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            yield

    def draw(self, renderer: Any) -> None:
        # Ticks are made as late as this.
        with self.styled():
            layout = self.get_layout_engine()
            if self.canvas.is_saving() and isinstance(layout, ConstrainedLayoutEngine):
                layout.execute(self)  # To be saved, it is drawn for its layout first, and then without one.
            else:
                super().draw(renderer)

    def name(self, title: str, *remarks: str) -> None:
        """Write a title above all, and remarks beneath it, in as many lines as they take."""
        self._lines = [line for text in (title, *remarks) if text for line in self.wrapped(text)]
        self.suptitle("\n".join(map(as_text, self._lines)), fontsize=_font_size(self.width) + 1)

    def note(self, text: str) -> None:
        """Add a remark to the title and to the description, where there is one."""
        if text:
            self.name(*self._lines, text)
            self.description = f"{self.description} {printable(text[0].upper() + text[1:])}."

    def columns(self, number: int, inches: float) -> int:
        """The columns of a legend, each of at least so many inches, with as few rows as it can have."""
        most = max(1, int(self.width / inches))
        return -(-number // -(-number // most)) if number else 1

    def wrapped(self, text: str, share: float = 1.0) -> list[str]:
        """Text in lines that fit a share of the figure's width."""
        letters = int(share * self.width * 72 / (0.56 * (_font_size(self.width) + 1)))
        return textwrap.wrap(printable(text), max(letters, 12))

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", metadata=_metadata(self, ".png"))
        return buffer.getvalue(), {"alt": self.description, "width": round(96 * self.width)}


def as_text(name: str) -> str:
    """A name as matplotlib shows it letter by letter: a pair of $ would stand for a formula."""
    return name.replace("$", r"\$")


def draw_band(axes: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: Any, **how: Any) -> None:
    """A band around a curve, from one end of its interval to the other."""
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0, **how)


def say(axes: Axes, words: str) -> None:
    """Write words in the middle of a panel, in place of what there is not."""
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center")


def finished(plot: Plot, path: str | Path | None) -> Plot:
    """The figure, written to the path where there is one."""
    if path is not None:
        save(plot, Path(path))
    return plot


def save(plot: Plot, path: Path) -> None:
    """Write the figure as PNG, SVG or PDF, by the path's ending, with its description.

    BadInput for another ending, and where the file cannot be written.
    """
    check_file(path, FIGURE)
    ending = path.suffix.lower()
    buffer = io.BytesIO()
    with plot.styled():
        plot.savefig(buffer, format=ending[1:], metadata=_metadata(plot, ending))
    with whole_file(path) as draft:
        draft.write_bytes(
            _with_description(buffer.getvalue(), plot) if ending == ".svg" else buffer.getvalue()
        )


def _metadata(plot: Plot, ending: str) -> dict[str, Any]:
    """Title and description; no date, so that the same figure has the same bytes."""
    about = {".pdf": "Subject"}.get(ending, "Description")
    no_date: dict[str, Any] = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(ending, {})
    return {"Title": plot.title_in_words, about: plot.description} | no_date


def _with_description(svg: bytes, plot: Plot) -> bytes:
    """An SVG whose description is where browsers and screen readers look; matplotlib hides it in RDF."""
    title_end = svg.index(b"</title>") + len(b"</title>")
    words = f"\n <desc>{escape(plot.description)}</desc>".encode()
    return svg[:title_end].replace(b"<svg ", b'<svg role="img" ', 1) + words + svg[title_end:]


def _font_size(width: float) -> float:
    """In points: 7 in a column, which is what journals ask for at least, 10 on a screen."""
    return float(np.interp(width, (SINGLE_COLUMN, DOUBLE_COLUMN, SCREEN), (7, 8, 10)))


def _style(width: float) -> Any:
    size = _font_size(width)
    thickness = size / 10
    installed = set(fontManager.get_font_names())
    return {
        "font.family": ["DejaVu Sans", *(name for name in MORE_FONTS if name in installed)],
        "font.size": size,
        **dict.fromkeys(
            ("axes.titlesize", "axes.labelsize", "legend.fontsize", "legend.title_fontsize"), size
        ),
        **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), size),
        **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.8 * thickness),
        **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
        "lines.linewidth": 1.5 * thickness,
        "lines.markersize": 4 * thickness,
        "hatch.linewidth": 0.6 * thickness,
        "legend.frameon": False,
        "legend.handlelength": 1.4,
        "savefig.dpi": "figure",
        "savefig.bbox": "standard",
        "svg.hashsalt": "jaxneuron",
        "pdf.fonttype": 42,  # TrueType, which journals ask for
    }
