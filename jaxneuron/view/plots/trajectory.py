"""Trajectories drawn: loss, weights, bias and gradient of some neurons by step, coloured by fate."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import SymmetricalLogLocator

from jaxneuron.analysis.in_words import number_in_words
from jaxneuron.analysis.trajectory import Trajectory, trajectory
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, NARROW, Plot, say
from jaxneuron.view.plots.shades import name_marks
from jaxneuron.view.plots.ticks import label_decades, scale_by_decades, scale_by_steps

LARGE = 1e3  # times their first values: params beyond are shown by decades
SHOWN_INPUTS = 5
MOST_DESCRIBED = 20


def draw_trajectories(trainings: Sequence[Training], width: float = DOUBLE_COLUMN) -> Plot:
    """The figure of some neurons' lives."""
    lives = [trajectory(training) for training in trainings]
    last_step = max(int(life.step[-1]) for life in lives)
    title = f"{len(lives)} neurons step by step" if len(lives) > 1 else "One neuron step by step"
    columns = 1 if width < NARROW else 2
    plot = Plot(width, (4 // columns) * 0.62 * width / columns + 0.5, title, _described(title, lives))
    with plot.styled():
        num_inputs = lives[0].weight.shape[1]
        more = f"the first {SHOWN_INPUTS} of {num_inputs} weights" if num_inputs > SHOWN_INPUTS else ""
        plot.name(title, more)
        loss, gradient, weight, bias = plot.subplots(4 // columns, columns, sharex=True).flat
        _draw_part(loss, lives, [life.loss for life in lives], "loss, mean of ½(ŷ − y)²", by_decades=True)
        _draw_part(
            gradient, lives, [life.gradient for life in lives], _gradient_name(trainings), by_decades=True
        )
        _draw_part(
            weight, lives, [life.weight[:, :SHOWN_INPUTS] for life in lives], "weight W", by_decades=False
        )
        _draw_part(bias, lives, [life.bias for life in lives], "bias b", by_decades=False)
        scale_by_steps(bias, last_step)
        if columns == 2:
            weight.set_xlabel("step")
        name_marks(plot, (), tuple(_legend(lives)))
    return plot


def _gradient_name(trainings: Sequence[Training]) -> str:
    of_batches = any(training.study.training.batch_size is not None for training in trainings)
    return "gradient of the batch, its largest part" if of_batches else "gradient, its largest part"


def _draw_part(
    axes: Axes, lives: Sequence[Trajectory], parts: Sequence[np.ndarray], label: str, by_decades: bool
) -> None:
    axes.set_ylabel(label)
    for life, part in zip(lives, parts, strict=True):
        # A zero has no place on a scale of decades.
        shown = np.where(part > 0, part, np.nan) if by_decades else part
        style = {"color": FATE_COLOURS[life.fate], "alpha": 1.0 if len(lives) < 10 else 0.5}
        is_short = len(life.step) < 3  # a lone point on the edge is seen whole
        axes.plot(life.step, shown, marker="o" if is_short else "", clip_on=not is_short, **style)
        died = int(np.searchsorted(life.step, life.death_step))
        if 0 < died < len(shown):
            last = died - 1 if by_decades and not np.all(shown[died] > 0) else died
            places = np.atleast_1d(shown[last])
            axes.plot(np.full(len(places), life.step[last]), places, "X", color=style["color"], markersize=5)
    values = np.concatenate([np.ravel(part[np.isfinite(part)]) for part in parts])
    if by_decades and (values > 0).any():
        scale_by_decades(axes.yaxis, values[values > 0])
    elif not by_decades:
        _scale_params(axes, parts)
    elif values.size:
        axes.set_ylim(-0.1, 1)
        say(axes, "0 at every step")


def _scale_params(axes: Axes, parts: Sequence[np.ndarray]) -> None:
    """By decades on either side of 0 where params run away."""
    starts = max((np.abs(part[0]).max() for part in parts if np.isfinite(part[0]).all()), default=1.0)
    largest = max((np.nanmax(np.abs(part)) for part in parts if np.isfinite(part).any()), default=1.0)
    if largest > LARGE * max(starts, 1.0):
        near = 10.0 ** np.ceil(np.log10(max(starts, 1.0)))
        axes.set_yscale("symlog", linthresh=near)
        locator = SymmetricalLogLocator(base=10, linthresh=near)
        locator.set_params(numticks=5)
        label_decades(axes.yaxis, locator)


def _legend(lives: Sequence[Trajectory]) -> list[Line2D]:
    handles = [
        Line2D([], [], color=FATE_COLOURS[fate], label=fate.label)
        for fate in Fate
        if any(life.fate == fate for life in lives)
    ]
    if any(life.death_step > 0 for life in lives):
        handles.append(Line2D([], [], color="#404040", marker="X", linestyle="", label="death step"))
    return handles


def _described(title: str, lives: Sequence[Trajectory]) -> str:
    parts = [_life_in_words(life) for life in lives[:MOST_DESCRIBED]]
    more = f" and {len(lives) - MOST_DESCRIBED} more" if len(lives) > MOST_DESCRIBED else ""
    what = "loss, largest part of the gradient, weights and bias, coloured by fate"
    return f"{title}: {what}. {'; '.join(parts)}{more}."


def _life_in_words(life: Trajectory) -> str:
    died = f" at step {life.death_step:,}" if life.death_step > 0 else ""
    loss, weight, bias = (
        [number_in_words(part[i]) for i in (0, -1)] for part in (life.loss, life.weight[:, 0], life.bias)
    )
    return (
        f"{life.fate.label}{died}: loss {loss[0]} at step 0, {loss[1]} at step {life.step[-1]:,}, "
        f"W {' to '.join(weight)}, b {' to '.join(bias)}"
    )
