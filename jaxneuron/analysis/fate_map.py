"""The fates of a run pooled into as few squares as a terminal or a thumbnail has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import MapAxis, map_axis
from jaxneuron.analysis.frames import Frame, frame_of, shown_by_default
from jaxneuron.analysis.maps import fates_over
from jaxneuron.analysis.run import Run
from jaxneuron.population.design import POINT


class FateMap(NamedTuple):
    """Neurons by fate in the squares of a map: `counts` is [columns, rows, fates], rows from below; with one
    axis [columns, fates], with none [fates]. `axes` are the run's, with all of their values."""

    axes: tuple[MapAxis, ...]
    counts: np.ndarray
    remark: str


def fate_map(run: Run, columns: int, rows: int) -> FateMap:
    """The fates over the first two swept axes, pooled into at most so many squares."""
    frame = frame_of(run, shown_by_default(run), {})
    (counts,), most = fates_over(run, [frame]), (columns, rows)[: len(frame.axes)]
    shape = counts.shape[:-1] if frame.is_grid else _shape_for_points(len(counts), len(frame.axes))
    sizes = tuple(min(size, limit) for size, limit in zip(shape, most, strict=True))
    pool = _pool_neighbours if frame.is_grid else _pool_points
    counts = pool(counts, frame.axes, sizes)
    axes = tuple(map_axis(run, axis.name) for axis in frame.axes)
    return FateMap(axes, counts, _remark(run, frame, axes, sizes))


def _shape_for_points(num_points: int, num_axes: int) -> tuple[int, ...]:
    """As many squares as leave few without a point."""
    return (max(1, int((num_points / 2) ** (1 / num_axes))),) * num_axes


def _remark(run: Run, frame: Frame, axes: Sequence[MapAxis], sizes: Sequence[int]) -> str:
    """The axes that are pooled over, and how many cells are pooled into how many squares."""
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
