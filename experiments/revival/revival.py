"""What the runs found beside what is known: numbers and a figure."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

import jaxneuron
from experiments.known_answers import standard_errors
from experiments.revival.theory import revival_step, share_silent
from jaxneuron import Fate, Run, Study
from jaxneuron.analysis.intervals import Share, share_of

DEAD = (Fate.born_dead, Fate.died)
LATER = 2000  # steps after which it is looked again
# (optimizer, what is swept besides)
SETTINGS = {
    "sgd": ("sgd", {}),
    "momentum 0.9": ("momentum", {}),
    "nesterov 0.9": ("nesterov", {}),
    "adam": ("adam", {}),
    "sgd, decay 0.1": ("sgd", {"weight_decay": 0.1}),
}


class Decay(NamedTuple):
    """Neurons that are silent from step 0 to the end under weight decay, [decays, biases].

    `num_others` counts those of which something else is known.
    """

    shrink: np.ndarray
    bias: np.ndarray
    neurons: np.ndarray
    silent: Share
    known: np.ndarray
    num_others: int
    num_revived: int

    @property
    def errors(self) -> np.ndarray:
        """Standard errors between found and known."""
        return standard_errors(self.silent.share, self.known, self.neurons)


class Second(NamedTuple):
    """Neurons looked at twice: how many are dead at first, how many of them have the certificate, and how
    many are not dead from the same step on when they are looked at again."""

    neurons: int
    dead: int
    absorbed: int
    revived: int
    absorbed_and_revived: int


def decay(run: Run) -> Decay:
    """Of a run that sweeps the decay and the initial bias."""
    neurons, study = run.neurons.transpose("weight_decay", "init_bias", ...), run.study
    shrink, bias = study.fixed["learning_rate"] * run.cells.weight_decay.values, run.cells.init_bias.values
    x, num_steps = float(min(np.ravel(study.data.x))), study.training.num_steps
    weight = neurons.init_weight.values[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        step = revival_step(weight, bias[:, None], x, shrink[:, None, None])
    begins_silent = weight * x + bias[:, None] <= 0
    stays = begins_silent & (step > num_steps)
    is_silent = neurons.fate.values == Fate.born_dead
    number = np.full(stays.shape[:2], stays.shape[2])
    return Decay(
        shrink=shrink,
        bias=bias,
        neurons=number,
        silent=share_of(is_silent.sum(-1), number),
        known=share_silent(bias, x, shrink[:, None], num_steps),
        num_others=int((stays != is_silent).sum()),
        num_revived=int((begins_silent & ~is_silent).sum()),
    )


def second_look(first: Run, later: Run) -> Second:
    """Of two runs of the same neurons, the second with more steps."""
    before, after = first.neurons, later.neurons
    is_dead = np.isin(before.fate.values, DEAD)
    same = np.isin(after.fate.values, DEAD) & (after.death_step.values == before.death_step.values)
    absorbed = before.absorbed.values == 1
    revived = is_dead & ~same
    counts = (is_dead, absorbed, revived, absorbed & revived)
    return Second(is_dead.size, *(int(count.sum()) for count in counts))


def coast_of_adam() -> float:
    """How far a neuron goes on under Adam after it has fallen silent, in units of its last update."""
    training = jaxneuron.train(
        Study(
            data={"x": [1.0], "y": [-40.0]},  # pyright: ignore[reportArgumentType]
            neuron={"train_bias": False, "init_weight": 1.0},  # pyright: ignore[reportArgumentType]
            training={"optimizer": "adam", "num_steps": 1100, "precision": "float64"},  # pyright: ignore
            sweep={"learning_rate": 1e-3},  # pyright: ignore[reportArgumentType]
        )
    )
    history = training.history
    silent = int(np.argmax(history.num_active.values == 0))
    moved = history.weight.values[-1, 0] - history.weight.values[silent, 0]
    return float(moved / history.update_weight.values[silent - 1, 0])


def draw(found: Decay, path: Path) -> None:
    """The share that stays silent against the decay; lines are what is known, points what was found."""
    figure = Figure(figsize=(6, 3.6), layout="constrained", dpi=150)
    axes = figure.subplots()
    for i, (bias, colour) in enumerate(
        zip(found.bias, ("#000000", "#0072B2", "#9A4F80", "#D55E00"), strict=True)
    ):
        axes.plot(found.shrink, found.silent.share[:, i], "o", color=colour, markersize=3, label=f"{bias:g}")
        axes.plot(found.shrink, found.known[:, i], color=colour, linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("η·λ, what a step takes off the weight")
    axes.set_ylabel("share silent at all of 100 steps")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(title="bias", frameon=False)
    figure.savefig(path)
