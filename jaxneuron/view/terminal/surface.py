"""One neuron's path over the loss L(W, b) in a terminal, and where it is silent on every example."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from jaxneuron.analysis.surface import LossSurface, loss_surface, shown_ranges
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training
from jaxneuron.view.palette import SCREEN_COLOURS
from jaxneuron.view.raster import Ends, Ink, line_squares
from jaxneuron.view.terminal.picture import Entry, Glyph, Picture, half_blocks, margin_of, swatch

DECADES = 6.0  # of the loss that have different shades
SHADES, PLAIN_SHADES = 12, " .,:;-=+*%@&"
SILENT, PATH = SCREEN_COLOURS[Fate.born_dead], "#FFFFFF"
# Not up to viridis' yellow, on which a white path would not be seen.
COLOURS = [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0.0, 0.85, SHADES))]
INKS = [*map(Ink, COLOURS, PLAIN_SHADES), Ink(SILENT, "#"), Ink(PATH, "o", is_line=True)]
OF_SILENCE, OF_PATH = SHADES, SHADES + 1  # their places among the inks
MARKS = {"○": "S", "●": "E"}  # of the start and the end
WIDEST = 4  # times as wide as high


def surface_picture(training: Training, title: str, width: int, lines: int) -> Picture:
    """The surface in so many lines: squares shaded by the logarithm of the loss, and the path in white."""
    # Numbers at the ends of b take room, of which the surface then has less.
    across, along = (
        Ends(label, *(f"{end:.3g}" for end in ends))
        for label, ends in zip(("weight W", "bias b"), shown_ranges([training]), strict=True)
    )
    columns = max(8, min(width - margin_of(along), 2 * WIDEST * lines))
    surface = loss_surface([training], columns, 2 * lines)
    shades, low, high = _shades(surface.loss)
    shades[surface.is_silent] = OF_SILENCE
    rows = _with_path(shades.T[::-1], surface)
    legend = _legend(f"loss {low:.3g} to {high:.3g} (log)", bool(surface.is_silent.any()))
    remark = "W and b in standardised units" if surface.is_scaled else ""
    return Picture(title, rows, across, along, legend, remark, width)


def _shades(loss: np.ndarray) -> tuple[np.ndarray, float, float]:
    """(the shade of each square, the loss of the lowest shade, the highest loss)."""
    known = loss[np.isfinite(loss) & (loss > 0)]
    high = float(known.max(initial=np.finfo(float).tiny))
    low = max(float(known.min(initial=high)), high / 10**DECADES)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(loss / low) / (np.log(high / low) or 1.0)
    part = np.nan_to_num(part, nan=1.0, posinf=1.0, neginf=0.0).clip(0, 1)
    return np.minimum((part * SHADES).astype(int), SHADES - 1), low, high


def _with_path(squares: np.ndarray, surface: LossSurface) -> list[list[Glyph]]:
    """The squares with the path over them, and a mark at its start and at its end."""
    (path,) = surface.paths
    if not len(path.weight):
        return half_blocks(squares, INKS)
    x, y = _parts(path.weight, surface.weight), _parts(path.bias, surface.bias)
    rows = half_blocks(np.where(line_squares(x, y, *squares.shape[::-1]), OF_PATH, squares), INKS)
    lines, columns = len(rows), len(rows[0])
    for step, (mark, plain) in zip((0, -1), MARKS.items(), strict=True):
        if 0 <= x[step] < 1 and 0 < y[step] <= 1:
            line, column = int((1 - y[step]) * lines), int(x[step] * columns)
            rows[line][column] = Glyph(mark, PATH, INKS[squares[2 * line + 1, column]].colour, plain)
    return rows


def _parts(values: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Values as parts of the way across squares with these middles, 0 to 1 within them."""
    return ((values - middles[0]) / (middles[-1] - middles[0]) * (len(middles) - 1) + 0.5) / len(middles)


def _legend(loss: str, has_silent: bool) -> tuple[Entry, ...]:
    scale = Entry(tuple(map(swatch, INKS[:SHADES])), loss)
    silent = Entry((swatch(INKS[OF_SILENCE]),), "silent: no example passes a gradient")
    start, end = (
        Entry((Glyph(mark, None, None, plain),), name)
        for (mark, plain), name in zip(MARKS.items(), ("start", "end"), strict=True)
    )
    return (scale, *([silent] if has_silent else []), start, end)
