"""One neuron's path over the loss L(W, b) in a terminal, and where it is silent on every example."""

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from jaxneuron.analysis.surface import losses_at, silence_border
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.params import ACTIVATIONS
from jaxneuron.runner.training import Training
from jaxneuron.view.raster import SCREEN_COLOURS, Ends, Ink, line_squares
from jaxneuron.view.terminal.picture import Entry, Glyph, Picture, half_blocks, margin_of, swatch

DECADES = 6.0  # of the loss that are told apart
SHADES, PLAIN_SHADES = 12, " .,:;-=+*%@&"
SILENT, PATH = SCREEN_COLOURS[Fate.born_dead], "#FFFFFF"
# Not up to viridis' yellow, on which a white path would not be seen.
COLOURS = [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0.0, 0.85, SHADES))]
INKS = [*map(Ink, COLOURS, PLAIN_SHADES), Ink(SILENT, "#"), Ink(PATH, "o", is_line=True)]
OF_SILENCE, OF_PATH = SHADES, SHADES + 1  # their places among the inks
MARKS = {"○": "S", "●": "E"}  # of the start and the end
WIDEST = 4  # times as wide as high


class Squares(NamedTuple):
    """`loss[rows, columns]` in the middle of squares of (W, b), from the top; in a `silent` one no example
    passes a gradient. `across` and `along` are the ends of W and of b, `path` holds (W, b) before each step.
    """

    across: tuple[float, float]
    along: tuple[float, float]
    loss: np.ndarray
    silent: np.ndarray
    path: np.ndarray


def loss_squares(training: Training, columns: int, rows: int) -> Squares:
    """The loss around the path of a neuron with one input."""
    path = _path(training)
    across, along = window(training, path)
    weight, bias = (
        low + (high - low) * (np.arange(number) + 0.5) / number
        for (low, high), number in ((across, columns), (along, rows))
    )
    bias = bias[::-1, None]
    x, activation = training.data.x[:, 0], training.study.neuron.activation
    slope = training.hyperparams.get("negative_slope", 0.01)
    loss = losses_at(weight, bias, x, training.targets, activation, slope)
    silent = (bias <= silence_border(weight, x)) & ACTIVATIONS[activation].can_die
    return Squares(across, along, loss, silent, path)


def _path(training: Training) -> np.ndarray:
    """(W, b) before each step."""
    history = training.history
    return np.stack([history.weight.values[:, 0], history.bias.values], axis=1).astype(np.float64)


def window(training: Training, path: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of W and of b that are shown: the path with half as much again on each side of it, and not
    much flatter than wide; of a dead neuron the tip of the silent region too, which is at W = 0, b = 0."""
    shown = path[_is_in_view(training, path)]
    if training.fate in (Fate.born_dead, Fate.died):
        shown = np.vstack([shown, [0.0, 0.0]])
    middle, span = (shown.max(0) + shown.min(0)) / 2, np.ptp(shown, axis=0)
    half = np.maximum(span, 0.5 * max(span.max(), 1.0))
    (left, bottom), (right, top) = middle - half, middle + half
    return (float(left), float(right)), (float(bottom), float(top))


def _is_in_view(training: Training, path: np.ndarray) -> np.ndarray:
    """Not the steps of a neuron that has left for infinity: all else would shrink to a point."""
    losses = training.history.loss.values.astype(np.float64)
    silent = float(np.mean(training.targets.astype(np.float64) ** 2)) / 2
    largest = 4 * max(np.nan_to_num(losses[0], posinf=0.0), silent)
    shown = np.isfinite(path).all(1) & (losses <= largest)
    shown[0] = True
    return shown


def surface_picture(training: Training, title: str, width: int, lines: int) -> Picture:
    """The surface in so many lines: squares shaded by the logarithm of the loss, and the path in white."""
    # Numbers at the ends of b take room, of which the surface then has less.
    across, along = (
        Ends(label, *(f"{end:.3g}" for end in ends))
        for label, ends in zip(("weight W", "bias b"), window(training, _path(training)), strict=True)
    )
    columns = max(8, min(width - margin_of(along), 2 * WIDEST * lines))
    surface = loss_squares(training, columns, 2 * lines)
    shades, low, high = _shades(surface.loss)
    squares = np.where(surface.silent, OF_SILENCE, shades)
    x, y = _parts(surface)
    rows = half_blocks(np.where(line_squares(x, y, columns, 2 * lines), OF_PATH, squares), INKS)
    for step, (mark, plain) in zip((0, -1), MARKS.items(), strict=True):
        if 0 <= x[step] < 1 and 0 < y[step] <= 1:
            line, column = int((1 - y[step]) * lines), int(x[step] * columns)
            rows[line][column] = Glyph(mark, PATH, INKS[squares[2 * line + 1, column]].colour, plain)
    legend = _legend(f"loss {low:.3g} to {high:.3g} (log)", bool(surface.silent.any()))
    remark = "" if training.study.data.scale == "none" else "W and b in standardised units"
    return Picture(title, rows, across, along, legend, remark, width)


def _parts(surface: Squares) -> np.ndarray:
    """The path [weight and bias, steps] as parts of the picture's width and height."""
    low, high = np.array([surface.across, surface.along]).T
    return ((surface.path - low) / (high - low)).T


def _shades(loss: np.ndarray) -> tuple[np.ndarray, float, float]:
    """(the shade of each square, the loss of the lowest shade, the highest loss)."""
    known = loss[np.isfinite(loss) & (loss > 0)]
    high = float(known.max(initial=np.finfo(float).tiny))
    low = max(float(known.min(initial=high)), high / 10**DECADES)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(loss / low) / (np.log(high / low) or 1.0)
    part = np.nan_to_num(part, nan=1.0, posinf=1.0, neginf=0.0).clip(0, 1)
    return np.minimum((part * SHADES).astype(int), SHADES - 1), low, high


def _legend(loss: str, has_silent: bool) -> tuple[Entry, ...]:
    scale = Entry(tuple(map(swatch, INKS[:SHADES])), loss)
    silent = Entry((swatch(INKS[OF_SILENCE]),), "silent: no example passes a gradient")
    start, end = (
        Entry((Glyph(mark, None, None, plain),), name)
        for (mark, plain), name in zip(MARKS.items(), ("start", "end"), strict=True)
    )
    return (scale, *([silent] if has_silent else []), start, end)
