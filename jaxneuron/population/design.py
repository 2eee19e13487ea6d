"""Designs: which cells a sweep visits. A cell is one point of a grid of axes, or of a list of points."""

import dataclasses
import hashlib
import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from jaxneuron.neuron.draws import Distribution
from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.population.quadtree import shape_at

POINT = "point"
DATASET = "dataset"


@dataclasses.dataclass(frozen=True, eq=False)
class Chosen:
    """Cells that are chosen among those of a grid and of finer ones, each with twice the steps of the one
    before: of each cell the level of its grid, from 0 on, and its number there."""

    levels: np.ndarray
    numbers: np.ndarray

    @property
    def checksum(self) -> str:
        """SHA-256 of both."""
        return hashlib.sha256(np.stack([self.levels, self.numbers]).astype("<i8").tobytes()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Design:
    """Cells laid out along named dims.

    `coordinates` maps each swept name to the dim it varies along and its values there (float64). In a
    grid every name is a dim of its own; otherwise all of them vary along the one dim `point`.

    `categories` are what differs between cells without being a number that neurons are given: the data set,
    and what a program is compiled for, such as the activation. They are the first dims, each with its names,
    and every combination of them has all the other cells.
    """

    shape: Mapping[str, int]
    coordinates: Mapping[str, tuple[str, np.ndarray]]
    categories: Mapping[str, Sequence[str | int]] = dataclasses.field(default_factory=dict)
    chosen: Chosen | None = None  # of points that are chosen among the cells of grids

    @property
    def num_cells(self) -> int:
        return math.prod(self.shape.values())

    def category(self, cell: int) -> dict[str, int]:
        """Which name of each category a cell belongs to, from 0 on."""
        index = np.unravel_index(cell, tuple(self.shape.values()))
        return {dim: int(i) for dim, i in zip(self.shape, index, strict=True) if dim in self.categories}

    def combination(self, cells: np.ndarray, names: Collection[str] | None = None) -> np.ndarray:
        """The number of the combination of all categories, or of some of the first, that each of some cells
        belongs to."""
        sizes = [len(c) for name, c in self.categories.items() if names is None or name in names]
        return cells // (self.num_cells // math.prod(sizes))

    def key_numbers(self, cells: np.ndarray) -> np.ndarray:
        """The numbers that the keys of some cells come from: a cell of a grid has that of its place there."""
        return cells if self.chosen is None else self.chosen.numbers[cells]

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


def chosen_of_grids(axes: Mapping[str, Linear | Log], chosen: Chosen) -> Design:
    """Chosen cells of the grid of some axes, and of finer ones, as points with the values they have there."""
    values = {name: np.empty(len(chosen.levels)) for name in axes}
    for level in np.unique(chosen.levels).tolist():
        some = chosen.levels == level
        finer = {name: finer_axis(axis, level) for name, axis in axes.items()}
        places = np.unravel_index(chosen.numbers[some], tuple(axis.num for axis in finer.values()))
        for (name, axis), place in zip(finer.items(), places, strict=True):
            values[name][some] = axis.values()[place]
    coordinates = {name: (POINT, along) for name, along in values.items()}
    return Design({POINT: len(chosen.levels)}, coordinates, chosen=chosen)


def finer_axis(axis: Linear | Log, level: int) -> Linear | Log:
    """The axis of a level of a grid that is refined: its steps are halved `level` times."""
    (num,) = shape_at([axis.num], level)
    return dataclasses.replace(axis, num=num)


def in_categories(design: Design, categories: Mapping[str, Sequence[str | int]]) -> Design:
    """The same cells in every combination of the names of some categories."""
    cells = design.shape if design.coordinates or not categories else {}
    shape = {name: len(names) for name, names in categories.items()} | dict(cells)
    return dataclasses.replace(design, shape=shape, categories=categories)


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
