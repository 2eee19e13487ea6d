"""Designs: which cells a sweep visits. A cell is one point of a grid of axes, or of a list of points."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxneuron.neuron.draws import Distribution
from jaxneuron.population.axes import Axis

POINT = "point"
DATASET = "dataset"


@dataclasses.dataclass(frozen=True)
class Design:
    """Cells laid out along named dims.

    `coordinates` maps each swept name to the dim it varies along and its values there (float64). In a
    grid every name is a dim of its own; otherwise all of them vary along the one dim `point`. Where a study
    has several data sets, the first dim is `dataset`, and each of them has all the cells.
    """

    shape: Mapping[str, int]
    coordinates: Mapping[str, tuple[str, np.ndarray]]

    @property
    def num_cells(self) -> int:
        return math.prod(self.shape.values())

    @property
    def num_datasets(self) -> int:
        return self.shape.get(DATASET, 1)

    def dataset(self, cell: Any) -> Any:
        """The number of the data set that a cell belongs to, or of each of several cells."""
        return cell // (self.num_cells // self.num_datasets)

    def values(self, cell: np.ndarray) -> dict[str, np.ndarray]:
        """The swept values of cells given by their index in C order over the dims."""
        index = dict(zip(self.shape, np.unravel_index(cell, tuple(self.shape.values())), strict=True))
        return {name: values[index[dim]] for name, (dim, values) in self.coordinates.items()}


def grid(axes: Mapping[str, Axis]) -> Design:
    """Every combination of the axes' values; one cell where there are no axes."""
    values = {name: axis.values() for name, axis in axes.items()}
    return Design(
        shape={name: len(v) for name, v in values.items()} or {POINT: 1},
        coordinates={name: (name, v) for name, v in values.items()},
    )


def on_datasets(design: Design, number: int) -> Design:
    """The same cells on each of several data sets."""
    cells = design.shape if design.coordinates else {}
    return Design({DATASET: number, **cells}, design.coordinates)


def sobol(ranges: Mapping[str, Distribution], num_points: int, seed: int) -> Design:
    """Scrambled Sobol points (Owen 1998), one coordinate a name, taken to each name's distribution."""
    from scipy.stats import qmc  # takes half a second to import, and few studies ask for it

    sampler = qmc.Sobol(len(ranges), scramble=True, rng=np.random.default_rng(seed))
    # Whole powers of two keep the points balanced; the first num_points of them are used.
    unit = sampler.random_base2(max(0, math.ceil(math.log2(num_points))))[:num_points]
    return _points(ranges, unit)


def random(ranges: Mapping[str, Distribution], num_points: int, seed: int) -> Design:
    """Independent points, each name drawn from its distribution."""
    return _points(ranges, np.random.default_rng(seed).random((num_points, len(ranges))))


def _points(ranges: Mapping[str, Distribution], unit: np.ndarray) -> Design:
    coordinates = {
        name: (POINT, distribution.quantile(column))
        for (name, distribution), column in zip(ranges.items(), inside_unit(unit).T, strict=True)
    }
    return Design(shape={POINT: len(unit)}, coordinates=coordinates)


def inside_unit(probability: np.ndarray) -> np.ndarray:
    """The probabilities kept off 0 and 1, where a normal distribution has no quantile."""
    return np.clip(probability, np.finfo(float).eps, 1 - np.finfo(float).eps)
