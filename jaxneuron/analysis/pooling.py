"""Counts of a run's cells pooled: cells of the same group along every dim become one."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

# For each dim of the cells the group of each index along it, or NOT_COUNTED; and the numbers of groups.
Grouping = tuple[Sequence[np.ndarray], Sequence[int]]

NOT_COUNTED = -1  # the group of a cell that is left out

# All else is counts, which add up.
EXTREMES = {"final_loss_min": np.minimum, "final_loss_max": np.maximum}


def each_alone(size: int) -> np.ndarray:
    """Groups that leave each cell along a dim by itself."""
    return np.arange(size)


def all_together(size: int) -> np.ndarray:
    """Groups that make one of all cells along a dim."""
    return np.zeros(size, np.int64)


def only(index: int, size: int) -> np.ndarray:
    """Groups of which only the cells at an index are counted."""
    groups = np.full(size, NOT_COUNTED)
    groups[index] = 0
    return groups


def pool(
    field: xr.DataArray,
    tiles: Iterable[tuple[slice, ...]],
    groupings: Sequence[Grouping],
    weights: np.ndarray | None = None,
) -> list[np.ndarray]:
    """A variable of the cells, for each grouping [*sizes, …]: sums over each group, of an extreme loss the
    extreme.

    Cells are read once, tile by tile: all need not be in memory. Where points have weights, each counts by
    its own, so scaled that the neurons of a group are as many as the same intervals would have without
    weights: (Σw)²/Σw² cells' (Kish 1965).
    """
    combine = EXTREMES.get(str(field.name), np.add)
    nothing = {np.minimum: np.inf, np.maximum: -np.inf}.get(combine, 0)
    are_counts = combine is np.add
    scales = [effective(weights, groups[0]) if are_counts else None for groups, _ in groupings]
    wholes = [
        np.full((*sizes, *field.shape[len(groups) :]), nothing, field.dtype if scale is None else np.float64)
        for (groups, sizes), scale in zip(groupings, scales, strict=True)
    ]
    for tile in tiles:
        values = None
        for whole, (groups, _), scale in zip(wholes, groupings, scales, strict=True):
            along = [group[span] for group, span in zip(groups, tile, strict=True)]
            if any((group == NOT_COUNTED).all() for group in along):
                continue
            values = field[tile].values if values is None else values
            part, places = values, []
            if scale is not None:
                part = values * scale[tile[0]].reshape(-1, *[1] * (values.ndim - 1))
            for axis, group in enumerate(along):
                part, place = _pool_along(part, group, axis, combine)
                places.append(place)
            at = np.ix_(*places)
            whole[at] = combine(whole[at], part)
    return wholes


def effective(weights: np.ndarray | None, group: np.ndarray) -> np.ndarray | None:
    """The factors of points with weights; None where there are none, and where every point is alone."""
    if weights is None or len(np.unique(group)) == len(group):
        return None
    sums, squares = (np.bincount(group, power) for power in (weights, weights**2))
    return weights * (sums / np.where(squares > 0, squares, 1))[group]


def _pool_along(
    values: np.ndarray, group: np.ndarray, axis: int, combine: np.ufunc
) -> tuple[np.ndarray, np.ndarray]:
    """(values pooled along an axis, the numbers of their groups in increasing order)."""
    counted = np.flatnonzero(group != NOT_COUNTED)
    order = counted[np.argsort(group[counted], kind="stable")]
    numbers, starts = np.unique(group[order], return_index=True)
    if len(numbers) == values.shape[axis]:  # each alone: only their order may differ
        return values if (order[1:] > order[:-1]).all() else values.take(order, axis), numbers
    return combine.reduceat(values.take(order, axis), starts, axis), numbers
