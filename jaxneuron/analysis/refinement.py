"""What a run that was refined consists of: cells of its grid and of finer ones, which lie closest where they
differ, so that each counts by the area that belongs to it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import xarray as xr

from jaxneuron.neuron.hyperparams import MEANINGS, STARTS, label_of
from jaxneuron.population.axes import Linear, Log
from jaxneuron.population.design import POINT, Chosen, Design, chosen_of_grids, finer_axis
from jaxneuron.population.quadtree import Quadtree, places_of, shape_at
from jaxneuron.store.chosen import CHOSEN, chosen_coordinates

MOST_PAINTED = 1024  # cells of a side of the grid in which a refined map is drawn

# What is said of numbers in which cells of a refined grid are pooled.
WEIGHTED = "cells weigh by their area, and neurons are their effective number (Kish 1965)"
OF_GRID = "of the grid before it was refined"


class Refinement:
    """The cells of a grid, all of level 0, and behind them those that its rounds have added."""

    def __init__(self, axes: Mapping[str, Linear | Log], rounds: Sequence[Chosen]) -> None:
        self.axes = dict(axes)
        self.num = tuple(axis.num for axis in axes.values())
        grid = np.arange(np.prod(self.num))
        levels = np.concatenate([np.zeros_like(grid), *(each.levels for each in rounds)])
        self.chosen = Chosen(levels, np.concatenate([grid, *(each.numbers for each in rounds)]))

    @property
    def level(self) -> int:
        """The level of the finest cells."""
        return int(self.chosen.levels.max())

    def tree(self, depth: int | None = None) -> Quadtree:
        """Their tree, down to the finest or to deeper squares."""
        depth = max(self.level, depth or 0)
        return Quadtree(self.num, depth, places_of(self.num, depth, self.chosen.levels, self.chosen.numbers))

    @cached_property
    def weights(self) -> np.ndarray:
        """The share of the area between the ends of the axes, on their own scales, that is each cell's."""
        return self.tree().weights

    @cached_property
    def painted_level(self) -> int:
        """The finest level whose grid has few enough cells to be drawn."""
        levels = range(self.level + 1)
        return max((n for n in levels if max(shape_at(self.num, n)) <= MOST_PAINTED), default=0)

    @cached_property
    def painted(self) -> np.ndarray:
        """The number of the cell that stands for each cell of the grid of that level, [*axes]."""
        return self.tree().painted(self.painted_level)

    def painted_values(self, name: str) -> np.ndarray:
        """The values of an axis of that grid."""
        return finer_axis(self.axes[name], self.painted_level).values()

    def coordinates(self) -> dict[str, xr.Variable]:
        """Those of the dim `point`: what is swept, and of each cell its level, width and weight."""
        design: Design = chosen_of_grids(self.axes, self.chosen)
        found = {}
        for name, (_, values) in design.coordinates.items():
            definition = MEANINGS[name].definition if name in MEANINGS else STARTS[name]
            found[name] = _variable(values, label_of(name), definition)
        for name, values in chosen_coordinates(self.chosen).items():
            found[name] = _variable(values, *CHOSEN[name])
        for name, axis in self.axes.items():
            is_log = isinstance(axis, Log)
            ends = np.log10([axis.start, axis.stop]) if is_log else np.array([axis.start, axis.stop])
            width = np.ptp(ends) / (axis.num - 1) / 2.0**self.chosen.levels
            definition = "between neighbours in the grid of the cell's level"
            words = f"steps of {label_of(name)}", definition, "decades" if is_log else ""
            found[f"{name}_width"] = _variable(width, *words)
        definition = (
            "the share of the area between the ends of the axes, on their own scales, that belongs to "
        )
        found["weight"] = _variable(self.weights, "weight", f"{definition}the cell", "1")
        return found


def _variable(values: np.ndarray, long_name: str, definition: str, units: str = "") -> xr.Variable:
    return xr.Variable(POINT, values, {"units": units, "long_name": long_name, "definition": definition})
