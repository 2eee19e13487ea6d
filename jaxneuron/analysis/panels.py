"""Small multiples: the same map at some values of a third axis."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import shown_values
from jaxneuron.analysis.frames import label_of, shown_by_default, swept_names
from jaxneuron.analysis.maps import Map, Others, quantity_map
from jaxneuron.analysis.run import Run
from jaxneuron.population.design import DATASET
from jaxneuron.study.bad_input import BadInput

MOST_PANELS = 9


class Panels(NamedTuple):
    """Maps over the same axes, one at each of some `values` of another, of the `num_values` that it has."""

    label: str
    values: np.ndarray
    num_values: int
    maps: tuple[Map, ...]


def panels(
    run: Run,
    quantity: str,
    over: Sequence[str] | None = None,
    by: str | None = None,
    *,
    at: Mapping[str, float] | None = None,
    others: Others = "pooled",
) -> Panels:
    """Maps of a quantity over axes, by default the first two, at up to nine evenly spaced values of another,
    by default the first that is left. BadInput where none is."""
    over, at = shown_by_default(run, {*(at or ()), by or ""}) if over is None else tuple(over), dict(at or {})
    if by is None:
        by = next((name for name in swept_names(run) if name not in (*over, *at)), None)
        if by is None:
            raise BadInput(
                f"panels: nothing is swept in {run.path} besides {', '.join((*over, *at)) or 'the start'}"
            )
    if by in at:
        raise BadInput(f"panels: {by} is held at {at[by]:g}, so it cannot differ between panels")
    known = np.arange(run.cells.sizes[by]) if by == DATASET and by in run.dims else None
    if known is None:
        # A name that cannot be held at a value is refused as it is for a map.
        quantity_map(run, quantity, over, at=at | {by: 0.0}, others=others)
        known = run.cells[by].values
    values = known[shown_values(len(known), MOST_PANELS)]
    maps = tuple(quantity_map(run, quantity, over, at=at | {by: value}, others=others) for value in values)
    return Panels(label_of(run, by), values, len(known), maps)
