"""How many neurons are dead, strictly and in effect, and how near to silence the others come."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from experiments.known_answers import standard_errors
from experiments.strict_or_effective.theory import nearest
from jaxneuron import Fate, Run
from jaxneuron.analysis.intervals import Share, share_of
from jaxneuron.study.data import load

PRECISIONS = ("float32", "float64")
COLOURS = dict(zip(PRECISIONS, ("#D55E00", "#0072B2"), strict=True))


class Silence(NamedTuple):
    """What became of a population, and of its neurons that start at w < 0, the ones that fail.

    `largest_z` and `nearest` are of those that fail: z on the example on which it is largest, at the end, and
    the largest at which rounding holds a neuron still. `num_mixed` counts neurons that are dead in effect and
    started at w > 0, or are not and started at w < 0; `tolerance` is what z may be for that.
    """

    precision: str
    num_neurons: int
    dead: Share
    failed: Share
    num_mixed: int
    num_converged: int
    largest_z: np.ndarray
    nearest: np.ndarray
    tolerance: float

    @property
    def error(self) -> float:
        """Standard errors between the share dead in effect and the ½ that starts at w < 0."""
        return float(standard_errors(self.failed.share, np.array(0.5), np.array(self.num_neurons)))

    @property
    def num_nearer(self) -> int:
        """How many of those that fail are as near to silence as rounding lets them come."""
        return int((self.largest_z <= self.nearest).sum())


def silence(run: Run) -> Silence:
    """The numbers of a run."""
    neurons, study = run.neurons.isel(point=0), run.study
    starts_below = neurons.init_weight.values[:, 0] < 0
    is_failed = neurons.nearly_silent.values == 1
    fate = neurons.fate.values
    weight, bias = (
        neurons[f"final_{name}"].values.reshape(len(fate))[starts_below] for name in ("weight", "bias")
    )
    (data,) = load(study.data)
    x = data.x[:, 0].astype(weight.dtype)
    ends = [np.float64(weight) * end + bias for end in (x.min(), x.max())]
    number = np.int64(len(fate))
    return Silence(
        precision=study.training.precision,
        num_neurons=int(number),
        dead=share_of(np.isin(fate, (Fate.born_dead, Fate.died)).sum(), number),
        failed=share_of(is_failed.sum(), number),
        num_mixed=int((is_failed != starts_below).sum()),
        num_converged=int((fate[starts_below] == Fate.converged).sum()),
        largest_z=np.maximum(*ends),
        nearest=nearest(weight, bias, float(x.min()), study.fixed["learning_rate"], len(x)),
        tolerance=study.training.silence_tolerance * float(np.sqrt(np.mean(data.y**2))),
    )


def table_of(found: list[Silence]) -> Table:
    """One column a precision."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for one in found:
        table.add_column(one.precision, justify="right")
    rows = {
        "neurons": lambda one: f"{one.num_neurons:,}",
        "dead": lambda one: f"{one.dead.number:,} ({100 * one.dead.low:.4f}–{100 * one.dead.high:.4f} %)",
        "nearly silent": lambda one: (
            f"{100 * one.failed.share:.2f} % ({100 * one.failed.low:.2f}–{100 * one.failed.high:.2f})"
        ),
        "standard errors from ½": lambda one: f"{one.error:.1f}",
        "not by the sign of w₀": lambda one: f"{one.num_mixed:,}",
        "of w₀ < 0, converged": lambda one: f"{one.num_converged:,} of {len(one.largest_z):,}",
        "their largest z, median": lambda one: f"{np.median(one.largest_z):.3g}",
        "smallest and largest": lambda one: f"{one.largest_z.min():.2g}–{one.largest_z.max():.2g}",
        "as near as rounding lets them": lambda one: f"{one.num_nearer:,}",
    }
    for name, value in rows.items():
        table.add_row(name, *map(value, found))
    return table


def draw(found: list[Silence], path: Path) -> None:
    """How near to silence the neurons come that start at w < 0."""
    figure = Figure(figsize=(7, 3.4), layout="constrained", dpi=150)
    axes = figure.subplots()
    for one in found:
        # Spacings of numbers are powers of two, and so are the bins.
        place = np.log2(one.largest_z)
        bins = np.arange(np.floor(place.min()), np.ceil(place.max()) + 1) * np.log10(2)
        axes.hist(np.log10(one.largest_z), bins=bins, color=COLOURS[one.precision], label=one.precision)
    axes.axvline(np.log10(found[0].tolerance), color="#000000", linewidth=1, linestyle="--")
    axes.text(
        np.log10(found[0].tolerance) + 0.2,
        axes.get_ylim()[1],
        "nearly silent\nup to here",
        va="top",
        fontsize=8,
    )
    axes.set_xlim(right=0)
    axes.set_xlabel("log₁₀ of the largest z, in units of the target (dead: −∞)")
    axes.set_ylabel("neurons that start at w < 0")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path)
