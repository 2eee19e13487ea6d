"""Pictures of few squares, the same for a terminal and a notebook: [rows, columns] from the top, each square
a place in a list of inks.

Every square of a map of fates has the colour of one fate, and a region has as many squares of a fate as it
has neurons that met it. Colours are not mixed: orange and blue make the purple of another fate. Nor is the
most frequent fate shown: a stripe of the others would vanish.
"""

import math
from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.in_words import values_in_words
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import SCREEN_COLOURS

EMPTY = -1  # a square without ink

# From below: what was hoped for has the ground to stand on.
STACKED = [Fate.converged, Fate.unsettled, Fate.died, Fate.born_dead, Fate.diverged]

# Multiples of these spread evenly over [0, 1), and so do sums of both: among n of them no gap is larger than
# 2.2/n, so that a fate is seen that has more than 2.2 squares' worth of a row or of a column.
SPREAD = ((math.sqrt(5) - 1) / 2, math.sqrt(3) - 1)


class Ink(NamedTuple):
    """A colour, and the character that stands for it where there are no colours; a line's lies over all."""

    colour: str
    plain: str
    is_line: bool = False


# Letters would be read as words.
PLAIN = {Fate.diverged: "x", Fate.born_dead: "#", Fate.died: "+", Fate.converged: ".", Fate.unsettled: "~"}
FATE_INKS = [Ink(SCREEN_COLOURS[fate], PLAIN[fate]) for fate in Fate]


class Ends(NamedTuple):
    """An axis of a picture: its label, and the values at its ends."""

    label: str
    low: str
    high: str


def ends_of(axis: MapAxis) -> Ends:
    """The label and the ends of a swept axis."""
    label = f"{axis.label} (log)" if axis.is_log else axis.label
    if axis.names:
        return Ends(label, axis.names[0], axis.names[-1])
    return Ends(label, *values_in_words((axis.values.min(), axis.values.max()), 3))


def fate_squares(counts: np.ndarray, columns: int, rows: int, widest: float = math.inf) -> np.ndarray:
    """The fate of each square: a map over two axes, stacked shares along one, or a bar, of
    counts[…axes, fate]. A map's square is no wider than `widest` times its height."""
    if counts.ndim == 1:
        return np.tile(np.repeat(list(Fate), apportion(counts, columns)), (rows, 1))
    number = counts.shape[0]
    high = rows // counts.shape[1] if counts.ndim == 3 else rows
    wide = int(min(columns // number, widest * high))
    if counts.ndim == 3:
        return mosaic(counts, wide * number, rows)
    return np.hstack([_stack(of_value, wide, rows) for of_value in counts])


def mosaic(counts: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """The fate of each square [rows, columns] of counts[columns, rows, fates]; each of the map's squares is
    as many of the picture's as fit."""
    scale = columns // counts.shape[0], rows // counts.shape[1]
    larger = counts.repeat(scale[0], 0).repeat(scale[1], 1)
    column, row = np.indices(larger.shape[:2])
    threshold = (0.5 + SPREAD[0] * column + SPREAD[1] * row) % 1
    total = larger.sum(-1)
    fate = (larger.cumsum(-1) <= (threshold * total)[..., None]).sum(-1)
    return np.where(total > 0, fate, EMPTY).T[::-1]


def _stack(counts: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """A column of shares that are stacked, to within one square: row by row from below, each fate that
    occurs with the squares of a row or more."""
    if not counts.sum():
        return np.full((rows, columns), EMPTY)
    squares = np.repeat(STACKED, apportion(counts[STACKED], rows * columns, least=columns))
    return squares.reshape(rows, columns)[::-1]


def apportion(counts: np.ndarray, units: int, least: int = 1) -> np.ndarray:
    """Whole units in the ratio of the counts (largest remainders), `least` or more for each that is not 0."""
    exact = units * counts / counts.sum()
    found = np.where(counts > 0, np.maximum(np.floor(exact), least), 0).astype(int)
    while found.sum() < units:
        found[np.argmax(np.where(counts > 0, exact - found, -np.inf))] += 1
    while found.sum() > units:
        found[np.argmin(np.where(found > least, exact - found, np.inf))] -= 1
    return found


def line_squares(x: np.ndarray, y: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """Whether a line passes each square [rows, columns]. Its points are parts of the width and of the height;
    what lies outside is left out, and a point that is not finite breaks the line."""
    from matplotlib.path import Path  # takes long to import, which a map of fates need not wait for

    drawn = np.zeros((rows, columns), bool)
    size = np.array([columns, rows])
    points = np.stack([x * columns, (1 - y) * rows], axis=1)
    points = points if len(points) > 1 else points.repeat(2, axis=0)
    inside = Path(points).cleaned(remove_nans=True, clip=(0, 0, columns, rows), simplify=False)
    codes, vertices = np.asarray(inside.codes), np.asarray(inside.vertices)
    pairs = np.hstack([vertices[:-1], vertices[1:]])[codes[1:] == Path.LINETO]
    # Many steps may lie between the same two squares.
    start, end = np.split(np.unique(np.floor(pairs).clip(0, [*size - 1, *size - 1]), axis=0), 2, axis=1)
    number = abs(end - start).max(1, initial=0).astype(int) + 1
    segment = np.arange(len(number)).repeat(number)
    part = (np.arange(number.sum()) - (number.cumsum() - number)[segment]) / np.maximum(number - 1, 1)[
        segment
    ]
    column, row = np.floor(start[segment] + part[:, None] * (end - start)[segment] + 0.5).astype(int).T
    drawn[row, column] = True
    return drawn
