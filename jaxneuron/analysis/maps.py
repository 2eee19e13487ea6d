"""Maps: a quantity over two swept hyperparameters, over one, or over none."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.frames import Frame, frame_of, shown_by_default
from jaxneuron.analysis.parts import by_parts
from jaxneuron.analysis.pooling import each_alone
from jaxneuron.analysis.quantities import Estimate, Quantity, quantity_of
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import POINT
from jaxneuron.study.bad_input import BadInput

Others = Literal["pooled", "lowest", "highest"]


class Map(NamedTuple):
    """A quantity over axes: `value`, `low` and `high` are [*axes], or [points] where it is no grid.

    `neurons` is the number of neurons behind each. `remark` says how all that is swept and not shown is
    treated: 'pooled over momentum'; '' where all is shown.
    """

    quantity: Quantity
    axes: tuple[MapAxis, ...]
    is_grid: bool
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    neurons: np.ndarray
    remark: str


def quantity_map(
    run: Run,
    name: str,
    over: Sequence[str] | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
    others: Others = "pooled",
) -> Map:
    """The map of a quantity (one of `quantities_of`) over at most two of what is swept, by default the first
    two that `at` does not hold.

    `at` holds some of the rest at the values nearest to those given. Over what is left neurons are pooled,
    or in a grid the lowest or highest value that the quantity has anywhere is taken. BadInput for unknown
    quantities, for names that are not swept, and for more than two axes.
    """
    quantity = quantity_of(run, name)
    if over is not None and len(over) > 2:
        raise BadInput(f"{run.path}: a map has at most two axes; {', '.join(over)} are {len(over)}")
    frame = frame_of(run, shown_by_default(run, at or ()) if over is None else over, at or {})
    pooled = [dim for dim, group in zip(run.dims, frame.groups, strict=True) if _is_pooled(group)]
    if others == "pooled" or not frame.is_grid or not pooled or POINT in run.dims:
        return Map(quantity, frame.axes, frame.is_grid, *_numbers(run, quantity, frame), frame.remark)
    return _reduced(run, quantity, frame, pooled, others)


def _is_pooled(group: np.ndarray) -> bool:
    return len(group) > 1 and not group.any()


def _reduced(run: Run, quantity: Quantity, frame: Frame, over: Sequence[str], others: Others) -> Map:
    """The lowest or the highest that a quantity reaches over some dims that the frame pools."""
    groups = tuple(
        each_alone(len(group)) if dim in over else group
        for dim, group in zip(run.dims, frame.groups, strict=True)
    )
    sizes = tuple(int(group.max()) + 1 for group in groups)
    apart = frame._replace(axes=(), is_grid=False, groups=groups, sizes=sizes, shape=sizes)
    numbers = np.stack(_numbers(run, quantity, apart))
    parts = xr.DataArray(numbers, dims=("part", *run.dims)).stack(rest=over, create_index=False)
    sign = 1 if others == "lowest" else -1
    best = (sign * parts.isel(part=0)).fillna(np.inf).argmin("rest")
    names = [axis.name for axis in frame.axes]
    value, low, high, neurons = parts.isel(rest=best).squeeze().transpose("part", *names).values
    remark = frame.remark.replace("pooled", others)
    return Map(quantity, frame.axes, True, value, low, high, neurons, remark)


def _numbers(
    run: Run, quantity: Quantity, frame: Frame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(value, low, high, number of neurons) of each of a frame's groups, each [*shape of the map]."""
    ((value, low, high),), (by_fate,) = estimates_over(run, quantity, [frame]), fates_over(run, [frame])
    return value, low, high, by_fate.sum(-1)


def estimates_over(run: Run, quantity: Quantity, frames: Sequence[Frame]) -> list[Estimate]:
    """The quantity in each group of each frame, [*shape of its map]; the run is read once for those that
    pool."""
    pooling = [frame for frame in frames if not frame.is_every_cell]
    groupings = [(frame.groups, frame.sizes) for frame in pooling]
    counts = [run.pool(name, groupings) for name in quantity.counts]
    pooled = iter(zip(*counts, strict=True))  # of each frame that pools
    return [
        _of_every_cell(run, quantity, frame)
        if frame.is_every_cell
        else Estimate(*(_as_map(values, run, frame) for values in _find(quantity, next(pooled), frame)))
        for frame in frames
    ]


def fates_over(run: Run, frames: Sequence[Frame]) -> list[np.ndarray]:
    """Neurons by fate in each group of each frame, [*shape of its map, fates]; the run is read once."""
    groupings = [(frame.groups, frame.sizes) for frame in frames]
    pooled = run.pool("fate_count", groupings)
    return [
        _as_map(counts.reshape(-1, len(Fate)), run, frame)
        for counts, frame in zip(pooled, frames, strict=True)
    ]


def _as_map(values: np.ndarray, run: Run, frame: Frame) -> np.ndarray:
    """Values [groups, ...], in C order over the run's dims, as [*shape of the map, ...]."""
    rest = values.shape[1:]
    if frame.painted is not None:
        return values[frame.painted]
    if not frame.is_grid or POINT in run.dims:
        return values.reshape((*frame.shape, *rest))
    kept = [dim for dim in run.dims if dim in {axis.name for axis in frame.axes}]
    sizes = [size for size, dim in zip(frame.sizes, run.dims, strict=True) if dim in kept]
    order = [kept.index(axis.name) for axis in frame.axes]
    return values.reshape((*sizes, *rest)).transpose((*order, *range(len(order), len(order) + len(rest))))


def _of_every_cell(run: Run, quantity: Quantity, frame: Frame) -> Estimate:
    """The quantity of all cells, tile by tile: their histograms need not be in memory at once."""
    found = np.empty((3, *frame.sizes))
    for tile in run.tiles():
        counts = [run.count(name)[tile].values for name in quantity.counts]
        part = found[(slice(None), *tile)]
        part[...] = np.array(_find(quantity, counts, frame)).reshape(part.shape)
    return Estimate(*(_as_map(values.ravel(), run, frame) for values in found))


def _find(quantity: Quantity, counts: Sequence[np.ndarray], frame: Frame) -> tuple[np.ndarray, ...]:
    """(value, low, high), each [groups], of counts of the frame's groups [*sizes, bins] or [*sizes]."""
    bins = (values.shape[len(frame.sizes) :] or (1,) for values in counts)
    return by_parts(quantity.find, *(v.reshape(-1, *b) for v, b in zip(counts, bins, strict=True)))
