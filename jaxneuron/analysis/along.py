"""Counts of a run along what is swept: for each value of an axis; of points, for bins of equally many."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import MapAxis, map_axis
from jaxneuron.analysis.frames import binned
from jaxneuron.analysis.in_words import values_in_words
from jaxneuron.analysis.pooling import all_together, each_alone
from jaxneuron.analysis.run import Run
from jaxneuron.population.design import POINT

MOST_BINS, FEWEST_IN_BIN = 8, 8


class Along(NamedTuple):
    """An axis, None for all neurons as one, and the group of each index along each dim of the cells."""

    axis: MapAxis | None
    groups: tuple[np.ndarray, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of groups along each dim."""
        return tuple(int(group.max()) + 1 for group in self.groups)


def along_of(run: Run, name: str | None) -> Along:
    """The values of what is swept, all else pooled."""
    if name is not None and name in run.design.coordinates and POINT in run.dims:
        axis, bins = (_bins_of if run.refinement is None else _even_bins_of)(run, name)
    else:
        axis, bins = map_axis(run, name) if name else None, None
    groups = tuple(
        bins if bins is not None and dim == POINT else (each_alone if dim == name else all_together)(size)
        for dim, size in ((dim, run.cells.sizes[dim]) for dim in run.dims)
    )
    return Along(axis, groups)


def counts_along(run: Run, count: str, all_along: Sequence[Along]) -> list[np.ndarray]:
    """A count of the cells along each of some axes, [values, …]; the run is read once."""
    field = run.count(count)
    found = run.pool(count, [(along.groups, along.sizes) for along in all_along])
    return [values.reshape(-1, *field.shape[len(run.dims) :]) for values in found]


def _bins_of(run: Run, name: str) -> tuple[MapAxis, np.ndarray]:
    """(bins of a coordinate of points, named by their ranges, as an axis; the bin of each point)."""
    values = run.cells[name].values
    number = int(np.clip(len(values) // FEWEST_IN_BIN, 1, MOST_BINS))
    order, places = np.argsort(values, kind="stable"), np.arange(len(values)) * number // len(values)
    bins = np.empty_like(places)
    bins[order] = places
    first = np.searchsorted(places, np.arange(number))
    last = np.append(first[1:], len(values)) - 1
    low, high = (values_in_words(values[order][ends], 3) for ends in (first, last))
    names = tuple(f"{a} to {b}" for a, b in zip(low, high, strict=True))
    return map_axis(run, name)._replace(values=np.arange(float(number)), is_log=False, names=names), bins


def _even_bins_of(run: Run, name: str) -> tuple[MapAxis, np.ndarray]:
    """(the middles of equally wide bins, as an axis; the bin of each cell) of a grid that was refined, whose
    cells lie closest where they differ."""
    axis, bins = binned(map_axis(run, name), min(MOST_BINS, run.grid.cells.sizes[name]))
    return axis._replace(label=f"{axis.label} (middles of bins)"), bins
