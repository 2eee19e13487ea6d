"""Small multiples: the same map at some values of a third axis."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxneuron.analysis.axes import MapAxis, map_axis, shown_values
from jaxneuron.analysis.frames import shown_by_default, swept_names
from jaxneuron.analysis.in_words import values_in_words
from jaxneuron.analysis.maps import Map, Others, quantity_map
from jaxneuron.analysis.run import Run
from jaxneuron.study.bad_input import BadInput

MOST_PANELS = 9


class Panels(NamedTuple):
    """Maps over the same axes, one at each of some values of another axis, which are given in words."""

    axis: MapAxis
    at: tuple[str, ...]
    maps: tuple[Map, ...]


def panels(
    run: Run,
    quantity: str,
    over: Sequence[str] | None = None,
    by: str | None = None,
    *,
    at: Mapping[str, float | str] | None = None,
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
        raise BadInput(
            f"panels: {by} is held at {values_in_words([at[by]])[0]}, so it cannot differ between panels"
        )
    if by not in run.design.categories:
        # A name that cannot be held at a value is refused as it is for a map.
        quantity_map(run, quantity, over, at=at | {by: 0.0}, others=others)
    axis = map_axis(run, by)
    shown = shown_values(len(axis.values), MOST_PANELS)
    values = [axis.names[i] if axis.names else float(axis.values[i]) for i in shown]
    maps = tuple(quantity_map(run, quantity, over, at=at | {by: value}, others=others) for value in values)
    return Panels(axis, tuple(axis.in_words(shown, 3)), maps)
