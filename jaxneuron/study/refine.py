"""The table [sweep] refine: new cells where neighbouring cells of a grid differ; and how far a grid can be
refined."""

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.population.design import finer_axis
from jaxneuron.study.quantity import MOST_CELLS, MOST_VALUES
from jaxneuron.study.section import Section
from jaxneuron.study.spacing import tells_apart

WHERE = "sweep.refine"
MOST_DEPTH = 24
OF_DEATHS = ("death_step", "half_life")
Share = Literal["diverged", "born_dead", "died", "converged", "unsettled", "dead"]


class Refine(Section, place="[sweep] refine"):
    """How far a grid is refined, and where: where a quantity of neighbouring cells differs."""

    depth: int = Field(default=6, ge=1, le=MOST_DEPTH)
    """How often the steps of the axes are halved, at most 24."""
    quantity: Literal["fate", Share, "final_loss", "death_step", "half_life"] = "fate"
    """ "fate" is the most frequent one; "diverged", "born_dead", "died", "converged", "unsettled" and
    "dead" are shares; "final_loss", "death_step" and "half_life" are compared by decades."""
    by: float | None = Field(default=None, ge=0.0)
    """The largest difference at which cells count as alike: of shares, or of decades. Fates have none;
    all others need it."""
    most_cells: int = Field(default=2**22, ge=1)
    """The most cells that are added to the grid, in all."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.quantity == "fate" and self.by:
            raise ValueError(f"by: is {self.by!r}; fates are the same or differ, so leave it out")
        if self.quantity != "fate" and self.by is None:
            raise ValueError(f"by: is missing; {self.quantity} needs the difference that counts, such as 0.1")
        return self


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
    ranges: dict[str, Linear | Log] = {}
    for name, axis in axes.items():
        if not isinstance(axis, (Linear, Log)):
            raise ValueError(f"{WHERE}: needs axes that are linear or log, and {name} lists its values")
        if axis.num < 2:
            raise ValueError(f"{WHERE}: needs at least 2 values of {name}, and there is 1")
        ranges[name] = axis
    return ranges


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
