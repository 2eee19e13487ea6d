"""A phase diagram in few squares, for a terminal or a thumbnail: every square has the colour of one fate, and
a region has as many squares of a fate as it has neurons that met it.

Colours are not mixed: orange and blue make the purple of another fate. Nor is the most frequent fate shown:
a stripe of the others would vanish.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import MapAxis, map_axis
from jaxneuron.analysis.frames import Frame, frame_of, shown_by_default
from jaxneuron.analysis.maps import fates_over
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import POINT
from jaxneuron.view.palette import FATE_COLOURS

NOBODY = -1  # the fate of a square without neurons

# Seen on black and on white, which #404040 is not.
SCREEN_COLOURS = FATE_COLOURS | {Fate.born_dead: "#767676"}

# From below: what was hoped for has the ground to stand on.
STACKED = (Fate.converged, Fate.unsettled, Fate.died, Fate.born_dead, Fate.diverged)

# Multiples of these spread evenly over [0, 1), and so do sums of both: among n of them no gap is larger than
# 2.2/n, so that a fate is seen that has more than 2.2 squares' worth of a row or of a column.
SPREAD = ((math.sqrt(5) - 1) / 2, math.sqrt(3) - 1)


class FateMap(NamedTuple):
    """Neurons by fate in the squares of a map: `counts` is [columns, rows, fates], rows from below; with one
    axis [columns, fates], with none [fates]. `axes` are those of the run, however many squares they have."""

    axes: tuple[MapAxis, ...]
    counts: np.ndarray
    remark: str


def fate_map(run: Run, columns: int, rows: int) -> FateMap:
    """The fates over the first two of what is swept, pooled into at most so many squares."""
    frame = frame_of(run, shown_by_default(run), {})
    (counts,), most = fates_over(run, [frame]), (columns, rows)[: len(frame.axes)]
    shape = counts.shape[:-1] if frame.is_grid else _squares_of_points(len(counts), len(frame.axes))
    sizes = tuple(min(size, limit) for size, limit in zip(shape, most, strict=True))
    pool = _pool_neighbours if frame.is_grid else _pool_points
    counts = pool(counts, frame.axes, sizes)
    axes = tuple(map_axis(run, axis.name) for axis in frame.axes)
    return FateMap(axes, counts, _remark(run, frame, axes, sizes))


def _squares_of_points(num_points: int, num_axes: int) -> tuple[int, ...]:
    """So many that few squares are without a point."""
    return (max(1, int((num_points / 2) ** (1 / num_axes))),) * num_axes


def _remark(run: Run, frame: Frame, axes: Sequence[MapAxis], sizes: Sequence[int]) -> str:
    """What is pooled: over what is not shown, and neighbours."""
    lengths = tuple(len(axis.values) for axis in axes)
    if POINT in run.dims:
        squares = f"{run.cells.sizes[POINT]:,} points in squares" if frame.axes and not frame.is_grid else ""
    else:
        number = " × ".join(f"{length:,}" for length in lengths)
        squares = f"{number} cells in {' × '.join(map(str, sizes))} squares" if lengths != sizes else ""
    return ", ".join(filter(None, [frame.remark, squares]))


def _pool_neighbours(counts: np.ndarray, axes: Sequence[MapAxis], sizes: Sequence[int]) -> np.ndarray:
    for direction, (axis, size) in enumerate(zip(axes, sizes, strict=True)):
        starts = -(-np.arange(size) * len(axis.values) // size)
        counts = np.add.reduceat(counts, starts, axis=direction)
    return counts


def _pool_points(counts: np.ndarray, axes: Sequence[MapAxis], sizes: Sequence[int]) -> np.ndarray:
    places = []
    for axis, size in zip(axes, sizes, strict=True):
        low, high = axis.scaled.min(), axis.scaled.max()
        places.append(np.minimum(((axis.scaled - low) / ((high - low) or 1.0) * size).astype(int), size - 1))
    pooled = np.zeros((*sizes, counts.shape[-1]), counts.dtype)
    np.add.at(pooled, tuple(places), counts)
    return pooled


def mosaic(counts: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """The fate of each square [rows, columns] of a picture, from the top, of counts[columns, rows, fates];
    each of the map's squares is as many of the picture's as fit."""
    scale = columns // counts.shape[0], rows // counts.shape[1]
    larger = counts.repeat(scale[0], 0).repeat(scale[1], 1)
    column, row = np.indices(larger.shape[:2])
    threshold = (0.5 + SPREAD[0] * column + SPREAD[1] * row) % 1
    total = larger.sum(-1)
    fate = (larger.cumsum(-1) <= (threshold * total)[..., None]).sum(-1)
    return np.where(total > 0, fate, NOBODY).T[::-1]


def apportion(counts: np.ndarray, units: int) -> np.ndarray:
    """Whole units in the ratio of the counts, at least one for each that is not 0 (largest remainders)."""
    exact = units * counts / counts.sum()
    found = np.where(counts > 0, np.maximum(np.floor(exact), 1), 0).astype(int)
    while found.sum() < units:
        found[np.argmax(np.where(counts > 0, exact - found, -np.inf))] += 1
    while found.sum() > units:
        found[np.argmin(np.where(found > 1, exact - found, np.inf))] -= 1
    return found
