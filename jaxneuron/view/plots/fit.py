"""One trained neuron drawn: its loss step by step, and its line among the data as it moved."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from jaxneuron.analysis.fit import Fit
from jaxneuron.analysis.in_words import number_in_words, shortened
from jaxneuron.study.counted import counted
from jaxneuron.view.plots.canvas import NARROW, SCREEN, Plot, as_text
from jaxneuron.view.plots.ticks import scale_by_decades, scale_by_steps

LONG = 60  # steps: more are shown by decades
FEW = 60  # examples: each has a larger mark


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
    if steps[-1] > LONG:
        scale_by_steps(axes, steps[-1])
        axes.set_xlim(-0.2, 1.5 * steps[-1])
    elif steps[-1] > 0:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    else:
        axes.set_xticks([0])
    axes.set_xlabel("step (one full pass over the data)")
    axes.set_ylabel("loss, mean of ½(ŷ − y)²")


def _draw_lines(axes: Axes, numbers: Fit, is_narrow: bool) -> None:
    colours = colormaps["viridis_r"](np.linspace(0.12, 1, len(numbers.steps)))
    low, high = numbers.data_y.min(), numbers.data_y.max()
    # Room on either side of the data: as much as they take, or where they are all alike, as what they are.
    room = (high - low) or abs(high) or 1.0
    number = len(numbers.data_y)
    size = 24 if number < FEW else 8 if number < 500 else 3
    points = {"linewidths": 0, "s": size, "rasterized": number > 5000}
    if numbers.is_line:
        order = 3 if number < FEW else 1  # a few would be hidden by the lines, and many would hide them
        axes.scatter(numbers.data_x, numbers.data_y, color="#9AA5B1", zorder=order, **points)
    else:
        ends = [low, high] if low < high else [low - room, high + room]
        axes.plot(ends, ends, color="#9AA5B1", linewidth=1, zorder=1)
    for step, output, colour in zip(numbers.steps, numbers.outputs, colours, strict=True):
        if numbers.is_line:
            axes.plot(numbers.x, output, color=colour, label=f"{step:,}", zorder=2)
        else:
            axes.scatter(numbers.x, output, color=colour, label=f"{step:,}", zorder=2, **points)
    # An early or a diverging line may leave the data far behind. The last one is seen whole: it is what the
    # neuron has come to.
    shown = np.clip(numbers.outputs[np.isfinite(numbers.outputs)], low - room, high + room)
    last = numbers.outputs[-1][np.isfinite(numbers.outputs[-1]) & numbers.shows_end]
    bottom, top = min([low, *shown, *last]), max([high, *shown, *last])
    margin = 0.08 * (top - bottom) or 1.0
    axes.set_ylim(bottom - margin, top + margin)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(as_text(shortened(numbers.x_label)))
    axes.set_ylabel(as_text(shortened(numbers.y_label)))
    if is_narrow:
        axes.legend(title="at step", loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3)
    else:
        axes.legend(title="at step", loc="center left", bbox_to_anchor=(1.0, 0.5))
