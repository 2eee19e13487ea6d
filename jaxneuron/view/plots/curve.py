"""A map over one axis drawn as a curve with its interval, and over none as a bar."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jaxneuron.analysis.maps import Map
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import as_text, draw_band, say
from jaxneuron.view.plots.shades import INFINITE, UNKNOWN, round_above, unit_of, value_in_words
from jaxneuron.view.plots.ticks import percent, scale, scale_by_decades, scale_by_shares

FEW = 30  # values, each of which is marked
PLAIN_COLOUR = "#404040"


def draw_curve(axes: Axes, found: Map) -> None:
    """The values along the axis, of a grid joined by a line in a band, of points each with its interval."""
    (x,) = found.axes
    if found.quantity.scale == "kind":
        _draw_kinds(axes, found)
    else:
        colour = colour_of(found)
        _scale_values(axes, found)
        _draw_values(axes, found, colour)
        _mark_beyond(axes, found, colour)
    scale(axes.xaxis, x)
    if found.is_grid:
        axes.set_xlim(*x.edges[[0, -1]])
    axes.set_xlabel(as_text(x.label))
    if np.isnan(found.value).all():
        say(axes, f"nothing to show: {UNKNOWN.get(found.quantity.name, 'no neurons')}")


def draw_bar(axes: Axes, found: Map) -> None:
    """The one value with its interval."""
    value, low, high = (float(part) for part in (found.value, found.low, found.high))
    quantity = found.quantity
    words = value_in_words(quantity, value)
    if np.isfinite([low, high]).all():
        words += f"  (95 %: {value_in_words(quantity, low)} to {value_in_words(quantity, high)})"
    length = value if np.isfinite(value) and quantity.scale != "kind" else 0.0
    axes.barh([0], [length], color=colour_of(found), height=0.5)
    if np.isfinite([length, low, high]).all():
        axes.errorbar(
            [length], [0], xerr=np.abs([[length - low], [high - length]]), color="#000000", capsize=3
        )
    axes.text(0.0, 0.36, f" {words}", transform=axes.get_yaxis_transform(), va="bottom", ha="left")
    axes.set_ylim(-0.5, 0.8)
    axes.set_yticks([])
    if quantity.scale == "share":
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(percent)
    elif length == 0:
        axes.set_xticks([])
    axes.set_xlabel(as_text(unit_of(quantity)))
    axes.spines["left"].set_visible(False)


def colour_of(found: Map) -> str:
    """A fate's own colour for its share."""
    name = found.quantity.name
    if found.quantity.scale == "kind" and found.value.ndim == 0 and np.isfinite(found.value):
        return FATE_COLOURS[Fate(int(found.value))]
    return FATE_COLOURS[Fate[name]] if name in Fate.__members__ else PLAIN_COLOUR


def _scale_values(axes: Axes, found: Map) -> None:
    axes.set_ylabel(as_text(unit_of(found.quantity)))
    ends = np.concatenate([part[np.isfinite(part)] for part in (found.value, found.low, found.high)])
    if found.quantity.scale == "share":
        scale_by_shares(axes, round_above(float(ends.max(initial=0.0))))
    elif (found.value[np.isfinite(found.value)] > 0).any():
        scale_by_decades(axes.yaxis, ends[ends > 0])
    else:
        axes.set_yticks([])


def _draw_values(axes: Axes, found: Map, colour: str) -> None:
    places = found.axes[0].values
    bottom, top = axes.get_ylim()
    is_log = axes.get_yscale() == "log"
    value = np.where(np.isfinite(found.value), found.value, np.nan)
    # On a scale of decades 0 lies at the bottom; an end that is infinite at the top.
    value, low, high = (
        np.clip(part, bottom, top) if is_log else part for part in (value, found.low, found.high)
    )
    if not found.is_grid or found.axes[0].names:  # between points, and between names, there is nothing
        lengths = np.nan_to_num(np.clip([value - low, high - value], 0, None))
        style: dict[str, Any] = {"capsize": 3}
        if not found.is_grid:
            style = {"elinewidth": 0.5, "markersize": 2.5}
        axes.errorbar(places, value, yerr=lengths, fmt="o", color=colour, **style)
        return
    is_alone = np.isnan(np.concatenate([[np.nan], value[:-1]])) & np.isnan(np.append(value[1:], np.nan))
    marked = np.full(len(value), True) if len(value) < FEW else is_alone
    axes.plot(places, value, color=colour, marker="o", markevery=np.flatnonzero(marked).tolist())
    draw_band(axes, places, low, high, colour)


def _mark_beyond(axes: Axes, found: Map, colour: str) -> None:
    """Triangles at the upper edge where a value is infinite, at the lower where 0 has no place."""
    is_zero = (found.value == 0) & (axes.get_yscale() == "log")
    for is_beyond, height, marker, name in (
        (np.isinf(found.value), 0.985, "^", INFINITE.get(found.quantity.name, "infinite")),
        (is_zero, 0.015, "v", "0"),
    ):
        if is_beyond.any():
            places = found.axes[0].values[is_beyond]
            style = {"color": colour, "markersize": 3, "label": name, "clip_on": False, "linestyle": ""}
            transform = axes.get_xaxis_transform()
            axes.plot(places, np.full(len(places), height), marker=marker, transform=transform, **style)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")


def _draw_kinds(axes: Axes, found: Map) -> None:
    for fate in Fate:
        places = found.axes[0].values[found.value == fate]
        axes.plot(places, np.full(len(places), fate), "s", color=FATE_COLOURS[fate], markersize=3)
    axes.set_yticks(list(Fate), [fate.label for fate in Fate])
    axes.set_ylim(len(Fate) - 0.5, -0.5)
