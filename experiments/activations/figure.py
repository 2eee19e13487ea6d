"""What became of the neurons, drawn against the learning rate."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.activations.outcomes import OUTCOMES, Outcomes
from jaxneuron import Fate
from jaxneuron.view.palette import FATE_COLOURS

COLOURS = {
    "trained": FATE_COLOURS[Fate.converged],
    "short": "#BFBFBF",
    "stalled": FATE_COLOURS[Fate.unsettled],
    "dead": FATE_COLOURS[Fate.born_dead],
    "diverged": FATE_COLOURS[Fate.diverged],
}


def draw(found: Mapping[str, Sequence[Outcomes]], path: Path) -> None:
    """A panel for each activation and data set: shares of the outcomes, one upon the other."""
    width = max(map(len, found.values()))
    figure = Figure(figsize=(2.1 * width + 0.6, 2.1 * len(found) + 0.7), layout="constrained", dpi=110)
    panels = figure.subplots(len(found), width, sharex=True, sharey=True, squeeze=False)
    for axes, one in zip(panels[0], next(iter(found.values())), strict=True):
        axes.set_title(one.activation, fontsize=10)
    for row, (data, outcomes) in zip(panels, found.items(), strict=True):
        row[0].set_ylabel(f"{data}: share of neurons", fontsize=9)
        for axes, one in zip(row, outcomes, strict=True):
            _draw_outcomes(axes, one)
    for axes in panels[-1]:
        axes.set_xlabel("learning rate", fontsize=9)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9)
    figure.savefig(path)


def _draw_outcomes(axes: Axes, one: Outcomes) -> None:
    shares = [(one.outcome == OUTCOMES.index(name)).mean((1, 2)) for name in COLOURS]
    axes.stackplot(one.learning_rate, np.array(shares), colors=COLOURS.values(), labels=COLOURS)
    axes.axvline(one.limit, color="#FFFFFF", linestyle=":", linewidth=1.5)
    axes.set_xscale("log")
    axes.set_xlim(one.learning_rate[0], one.learning_rate[-1])
    axes.set_ylim(0, 1)
    # The last label would run into the next panel's first.
    axes.set_xticks([0.1, 1], ["0.1", "1"])
