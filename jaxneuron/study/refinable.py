"""Which studies have a grid that can be refined, and how far."""

import math
from collections.abc import Mapping
from typing import Any

from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.population.design import finer_axis
from jaxneuron.study.quantity import MOST_VALUES
from jaxneuron.study.refine import OF_DEATHS, Refine
from jaxneuron.study.sections import MOST_CELLS
from jaxneuron.study.spacing import tells_apart

WHERE = "sweep.refine"


def grid_axes(
    quantities: Mapping[str, Any], categories: Mapping[str, Any], points: Any
) -> dict[str, Linear | Log]:
    """The one or two axes of the grid of a study's quantities; ValueError where it cannot be refined."""
    if points is not None:
        raise ValueError(f"{WHERE}: is for a grid, and sweep.points is given")
    if categories:
        name = next(iter(categories))
        raise ValueError(f"{WHERE}: is for one grid, and there is one for each {name.replace('_', ' ')}")
    axes = {name: axis for name, axis in quantities.items() if isinstance(axis, Axis)}
    if len(axes) not in (1, 2):
        swept = f": {', '.join(axes)}" if axes else ""
        raise ValueError(f"{WHERE}: is for a grid of one or two axes, and {len(axes)} are swept{swept}")
    for name, axis in axes.items():
        if not isinstance(axis, (Linear, Log)):
            raise ValueError(f"{WHERE}: needs axes that are linear or log, and {name} lists its values")
        if axis.num < 2:
            raise ValueError(f"{WHERE}: needs at least 2 values of {name}, and there is 1")
    return {name: axis for name, axis in axes.items() if isinstance(axis, (Linear, Log))}


def check_refine(refine: Refine, axes: Mapping[str, Linear | Log], precision: str, can_die: bool) -> None:
    """ValueError where a grid cannot be refined so far, or not by such a quantity."""
    if refine.quantity in OF_DEATHS and not can_die:
        raise ValueError(f"{WHERE}.quantity: is {refine.quantity!r}, and no neuron of this study can die")
    for depth in range(1, refine.depth + 1):
        finer = [finer_axis(axis, depth) for axis in axes.values()]
        sizes = [axis.num for axis in finer]
        if math.prod(sizes) > MOST_CELLS or max(sizes) > MOST_VALUES:
            wrong = "has too many cells"
        elif not all(tells_apart(axis.values(), precision) for axis in finer):
            wrong = f"has neighbours that {precision} hardly tells apart"
        else:
            continue
        if depth == 1:
            raise ValueError(f"{WHERE}: the grid cannot be refined, as the next one {wrong}")
        raise ValueError(
            f"{WHERE}.depth: is {refine.depth}; it must be at most {depth - 1}, as the next grid {wrong}"
        )
