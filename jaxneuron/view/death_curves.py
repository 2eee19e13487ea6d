"""The figure of deaths: shares along an axis, and the cumulative incidence at some of its values."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxneuron.neuron.fate import Fate
from jaxneuron.view.canvas import as_text, save
from jaxneuron.view.death_tables import shown_values
from jaxneuron.view.deaths import Deaths
from jaxneuron.view.intervals import Share
from jaxneuron.view.palette import FATE_COLOURS

SHOWN_CURVES = 7


def draw_deaths(deaths: Deaths, title: str, path: Path) -> None:
    """Write the figure as PNG, SVG or PDF, by the path's ending."""
    figure = Figure(figsize=(11, 4.4), layout="constrained", dpi=150)
    figure.suptitle(as_text(title), fontsize=12)
    if deaths.axis is None or len(deaths.neurons) == 1:
        _draw_incidence(figure.subplots(), deaths)
    else:
        left, right = figure.subplots(1, 2)
        _draw_shares(left, deaths)
        _draw_incidence(right, deaths)
    save(figure, path)


def _draw_shares(axes: Axes, deaths: Deaths) -> None:
    axis = deaths.axis
    assert axis is not None
    for name, share, colour in (
        ("born dead", deaths.born_dead, FATE_COLOURS[Fate.born_dead]),
        ("died", deaths.died, FATE_COLOURS[Fate.died]),
        ("dead in all", deaths.dead, "#000000"),
    ):
        style = "--" if name == "dead in all" else "-"
        axes.plot(axis.values, share.share, color=colour, linestyle=style, label=name)
        axes.fill_between(axis.values, share.low, share.high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xlabel(axis.label)
    axes.set_ylabel("share of neurons")
    axes.set_ylim(-0.03, 1.03)
    if axis.is_log:
        axes.set_xscale("log")
    _tidy(axes)
    axes.legend(frameon=False)


def _draw_incidence(axes: Axes, deaths: Deaths) -> None:
    shown = shown_values(len(deaths.neurons), SHOWN_CURVES)
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(shown)))
    for i, colour in zip(shown, colours, strict=True):
        curve = Share(*(values[i] for values in deaths.incidence))
        label = f"{deaths.axis.values[i]:.3g}" if deaths.axis else None
        axes.step(deaths.step, curve.share, where="post", color=colour, label=label)
        axes.fill_between(
            deaths.step, curve.low, curve.high, step="post", color=colour, alpha=0.2, linewidth=0
        )
    # Step 0 has its place, to the left of step 1.
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(0, max(1, deaths.step[-1]))
    axes.set_xlabel("step")
    axes.set_ylabel("share that has fallen silent to the end")
    axes.set_ylim(bottom=0)
    _tidy(axes)
    if deaths.axis:
        axes.legend(title=deaths.axis.label, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _tidy(axes: Axes) -> None:
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
