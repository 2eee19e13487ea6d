"""What the sweep found beside what is known: numbers, a table, a figure."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from experiments.golden_ratio.theory import BOUNDARY, share_that_diverges, share_that_succeeds
from experiments.known_answers import standard_errors
from jaxneuron import Fate, Run
from jaxneuron.analysis.intervals import Share, share_of
from jaxneuron.view.palette import FATE_COLOURS

SUCCESS = 1e-6  # a final loss below it; a silent neuron has ¼


class Diagram(NamedTuple):
    """For each κ: the shares found with their intervals, and those expected."""

    kappa: np.ndarray
    neurons: np.ndarray
    succeed: Share
    diverge: Share
    expected_to_succeed: np.ndarray
    expected_to_diverge: np.ndarray

    @property
    def errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Standard errors between found and expected: of success and of divergence."""
        return (
            standard_errors(self.succeed.share, self.expected_to_succeed, self.neurons),
            standard_errors(self.diverge.share, self.expected_to_diverge, self.neurons),
        )


def compare(run: Run) -> Diagram:
    """The diagram of a run of the study."""
    cells = run.cells
    kappa = cells.learning_rate.values / 2
    neurons = cells.fate_count.sum("fate").values
    succeed = cells.final_loss_count.where(cells.final_loss_bin_end <= SUCCESS, 0).sum("final_loss_bin")
    return Diagram(
        kappa=kappa,
        neurons=neurons,
        succeed=share_of(succeed.values.astype(int), neurons),
        diverge=share_of(cells.fate_count.sel(fate=Fate.diverged.name).values, neurons),
        expected_to_succeed=share_that_succeeds(kappa),
        expected_to_diverge=share_that_diverges(kappa),
    )


def boundary_of(diagram: Diagram) -> tuple[float, float]:
    """The largest κ at which fewer than half of the neurons diverge, and the next one."""
    last = np.flatnonzero(diagram.diverge.share < 0.5)[-1]
    return diagram.kappa[last], diagram.kappa[last + 1]


def table_of(diagram: Diagram) -> Table:
    """A row for each κ."""
    table = Table(box=None, pad_edge=False)
    for name in ("κ", "succeed", "expected", "standard errors", "diverge", "expected", "standard errors"):
        table.add_column(name, justify="right")
    successes, divergences = diagram.errors
    for i, kappa in enumerate(diagram.kappa):
        numbers = (
            *(diagram.succeed.share[i], diagram.expected_to_succeed[i], successes[i]),
            *(diagram.diverge.share[i], diagram.expected_to_diverge[i], divergences[i]),
        )
        texts = ("–" if np.isnan(n) else f"{n:.{1 if j % 3 == 2 else 4}f}" for j, n in enumerate(numbers))
        table.add_row(f"{kappa:.4f}", *texts)
    return table


def draw(diagram: Diagram, path: Path) -> None:
    """Shares against κ, and again around the boundary; lines are what is known, points what was found."""
    figure = Figure(figsize=(9, 3.6), layout="constrained", dpi=150)
    whole, near = figure.subplots(1, 2, sharey=True)
    (below, above), step = boundary_of(diagram), 0.0006
    for axes, (low, high) in ((whole, (0, diagram.kappa.max())), (near, (below - step, above + step))):
        kappa = np.linspace(low, high, 1001)
        seen = (diagram.kappa >= low) & (diagram.kappa <= high)
        for name, share, expected, fate in (
            ("reach w = 1", diagram.succeed, share_that_succeeds(kappa), Fate.converged),
            ("diverge", diagram.diverge, share_that_diverges(kappa), Fate.diverged),
        ):
            axes.plot(kappa, expected, color=FATE_COLOURS[fate], linewidth=1)
            shown = seen & (fate == Fate.diverged or diagram.kappa < 2)
            places, found = diagram.kappa[shown], share.share[shown]
            axes.plot(places, found, "o", color=FATE_COLOURS[fate], markersize=4, label=name)
        axes.axvline(BOUNDARY, color="#808080", linestyle=":", linewidth=1)
        axes.set_xlim(low, high)
        axes.set_xlabel("κ = η/2")
        axes.spines[["top", "right"]].set_visible(False)
    whole.set_ylabel("share of neurons")
    whole.legend(frameon=False, loc="center", bbox_to_anchor=(0.58, 0.55))
    near.set_title("around φ²", fontsize=10)
    near.ticklabel_format(useOffset=False)
    near.locator_params(axis="x", nbins=4)
    figure.savefig(path)
