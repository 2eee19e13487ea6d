"""What the sweep found beside what is known: numbers, a table, a figure."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from experiments.known_answers import standard_errors
from experiments.one_example.theory import ALIVE, death_step, share_alive
from jaxneuron import Run
from jaxneuron.analysis.intervals import Share, share_of

SPREAD = 1.5  # of the first z


class Diagram(NamedTuple):
    """For each κ and target the share alive, found and known; and how many death steps are not as known."""

    kappa: np.ndarray
    target: np.ndarray
    alive: Share
    known: np.ndarray
    errors: np.ndarray  # standard errors between them
    num_neurons: int
    num_diverged: int
    num_other_steps: int


def compare(run: Run) -> Diagram:
    """The diagram of a run of the study."""
    neurons = run.neurons.transpose("learning_rate", "target_scale", "replicate", "input")
    kappa, target = 2 * neurons.learning_rate.values, neurons.target_scale.values
    z = neurons.init_weight.values[..., 0]
    steps = death_step(z, target[:, None], kappa[:, None, None])
    alive, known = (neurons.death_step.values == ALIVE).sum(-1), share_alive(target, kappa[:, None], SPREAD)
    replicates = np.full(alive.shape, z.shape[-1])
    share = share_of(alive, replicates)
    return Diagram(
        kappa=kappa,
        target=target,
        alive=share,
        known=known,
        errors=standard_errors(share.share, known, replicates),
        num_neurons=z.size,
        num_diverged=int((neurons.fate == 0).sum()),
        num_other_steps=int((steps != neurons.death_step.values).sum()),
    )


def table_of(diagram: Diagram) -> Table:
    """The share alive: a row for each κ, a column for each target."""
    table = Table(box=None, pad_edge=False, title="Share alive: found | known")
    for name in ("κ", *(f"y = {target:g}" for target in diagram.target)):
        table.add_column(name, justify="right")
    for kappa, found, known in zip(diagram.kappa, diagram.alive.share, diagram.known, strict=True):
        cells = (f"{one:.3f} | {other:.3f}" for one, other in zip(found, known, strict=True))
        table.add_row(f"{kappa:.2f}", *cells)
    return table


def draw(diagram: Diagram, path: Path) -> None:
    """The share alive against κ for each target; lines are what is known, points what was found."""
    figure = Figure(figsize=(6.5, 3.8), layout="constrained", dpi=150)
    axes = figure.subplots()
    kappa = np.linspace(0, 4, 801)
    positive = diagram.target[diagram.target > 0]
    for i, target in enumerate(positive):
        colour = (0.85 - 0.85 * i / len(positive), 0.35, 0.15 + 0.75 * i / len(positive))
        axes.plot(kappa, share_alive(target, kappa, SPREAD), color=colour, linewidth=1)
        found = diagram.alive.share[:, list(diagram.target).index(target)]
        axes.plot(diagram.kappa, found, "o", color=colour, markersize=4, label=f"{target:g}")
    axes.set_xlabel("κ = η(x² + 1)")
    axes.set_ylabel("share of neurons alive")
    axes.legend(title="target y", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
