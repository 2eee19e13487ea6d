"""One trained neuron: its loss step by step, and its line among the data as it moved."""

import dataclasses

import numpy as np

from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.analysis.in_words import number_in_words
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training

LINES = 6
POINTS = 400


@dataclasses.dataclass(frozen=True)
class Fit:
    """The numbers of the figure, in the units of the data file; the targets are as the neuron is taught them.

    `shows_end` is whether its last output is to be seen wherever it lies: of a neuron that has not diverged.
    `outputs[line, point]` is the neuron's output after each of `steps` at the places `x[point]`: along
    the input's range for one input, at the examples' own targets for several.
    """

    loss_steps: np.ndarray
    losses: np.ndarray
    steps: np.ndarray
    x: np.ndarray
    outputs: np.ndarray
    data_x: np.ndarray
    data_y: np.ndarray
    is_line: bool
    shows_end: bool
    x_label: str
    y_label: str
    title: str


def fit(training: Training) -> Fit:
    """The neuron's output before its first step, after some in the middle, and after its last."""
    data, scaling = training.data, training.data.scaling
    rows = shown_rows(training, LINES)
    steps = training.rows.step
    targets = training.targets * scaling.y_scale + scaling.y_offset
    if len(data.inputs) == 1:
        places = np.linspace(*_range(data.x), POINTS)[:, None]
        x = places[:, 0] * scaling.x_scale[0] + scaling.x_offset[0]
        data_x = data.x[:, 0] * scaling.x_scale[0] + scaling.x_offset[0]
        x_label, y_label = data.inputs[0], data.target
    else:
        places, x, data_x = data.x, targets, targets
        x_label, y_label = f"{data.target} in the data", f"{data.target} by the neuron"
    outputs = [training.output(places, row) * scaling.y_scale + scaling.y_offset for row in rows]
    return Fit(
        loss_steps=steps,
        losses=training.rows.loss,
        steps=steps[rows],
        x=x,
        outputs=np.array(outputs),
        data_x=data_x,
        data_y=targets,
        is_line=len(data.inputs) == 1,
        shows_end=training.fate != Fate.diverged,
        x_label=x_label,
        y_label=y_label,
        title=f"{ended_in_words(training)}, loss {number_in_words(training.loss)}",
    )


def _range(x: np.ndarray) -> tuple[float, float]:
    """The ends of the inputs, with room around a single value."""
    low, high = float(x.min()), float(x.max())
    room = 0.0 if low < high else abs(low) / 2 or 1.0
    return low - room, high + room


def shown_rows(training: Training, number: int) -> np.ndarray:
    """The rows of the history of `shown_steps`."""
    return np.unique([training.row_of(step) for step in shown_steps(training.num_steps, number)])


def shown_steps(num_steps: int, number: int) -> np.ndarray:
    """At most `number` steps from 0 to the last, the early ones closer together."""
    spread = np.geomspace(1, num_steps + 1, number) - 1
    return np.unique(np.round(spread).astype(int))
