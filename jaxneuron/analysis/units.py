"""The units in which a neuron's numbers are told: those it was trained in, or those of its data.

Inputs and targets are scaled before training: x = (x' − x₀)/s and y = (y' − y₀)/c, with ' in the data's
units. There z' = W'·x' + b' with W' = k·W/s and b' = k·(b − W·x₀/s), and the output is c/k·f(z') + y₀. For
an activation that is straight on either side of 0, f(c·z) = c·f(z): with k = c the scale is folded into W'
and b', and the neuron in the data's units is again one with that activation. For any other k is 1.
"""

from typing import Any, NamedTuple

import numpy as np

from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.runner.training import Rows, Training

TRAINED, DATA = "trained", "data"


class Units(NamedTuple):
    """How numbers as they were trained become those that are told."""

    name: str
    x_offset: np.ndarray  # [inputs]
    x_scale: np.ndarray  # [inputs]
    y_offset: float
    y_scale: float
    fold: float  # k

    @property
    def factor(self) -> float:
        """What the activation's output is multiplied by: 1 where the scale is folded into W and b."""
        return self.y_scale / self.fold

    def inputs(self, x: np.ndarray) -> np.ndarray:
        """Inputs [..., inputs]."""
        return x * self.x_scale + self.x_offset

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Targets or outputs."""
        return y * self.y_scale + self.y_offset

    def loss(self, loss: np.ndarray | float) -> np.ndarray | float:
        """Losses, which are squares of outputs; infinite beyond all numbers."""
        with np.errstate(all="ignore"):
            return loss * np.square(self.y_scale)

    def params(self, weight: np.ndarray, bias: np.ndarray | float) -> tuple[np.ndarray, np.ndarray | float]:
        """Weights [..., inputs] and biases [...]; updates of them too, which are differences of such."""
        with np.errstate(all="ignore"):
            scaled = weight / self.x_scale
            return self.fold * scaled, self.fold * (bias - (scaled * self.x_offset).sum(-1))

    def grads(self, weight: np.ndarray, bias: np.ndarray | float) -> tuple[np.ndarray, np.ndarray | float]:
        """The derivatives of the loss by weights [..., inputs] and biases [...], by the chain rule."""
        with np.errstate(all="ignore"):
            factor, by_bias = self.factor * self.y_scale, np.asarray(bias)[..., None]
            return factor * (weight * self.x_scale + by_bias * self.x_offset), factor * bias


def units_of(training: Training, name: str = DATA) -> Units:
    """The units of a name, `trained` or `data`."""
    x_offset, x_scale, y_offset, y_scale = training.data.scaling
    if name == TRAINED:
        return Units(name, np.zeros_like(x_offset), np.ones_like(x_scale), 0.0, 1.0, 1.0)
    is_folded = ACTIVATIONS[training.study.neuron.activation].is_piecewise_linear
    return Units(name, x_offset, x_scale, y_offset, y_scale, y_scale if is_folded else 1.0)


def rows_in(training: Training, units: Units) -> Rows:
    """The steps of a training in some units, in float64 where they are not its own."""
    if units.name == TRAINED:
        return training.rows
    rows = Rows(*(values.astype(np.float64) for values in training.rows))
    found: dict[str, Any] = {"loss": units.loss(rows.loss)}
    found["weight"], found["bias"] = units.params(rows.weight, rows.bias)
    found["grad_weight"], found["grad_bias"] = units.grads(rows.grad_weight, rows.grad_bias)
    found["update_weight"], found["update_bias"] = units.params(rows.update_weight, rows.update_bias)
    return training.rows._replace(**found)


def equation(training: Training, units: Units) -> str:
    """'score = 4.5·hours + 46.2': the trained neuron in some units."""
    data, activation = training.data, training.study.neuron.activation
    weight, bias = units.params(training.weight.astype(np.float64), training.bias)
    terms = [f"{w:.6g}·{name}" for w, name in zip(weight, data.inputs, strict=True)]
    output = " + ".join([*terms, f"{bias:.6g}"])
    if activation != "identity":
        output = f"{activation}({output})"
    factor = "" if units.factor == 1 else f"{units.factor:.6g} · "
    offset = f" + {units.y_offset:.6g}" if units.y_offset else ""
    return f"{data.target} = {factor}{output}{offset}".replace("+ -", "− ")


def is_scaled(training: Training) -> bool:
    """Whether the units it was trained in are not those of its data."""
    return training.study.data.scale != "none"
