"""The description of a map, for those who cannot see it: its quantity, its axes and its extremes."""

import numpy as np

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.in_words import values_in_words
from jaxneuron.analysis.maps import Map
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.plots.shades import INFINITE, UNKNOWN, value_in_words


def title_of(found: Map) -> str:
    """'share died over learning rate and initial bias'."""
    over = " and ".join(axis.label for axis in found.axes)
    return f"{found.quantity.label} over {over}" if over else found.quantity.label


def described(found: Map) -> str:
    """A map in words: its axes, its extremes, how other axes are treated, and its definition."""
    axes = "; ".join(map(span, found.axes))
    parts = [
        title_of(found),
        *([axes] if axes else []),
        extremes(found),
        found.remark,
        found.quantity.definition,
    ]
    return ". ".join(part[0].upper() + part[1:] for part in parts if part) + "."


def span(axis: MapAxis) -> str:
    """'learning rate from 0.001 to 10, by decades'."""
    if axis.names:
        return f"{axis.label}: {', '.join(axis.names)}"
    low, high = values_in_words((axis.values.min(), axis.values.max()), 4)
    if low == high:
        return f"{axis.label} {low}"
    return f"{axis.label} from {low} to {high}" + (", by decades" if axis.is_log else "")


def extremes(found: Map) -> str:
    """The lowest and the highest value of a map and where; how many values are infinite or unknown."""
    values, quantity = found.value.ravel(), found.quantity
    known = np.isfinite(values)
    parts = []
    if (sentence := all_alike(found)) is not None:
        return sentence
    if quantity.scale == "kind":
        parts += [f"{fate.label} in {(values == fate).sum():,}" for fate in Fate if (values == fate).any()]
    else:
        ends = [np.where(known, sign * values, np.inf).argmin() for sign in (1, -1)] if known.any() else []
        parts += [
            f"{word} {value_in_words(quantity, values[i])}{_place(found, int(i))}"
            for word, i in zip(("lowest", "highest"), ends, strict=False)
        ]
    for number, words in (
        (np.isinf(values).sum(), INFINITE.get(quantity.name, "infinite")),
        (np.isnan(values).sum(), UNKNOWN.get(quantity.name, "no neurons")),
    ):
        parts += [f"{words} in {number:,} of {values.size:,}"] if number else []
    return ", ".join(parts)


def all_alike(found: Map) -> str | None:
    """'every cell: 100 %' where all of a map's values are the same, otherwise None."""
    values = found.value.ravel()
    if not values.size or not (np.isnan(values).all() or (values == values[0]).all()):
        return None
    places = {1: "at every value: ", 2: "every cell: "}[len(found.axes)] if values.size > 1 else ""
    return f"{places}{value_in_words(found.quantity, float(values[0]))}"


def _place(found: Map, index: int) -> str:
    if not found.axes:
        return ""
    alone = (index,) * len(found.axes)
    index_of = np.unravel_index(index, found.value.shape) if found.is_grid else alone
    places = zip(found.axes, index_of, strict=True)
    return f" at {', '.join(f'{axis.label} {axis.in_words([int(i)], 4)[0]}' for axis, i in places)}"
