"""One full pass, number by number: the chain rule written out beside what `jax.grad` gives."""

import dataclasses

import jax
import numpy as np

from jaxneuron.analysis.units import TRAINED, Units, rows_in, units_of
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples, loss
from jaxneuron.neuron.params import FUNCTIONS, Params
from jaxneuron.runner.training import Training


@dataclasses.dataclass(frozen=True)
class FullPass:
    """The numbers of one full pass over the examples and one update.

    The factors of the chain rule, dL/dW = dL/dŷ · dŷ/dz · dz/dW, one row an example; their products' means
    over the examples are the gradient. Computed in float64 from the neuron's params before the step, in units
    whose factor multiplies the activation's output, and its slope.
    """

    units: Units
    step: int
    weight: np.ndarray  # [inputs]
    bias: float
    x: np.ndarray  # [examples, inputs]
    y: np.ndarray  # [examples]
    z: np.ndarray  # W·x + b
    output: np.ndarray  # ŷ
    error: np.ndarray  # dL/dŷ = ŷ − y
    slope: np.ndarray  # dŷ/dz
    grad_weight: np.ndarray  # [inputs], the mean of error · slope · x
    grad_bias: float  # the mean of error · slope · 1
    loss: float
    jax_grads: Params
    update: Params
    next_loss: float | None


def preactivations(training: Training, step: int) -> np.ndarray:
    """z = W·x + b of every example before a step's update, in float64: [examples]."""
    at = training.rows.at(training.row_of(step))
    return training.data.x @ at.weight.astype(np.float64) + float(at.bias)


@np.errstate(all="ignore")  # a neuron that has diverged has numbers beyond all
def full_pass(training: Training, step: int = 0, units: str = TRAINED) -> FullPass:
    """The full pass that the neuron made at a step of its training, in the units it was trained in or those
    of its data."""
    study, told = training.study, units_of(training, units)
    x, y = told.inputs(training.data.x), told.targets(training.targets)
    activation = study.neuron.activation
    negative_slope = training.hyperparams.get("negative_slope", 0.01)
    row = training.row_of(step)
    rows = rows_in(training, told)
    at = rows.at(row)
    weight, bias = at.weight.astype(np.float64), float(at.bias)
    with jax.enable_x64(True):
        z = x @ weight + bias
        function = FUNCTIONS[activation]
        output, slope = jax.vmap(jax.value_and_grad(lambda z: function(z, negative_slope)))(z)
        params = Params(weight, np.float64(bias))  # pyright: ignore[reportArgumentType]
        # The loss is that of outputs without the factor, times its square.
        examples = Examples(x, (y - told.y_offset) / told.factor)  # pyright: ignore[reportArgumentType]
        hyperparams = Hyperparams(0.0, negative_slope=negative_slope)
        found = jax.value_and_grad(loss)(params, hyperparams, examples, Config(activation))
        value, jax_grads = jax.tree.map(lambda part: np.asarray(part) * np.square(told.factor), found)
    output, slope = (told.factor * np.asarray(part) for part in (output, slope))
    output += told.y_offset
    error = output - y
    steps = rows.step
    has_next = row + 1 < len(steps) and steps[row + 1] == step + 1
    return FullPass(
        units=told,
        step=step,
        weight=weight,
        bias=bias,
        x=x,
        y=y,
        z=z,
        output=output,
        error=error,
        slope=slope,
        grad_weight=(error * slope) @ x / len(y),
        grad_bias=float(np.mean(error * slope)) if study.neuron.train_bias else 0.0,
        loss=float(value),
        jax_grads=jax_grads,
        update=Params(at.update_weight, at.update_bias),  # pyright: ignore[reportArgumentType]
        next_loss=float(rows.loss[row + 1]) if has_next else None,
    )
