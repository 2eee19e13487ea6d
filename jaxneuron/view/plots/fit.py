"""One trained neuron drawn: its loss step by step, and its line among the data as it moved."""

import math

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from jaxneuron.analysis.fit import Fit
from jaxneuron.analysis.in_words import number_in_words, shortened
from jaxneuron.study.counted import counted
from jaxneuron.view.plots.canvas import NARROW, SCREEN, Plot, as_text
from jaxneuron.view.plots.ticks import scale_by_decades


def draw_fit(numbers: Fit, width: float = SCREEN) -> Plot:
    """The figure of one neuron's training."""
    rows, columns, height = (2, 1, 1.7 * width) if width < NARROW else (1, 2, 0.42 * width)
    plot = Plot(width, height, numbers.title, _described(numbers))
    with plot.styled():
        plot.name(numbers.title)
        left, right = plot.subplots(rows, columns)
        _draw_losses(left, numbers)
        _draw_lines(right, numbers, is_narrow=width < NARROW)
    return plot


def _described(numbers: Fit) -> str:
    first, last = (number_in_words(loss) for loss in numbers.losses[[0, -1]])
    steps = ", ".join(f"{step:,}" for step in numbers.steps)
    return (
        f"One neuron: {numbers.title}. Its loss by step, mean of ½(ŷ − y)²: {first} at step 0, {last} at "
        f"step {numbers.loss_steps[-1]:,}. And {counted(len(numbers.data_y), 'example')} with the neuron's "
        f"output at steps {steps}: {shortened(numbers.y_label)} over {shortened(numbers.x_label)}."
    )


def _draw_losses(axes: Axes, numbers: Fit) -> None:
    steps = numbers.loss_steps
    losses = np.where(np.isfinite(numbers.losses), numbers.losses, np.nan)
    axes.plot(steps, losses, color="#404040", marker="o" if len(steps) < 30 else "")
    if (losses > 0).any():
        scale_by_decades(axes.yaxis, losses[losses > 0])
    if len(steps) <= steps[-1]:  # recorded ever farther apart
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.2, steps[-1] * 1.5)
        decades = np.arange(0, np.log10(steps[-1]) + 1e-9)
        axes.set_xticks([0, *10 ** decades[:: math.ceil(len(decades) / 5)]])
        axes.minorticks_off()
    axes.set_xlabel("step (one full pass over the data)")
    axes.set_ylabel("loss, mean of ½(ŷ − y)²")
    if len(steps) > steps[-1]:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _draw_lines(axes: Axes, numbers: Fit, is_narrow: bool) -> None:
    colours = colormaps["viridis_r"](np.linspace(0.12, 1, len(numbers.steps)))
    low, high = numbers.data_y.min(), numbers.data_y.max()
    is_many = len(numbers.data_y) > 5000
    points = {"linewidths": 0, "s": 8 if len(numbers.data_y) < 500 else 3, "rasterized": is_many}
    if numbers.is_line:
        axes.scatter(numbers.data_x, numbers.data_y, color="#9AA5B1", zorder=1, **points)
    else:
        axes.plot([low, high], [low, high], color="#9AA5B1", linewidth=1, zorder=1)
    for step, output, colour in zip(numbers.steps, numbers.outputs, colours, strict=True):
        if numbers.is_line:
            axes.plot(numbers.x, output, color=colour, label=f"{step:,}", zorder=2)
        else:
            axes.scatter(numbers.x, output, color=colour, label=f"{step:,}", zorder=2, **points)
    # An early or a diverging line may leave the data far behind; at most one more of its height is shown.
    shown = np.clip(numbers.outputs[np.isfinite(numbers.outputs)], 2 * low - high, 2 * high - low)
    bottom, top = min([low, *shown]), max([high, *shown])
    margin = 0.08 * (top - bottom) or 1.0
    axes.set_ylim(bottom - margin, top + margin)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(as_text(shortened(numbers.x_label)))
    axes.set_ylabel(as_text(shortened(numbers.y_label)))
    if is_narrow:
        axes.legend(title="at step", loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3)
    else:
        axes.legend(title="at step", loc="center left", bbox_to_anchor=(1.0, 0.5))
