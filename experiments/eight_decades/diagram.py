"""A phase diagram of learning rate and initial bias: its numbers, a table, and the picture of two."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from rich.table import Table

from jaxneuron import Fate, Run
from jaxneuron.view.palette import FATE_COLOURS


class Diagram(NamedTuple):
    """For each learning rate and bias: neurons by fate [rates, biases, fates], and their median loss."""

    learning_rate: np.ndarray
    init_bias: np.ndarray
    fate_count: np.ndarray
    median_loss: np.ndarray


def diagram_of(run: Run) -> Diagram:
    """The diagram of a run of the study."""
    cells = run.cells
    return Diagram(
        learning_rate=cells.learning_rate.values,
        init_bias=cells.init_bias.values,
        fate_count=cells.fate_count.values,
        median_loss=run.final_loss(0.5).values,
    )


def table_of(at_time: Diagram, in_the_end: Diagram) -> Table:
    """Shares of fates for one learning rate a decade, over all biases: after the time, and in the end."""
    table = Table(box=None, pad_edge=False, caption="in per cent; after the training time / in the end")
    table.add_column("learning rate", justify="right")
    for fate in Fate:
        table.add_column(fate.label, justify="right")
    logs = np.log10(at_time.learning_rate)
    for decade in range(round(logs[0]), round(logs[-1]) + 1):
        row = int(np.argmin(abs(logs - decade)))
        shares = [
            100 * diagram.fate_count[row].sum(0) / diagram.fate_count[row].sum()
            for diagram in (at_time, in_the_end)
        ]
        texts = (f"{a:.2f} / {b:.2f}" for a, b in zip(*shares, strict=True))
        table.add_row(f"{at_time.learning_rate[row]:.2g}", *texts)
    return table


def draw(at_time: Diagram, in_the_end: Diagram, time: float, path: Path) -> None:
    """Above the fates, mixed by their shares, below the losses; left after the time, right in the end."""
    figure = Figure(figsize=(11, 6.4), layout="constrained", dpi=150)
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    pairs = ((at_time, f"after a training time η·t = {time:g}"), (in_the_end, "in the end, t → ∞"))
    losses = np.concatenate([diagram.median_loss.ravel() for diagram, _ in pairs])
    shown = losses[np.isfinite(losses) & (losses > 0)]
    norm = LogNorm(shown.min(), np.quantile(shown, 0.999))
    for column, (diagram, title) in enumerate(pairs):
        _draw_fates(axes[0, column], diagram)
        mesh = axes[1, column].pcolormesh(
            diagram.learning_rate, diagram.init_bias, diagram.median_loss.T, norm=norm, rasterized=True
        )
        axes[0, column].set_title(title)
        axes[1, column].set_xlabel("learning rate η")
        axes[column, 0].set_ylabel("initial bias")
        axes[1, column].set_xscale("log")
    figure.colorbar(mesh, ax=axes[1, :], label="median loss, mean of ½(ŷ − y)²")
    patches = [Patch(color=FATE_COLOURS[fate], label=fate.label) for fate in Fate]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(Fate), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_fates(axes: Axes, diagram: Diagram) -> None:
    colours = np.array([to_rgb(FATE_COLOURS[fate]) for fate in Fate])
    shares = diagram.fate_count / diagram.fate_count.sum(-1, keepdims=True)
    mixed = np.clip(shares @ colours, 0, 1).transpose(1, 0, 2)
    axes.pcolormesh(diagram.learning_rate, diagram.init_bias, mixed, rasterized=True)
    axes.set_xscale("log")
