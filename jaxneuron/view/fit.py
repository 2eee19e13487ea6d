"""The figure of one trained neuron: its loss step by step, and its line among the data as it moved."""

import dataclasses
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jaxneuron.study.training import Training
from jaxneuron.view.canvas import as_text, save
from jaxneuron.view.palette import FATE_LABELS

LINES = 6
POINTS = 400


@dataclasses.dataclass(frozen=True)
class Fit:
    """The numbers of the figure, in the units of the data file; the targets as the neuron is taught them.

    `outputs[line, point]` is the neuron's output after each of `steps` at the places `x[point]`: along
    the input's range for one input, at the examples' own targets for several.
    """

    losses: np.ndarray
    steps: np.ndarray
    x: np.ndarray
    outputs: np.ndarray
    data_x: np.ndarray
    data_y: np.ndarray
    is_line: bool
    x_label: str
    y_label: str
    title: str


def fit(training: Training) -> Fit:
    """What the neuron's output was after the first step, some in the middle, and the last."""
    data, scaling = training.data, training.data.scaling
    steps = shown_steps(training.num_steps, LINES)
    targets = training.targets * scaling.y_scale + scaling.y_offset
    if len(data.inputs) == 1:
        places = np.linspace(data.x.min(), data.x.max(), POINTS)[:, None]
        x = places[:, 0] * scaling.x_scale[0] + scaling.x_offset[0]
        data_x, x_label, y_label = (
            data.x[:, 0] * scaling.x_scale[0] + scaling.x_offset[0],
            data.inputs[0],
            data.target,
        )
    else:
        places, x, data_x = data.x, targets, targets
        x_label, y_label = f"{data.target} in the data", f"{data.target} by the neuron"
    outputs = [training.output(places, step) * scaling.y_scale + scaling.y_offset for step in steps]
    return Fit(
        losses=training.history.loss.values,
        steps=steps,
        x=x,
        outputs=np.array(outputs),
        data_x=data_x,
        data_y=targets,
        is_line=len(data.inputs) == 1,
        x_label=x_label,
        y_label=y_label,
        title=f"{FATE_LABELS[training.fate]} after {training.num_steps:,} steps, loss {training.loss:.4g}",
    )


def shown_steps(num_steps: int, number: int) -> np.ndarray:
    """At most `number` steps from 0 to the last, the early ones closer together."""
    spread = np.geomspace(1, num_steps + 1, number) - 1
    return np.unique(np.round(spread).astype(int))


def draw_fit(numbers: Fit, path: Path) -> None:
    """Write the figure as PNG, SVG or PDF, by the path's ending."""
    figure = Figure(figsize=(10, 4.2), layout="constrained", dpi=150)
    left, right = figure.subplots(1, 2)
    figure.suptitle(numbers.title, fontsize=12)
    _draw_losses(left, numbers)
    _draw_lines(right, numbers)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def _draw_losses(axes: Axes, numbers: Fit) -> None:
    steps = np.arange(len(numbers.losses))
    losses = np.where(np.isfinite(numbers.losses), numbers.losses, np.nan)
    axes.plot(steps, losses, color="#404040", marker="o" if len(steps) < 30 else "", markersize=4)
    if (losses > 0).any():
        axes.set_yscale("log")
    axes.set_xlabel("step (one full pass over the data)")
    axes.set_ylabel("loss, mean of ½(ŷ − y)²")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _draw_lines(axes: Axes, numbers: Fit) -> None:
    colours = colormaps["viridis_r"](np.linspace(0.12, 1, len(numbers.steps)))
    low, high = numbers.data_y.min(), numbers.data_y.max()
    if numbers.is_line:
        axes.scatter(numbers.data_x, numbers.data_y, s=10, color="#9AA5B1", linewidths=0, zorder=1)
    else:
        axes.plot([low, high], [low, high], color="#9AA5B1", linewidth=1, zorder=1)
    for step, output, colour in zip(numbers.steps, numbers.outputs, colours, strict=True):
        if numbers.is_line:
            axes.plot(numbers.x, output, color=colour, label=f"{step:,}", zorder=2)
        else:
            axes.scatter(numbers.x, output, s=10, color=colour, linewidths=0, label=f"{step:,}", zorder=2)
    # An early or a diverging line may leave the data far behind; at most one more of its height is shown.
    shown = np.clip(numbers.outputs[np.isfinite(numbers.outputs)], 2 * low - high, 2 * high - low)
    bottom, top = min([low, *shown]), max([high, *shown])
    margin = 0.08 * (top - bottom) or 1.0
    axes.set_ylim(bottom - margin, top + margin)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(as_text(numbers.x_label))
    axes.set_ylabel(as_text(numbers.y_label))
    axes.legend(title="at step", frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
