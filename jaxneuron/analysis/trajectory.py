"""The life of one neuron step by step: loss, weights, bias and gradient."""

from typing import NamedTuple

import numpy as np

from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training


class Trajectory(NamedTuple):
    """Values before the update of each step: `weight` is [steps, inputs], all else [steps]; NaN where not
    finite. `gradient` is its largest component, over the step's mini-batch if there are any."""

    step: np.ndarray
    loss: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    gradient: np.ndarray
    fate: Fate
    death_step: int


def trajectory(training: Training) -> Trajectory:
    """The trajectory of a training, of the rows that its history has."""
    rows = training.rows
    gradient = np.maximum(abs(rows.grad_weight).max(-1), abs(rows.grad_bias))
    values = (rows.loss, rows.weight, rows.bias, gradient)
    loss, weight, bias, gradient = (
        np.where(np.isfinite(part), part, np.nan).astype(float) for part in values
    )
    step = rows.step
    return Trajectory(step, loss, weight, bias, gradient, training.fate, training.death_step)
