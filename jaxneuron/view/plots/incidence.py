"""The cumulative incidence of death drawn: the share that has died by each step, along an axis."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jaxneuron.analysis.axes import shown_values
from jaxneuron.analysis.deaths import Deaths
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, Plot, as_text, draw_band, say
from jaxneuron.view.plots.descriptions import span
from jaxneuron.view.plots.ticks import percent, scale_by_steps

SHOWN_CURVES = 7


def draw_incidence(deaths: Deaths, width: float = DOUBLE_COLUMN) -> Plot:
    """The figure of the incidence alone."""
    title = "share that has fallen silent to the end of training"
    plot = Plot(width, 0.66 * width, title, described_incidence(deaths))
    with plot.styled():
        plot.name(title, alike(deaths), deaths.weighting)
        axes = plot.subplots()
        if deaths.can_die:
            draw_curves(axes, deaths)
            name_curves(plot, deaths)
        else:
            say(axes, "nothing to show")
            axes.set_axis_off()
    return plot


def alike(deaths: Deaths) -> str:
    """Why no curve leaves its start; nothing where one does."""
    if not deaths.can_die:
        return "no neuron can die whose activation has a slope everywhere"
    return "" if deaths.dead.number.sum() else "no neuron died"


def described_incidence(deaths: Deaths) -> str:
    """The curves in words."""
    along = f" along {span(deaths.axis)}" if deaths.axis else ""
    if not deaths.can_die:
        return f"No cumulative incidence of death: {alike(deaths)}."
    ends = "; ".join(
        f"{f'{deaths.axis.label} {name}' if deaths.axis else 'all neurons'}: "
        f"{percent(float(deaths.incidence.share[i, 0]))} born dead, "
        f"{percent(float(deaths.incidence.share[i, -1]))} dead by step {deaths.step[-1]:,}"
        for i, _, name in curves_of(deaths)
    )
    return (
        f"Cumulative incidence of death by step{along}: the share of all neurons that have fallen silent to "
        f"the end of training, with 95 % intervals (Wilson 1927). {ends}."
    )


def draw_curves(axes: Axes, deaths: Deaths) -> None:
    """A curve with its band for each value that has one."""
    steps = np.append(deaths.step, deaths.step[-1] + 1)
    for i, colour, label in curves_of(deaths):
        share, low, high = (np.append(values[i], values[i][-1]) for values in deaths.incidence[1:])
        axes.step(steps, share, where="post", color=colour, label=label)
        draw_band(axes, steps, low, high, colour, step="post")
    axes.set_ylabel("share that has died")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(percent)
    scale_by_steps(axes, int(deaths.step[-1]) + 1)


def name_curves(plot: Plot, deaths: Deaths) -> None:
    """One legend for all curves of a figure, by the values of the axis."""
    if deaths.axis is None:
        return
    lines = [Line2D([], [], color=colour, label=label) for _, colour, label in curves_of(deaths)]
    columns = plot.columns(len(lines), 0.8)
    plot.legend(handles=lines, title=as_text(deaths.axis.label), loc="outside lower center", ncols=columns)


def curves_of(deaths: Deaths) -> Iterator[tuple[int, Any, str | None]]:
    """(number, colour, label) of each value along the axis that has a curve."""
    shown = shown_values(len(deaths.neurons), SHOWN_CURVES)
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(shown)))
    names = deaths.axis.in_words(shown, 3) if deaths.axis else [None]
    yield from zip(shown, colours, names, strict=True)
