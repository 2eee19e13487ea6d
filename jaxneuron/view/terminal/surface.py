"""One neuron's path over the loss L(W, b) in a terminal, and where it is silent on every example."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from jaxneuron.analysis.surface import LossSurface, loss_surface, shown_ranges
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training
from jaxneuron.view.mosaic import SCREEN_COLOURS
from jaxneuron.view.terminal.braille import braille, line_dots
from jaxneuron.view.terminal.picture import Ends, Entry, Glyph, Picture, half_blocks, margin_of

DECADES = 6.0  # of the loss that are told apart
SHADES, PLAIN_SHADES = 12, " .,:;-=+*%@&"
SILENT, PATH = SCREEN_COLOURS[Fate.born_dead], "#FFFFFF"
# Not up to viridis' yellow, on which a white path would not be seen.
COLOURS = [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0.0, 0.85, SHADES))]
INKS = [*zip(COLOURS, PLAIN_SHADES, strict=True), (SILENT, "#")]
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
    shades[surface.is_silent] = SHADES
    rows = half_blocks(shades.T[::-1], INKS)
    _draw_path(rows, surface)
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


def _draw_path(rows: list[list[Glyph]], surface: LossSurface) -> None:
    lines, columns = len(rows), len(rows[0])
    (path,) = surface.paths
    if not len(path.weight):
        return
    x, y = _parts(path.weight, surface.weight), _parts(path.bias, surface.bias)
    for line, characters in enumerate(braille(line_dots(x, y, 2 * columns, 4 * lines))):
        for column, character in enumerate(characters):
            if character != " ":
                rows[line][column] = _over(rows[line][column], character, "o")
    for step, mark in ((0, "○"), (-1, "●")):
        if 0 <= x[step] < 1 and 0 < y[step] <= 1:
            line, column = int((1 - y[step]) * lines), int(x[step] * columns)
            rows[line][column] = _over(rows[line][column], mark, MARKS[mark])


def _parts(values: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """What part of the way across squares with these middles the values lie, 0 to 1 within them."""
    return ((values - middles[0]) / (middles[-1] - middles[0]) * (len(middles) - 1) + 0.5) / len(middles)


MARKS = {"○": "S", "●": "E"}


def _over(glyph: Glyph, character: str, plain: str) -> Glyph:
    return Glyph(character, PATH, glyph.back or glyph.front, plain)


def _legend(loss: str, has_silent: bool) -> tuple[Entry, ...]:
    def glyph(character: str, colour: str | None, plain: str) -> Glyph:
        return Glyph(character, colour, None, plain)

    scale = Entry(tuple(glyph("█", *ink) for ink in INKS[:SHADES]), loss)
    silent = Entry((glyph("█", *INKS[SHADES]),), "silent: no example passes a gradient")
    start, end = (
        Entry((glyph(mark, None, MARKS[mark]),), name)
        for mark, name in zip(MARKS, ("start", "end"), strict=True)
    )
    return (scale, *([silent] if has_silent else []), start, end)
