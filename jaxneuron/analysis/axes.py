"""Axes of a map: their labels, their scale, and the edges between their cells."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jaxneuron.analysis.in_words import values_in_words
from jaxneuron.neuron.draws import LogUniform
from jaxneuron.population.axes import Log, Refined, Values

if TYPE_CHECKING:  # figures of one neuron have axes too, and do not wait for what reads runs
    from jaxneuron.analysis.run import Run


class MapAxis(NamedTuple):
    """One direction of a map; the values of a grid increase, those of points need not.

    Of a category, such as the activation, the values are 0, 1, … and stand for `names`.
    """

    name: str
    label: str
    values: np.ndarray
    is_log: bool
    names: tuple[str, ...] = ()

    def in_words(self, indices: Iterable[int], least: int = 5) -> list[str]:
        """Some of the values, by name, or with digits enough to tell them apart, at least `least`."""
        along = self.names or self.values
        return values_in_words([along[i] for i in indices], least)

    @property
    def scaled(self) -> np.ndarray:
        """The values on the axis's own scale: their logarithms where it is one of decades."""
        return np.log10(self.values) if self.is_log else self.values

    def place(self, scaled: np.ndarray) -> np.ndarray:
        """The inverse of `scaled`: values from places on the axis's own scale."""
        return 10.0**scaled if self.is_log else scaled

    @property
    def edges(self) -> np.ndarray:
        """Where the cells meet, one more than there are values; halfway, on the axis's own scale."""
        places = self.scaled
        if len(places) == 1:
            edges = places[0] + np.array([-0.5, 0.5])
        else:
            middles = (places[1:] + places[:-1]) / 2
            first, last = places[0] - (middles[0] - places[0]), places[-1] + (places[-1] - middles[-1])
            edges = np.concatenate([[first], middles, [last]])
        return self.place(edges)


def map_axis(run: "Run", name: str) -> MapAxis:
    """The axis of a swept hyperparameter, logarithmic where its values span decades; or of a category."""
    values, label = run.cells[name].values, label_of(run, name)
    if name in run.design.categories:
        return MapAxis(name, label, np.arange(float(len(values))), False, tuple(map(str, values)))
    quantity = run.study.quantities[name]
    is_listed = isinstance(quantity, (Values, Refined))
    spans_decades = is_listed and bool(values[0] > 0 and values[-1] >= 100 * values[0])
    is_log = isinstance(quantity, (Log, LogUniform)) or spans_decades
    return MapAxis(name, label, values, is_log)


def label_of(run: "Run", name: str) -> str:
    """The name of what is swept, in words."""
    return str(run.cells[name].attrs["long_name"])


def swept_in_words(run: "Run", name: str, values: Sequence[float | str]) -> list[str]:
    """Values of what is swept, told apart from all others of its axis; of points, from one another."""
    return values_in_words(values, among=run.cells[name].values if name in run.dims else values)


def shown_values(number: int, most: int) -> np.ndarray:
    """The indices of at most `most` of a number of values, evenly spaced from the first to the last."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(int))
