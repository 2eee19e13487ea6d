"""Counts of a run's cells pooled: cells of the same group along every dim become one."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

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
    groupings: Sequence[tuple[Sequence[np.ndarray], Sequence[int]]],
) -> list[np.ndarray]:
    """A variable of the cells, for each grouping [*sizes, …]: sums over each group, of an extreme loss the
    extreme.

    A grouping is (groups, sizes): for each dim of the cells an array that has for each index along it the
    number of its group, or NOT_COUNTED; and the numbers of groups. Cells are read once, tile by tile: all
    need not be in memory.
    """
    combine = EXTREMES.get(str(field.name), np.add)
    nothing = {np.minimum: np.inf, np.maximum: -np.inf}.get(combine, 0)
    wholes = [
        np.full((*sizes, *field.shape[len(groups) :]), nothing, field.dtype) for groups, sizes in groupings
    ]
    for tile in tiles:
        values = None
        for whole, (groups, _) in zip(wholes, groupings, strict=True):
            along = [group[span] for group, span in zip(groups, tile, strict=True)]
            if any((group == NOT_COUNTED).all() for group in along):
                continue
            values = field[tile].values if values is None else values
            part, places = values, []
            for axis, group in enumerate(along):
                part, place = _pool_along(part, group, axis, combine)
                places.append(place)
            at = np.ix_(*places)
            whole[at] = combine(whole[at], part)
    return wholes


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
