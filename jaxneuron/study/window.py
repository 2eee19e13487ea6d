"""A window onto two quantities of a study: the study whose cells are those of a picture of it."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.spacing import tells_apart
from jaxneuron.study.study import Study

TABLE_OF_START = {"init_weight": "neuron"}  # all others are in [sweep]


class Span(NamedTuple):
    """A stretch of an axis from edge to edge, cut into cells that are equally wide on the axis's scale."""

    name: str
    low: float
    high: float
    is_log: bool

    def axis(self, num: int) -> Axis:
        """The middles of so many cells; BadInput where there is no room for them."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise BadInput(f"{self.name}: runs from {self.low!r} to {self.high!r}; its ends must increase")
        if self.is_log and not self.low > 0:
            raise BadInput(f"{self.name}: an axis of decades begins at {self.low!r}; it must be above 0")
        low, high = (math.log(self.low), math.log(self.high)) if self.is_log else (self.low, self.high)
        half = (high / num - low / num) / 2
        first, last = (low + half, high - half) if num > 1 else (low + half, low + half)
        if self.is_log:
            first, last = math.exp(first), math.exp(last)
        if num > 1 and not first < last:
            raise BadInput(
                f"{self.name}: from {self.low!r} to {self.high!r} there is no room for {num} cells"
            )
        return Log(first, last, num) if self.is_log else Linear(first, last, num)


class Window(NamedTuple):
    """Two spans with a number of cells each."""

    x: Span
    y: Span
    columns: int
    rows: int

    def axes(self) -> dict[str, Axis]:
        """The axes of its cells by name: BadInput where both are of one quantity."""
        if self.x.name == self.y.name:
            raise BadInput(f"{self.x.name}: is both axes; they must differ")
        return {self.x.name: self.x.axis(self.columns), self.y.name: self.y.axis(self.rows)}

    def place(self, column: int, row: int) -> dict[str, float]:
        """The values of a cell by name; what is 0 but for the rounding of the axis is 0."""
        found = {}
        for (name, axis), number in zip(self.axes().items(), (column, row), strict=True):
            values = axis.values()
            is_zero = abs(values[number]) < 1e-9 * np.ptp(values)
            found[name] = 0.0 if is_zero else float(values[number])
        return found

    def coarser(self, most: int) -> "Window":
        """The same window with at most so many cells a side."""
        return self._replace(columns=min(self.columns, most), rows=min(self.rows, most))

    def precision(self, asked: str | None) -> str | None:
        """The precision in which its neighbours are told apart: the one that is asked for, or the first of
        float32 and float64 in which all are. None where not even float64 tells them apart."""
        for precision in (asked,) if asked else ("float32", "float64"):
            if all(tells_apart(axis.values(), precision) for axis in self.axes().values()):
                return precision
        return None

    def study(self, tables: Mapping[str, Any], **training: Any) -> Study:
        """The study of these tables whose cells are the window's, with some keys of its training in place of
        theirs. BadInput where there is no such study."""
        # A finer window takes the place of refining the grid.
        changed: dict[str, dict[str, Any]] = {"training": training, "sweep": {"refine": None}}
        for name, axis in self.axes().items():
            changed.setdefault(TABLE_OF_START.get(name, "sweep"), {})[name] = axis
        return Study(
            **{**tables, **{name: {**tables.get(name, {}), **keys} for name, keys in changed.items()}}
        )
