"""What the sweeps found beside what is known: numbers, a table, a figure."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from experiments.known_answers import standard_errors
from experiments.momentum.theory import share_alive
from jaxneuron import Fate, Run
from jaxneuron.analysis.intervals import Share, share_of

COLOURS = ("#000000", "#0072B2", "#9A4F80", "#D55E00", "#C98400")
SHOWN_ROWS = 6


class Survival(NamedTuple):
    """The share of neurons alive at the end, [settings, targets]; `known` is NaN where nothing is."""

    setting: np.ndarray
    target: np.ndarray
    neurons: np.ndarray
    alive: Share
    known: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Standard errors between found and known."""
        return standard_errors(self.alive.share, self.known, self.neurons)


def survival(run: Run, name: str) -> Survival:
    """Of a run that sweeps targets and one other thing; what heavy ball does is known."""
    counts = run.cells.fate_count.transpose(name, "target_scale", "fate")
    neurons = counts.sum("fate").values
    dead = counts.sel(fate=[Fate.born_dead.name, Fate.died.name]).sum("fate").values
    setting, target = counts[name].values, counts.target_scale.values
    known = np.full(neurons.shape, np.nan)
    if run.study.training.optimizer == "momentum":
        kappa = run.study.fixed["learning_rate"]
        known = np.stack([share_alive(target, beta, kappa) for beta in setting])
    return Survival(setting, target, neurons, share_of(neurons - dead, neurons), known)


def table_of(heavy_ball: Survival, adam: Survival) -> Table:
    """Some targets of each setting."""
    table = Table(box=None, pad_edge=False)
    for name in ("optimizer", "target γ", "alive", "95 % interval", "known", "standard errors"):
        table.add_column(name, justify="left" if name == "optimizer" else "right")
    for found, label in ((heavy_ball, "momentum"), (adam, "adam, rate")):
        for i, setting in enumerate(found.setting):
            for j in range(0, len(found.target), len(found.target) // SHOWN_ROWS):
                _, share, low, high = (values[i, j] for values in found.alive)
                known, errors = found.known[i, j], found.errors[i, j]
                table.add_row(
                    f"{label} {setting:g}",
                    f"{found.target[j]:.4g}",
                    *(f"{share:.4f}", f"{low:.4f}–{high:.4f}"),
                    *(("–", "–") if np.isnan(known) else (f"{known:.4f}", f"{errors:.1f}")),
                )
    return table


def draw(heavy_ball: Survival, adam: Survival, path: Path) -> None:
    """P(alive) against the target; lines are what is known, points what was found."""
    figure = Figure(figsize=(9, 3.6), layout="constrained", dpi=150)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, found, name in ((left, heavy_ball, "momentum β"), (right, adam, "learning rate")):
        for i, setting in enumerate(found.setting):
            joined = np.isnan(found.known[i]).all()
            style = "o-" if joined else "o"
            axes.plot(
                *(found.target, found.alive.share[i], style),
                color=COLOURS[i],
                markersize=4,
                linewidth=1,
                label=f"{setting:g}",
            )
            axes.plot(found.target, found.known[i], color=COLOURS[i], linewidth=1)
        axes.set_xscale("log")
        axes.set_xlabel("target γ")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(title=name, frameon=False, loc="lower right")
    left.set_title("heavy ball, κ = 0.1", fontsize=10)
    right.set_title("Adam", fontsize=10)
    left.set_ylabel("share of neurons alive")
    left.set_ylim(-0.02, 0.54)
    figure.savefig(path)
