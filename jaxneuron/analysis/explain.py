"""One full pass, number by number: the chain rule written out beside what `jax.grad` gives."""

import dataclasses

import jax
import numpy as np

from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples, loss
from jaxneuron.neuron.params import ACTIVATIONS, Params
from jaxneuron.runner.training import Training


@dataclasses.dataclass(frozen=True)
class FullPass:
    """The numbers of one full pass over the examples and one update.

    The factors of the chain rule, dL/dW = dL/dŷ · dŷ/dz · dz/dW, one row an example; their products' means
    over the examples are the gradient. Computed in float64 from the neuron's params before the step.
    """

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
    at = training.history.isel(step=training.row_of(step))
    return training.data.x @ at.weight.values.astype(np.float64) + float(at.bias)


def full_pass(training: Training, step: int = 0) -> FullPass:
    """The full pass that the neuron made at a step of its training."""
    data, study, targets = training.data, training.study, training.targets
    activation = study.neuron.activation
    negative_slope = training.hyperparams.get("negative_slope", 0.01)
    row = training.row_of(step)
    at = training.history.isel(step=row)
    weight, bias = at.weight.values.astype(np.float64), float(at.bias)
    with jax.enable_x64(True):
        z = data.x @ weight + bias
        function = ACTIVATIONS[activation].function
        output, slope = jax.vmap(jax.value_and_grad(lambda z: function(z, negative_slope)))(z)
        params = Params(weight, np.float64(bias))  # pyright: ignore[reportArgumentType]
        examples = Examples(data.x, targets)  # pyright: ignore[reportArgumentType]
        hyperparams = Hyperparams(0.0, negative_slope=negative_slope)
        value, jax_grads = jax.value_and_grad(loss)(params, hyperparams, examples, Config(activation))
    output, slope = np.asarray(output), np.asarray(slope)
    error = output - targets
    steps = training.history.step.values
    has_next = row + 1 < len(steps) and steps[row + 1] == step + 1
    return FullPass(
        step=step,
        weight=weight,
        bias=bias,
        x=data.x,
        y=targets,
        z=z,
        output=output,
        error=error,
        slope=slope,
        grad_weight=(error * slope) @ data.x / len(data.y),
        grad_bias=float(np.mean(error * slope)) if study.neuron.train_bias else 0.0,
        loss=float(value),
        jax_grads=jax.tree.map(np.asarray, jax_grads),
        update=Params(at.update_weight.values, at.update_bias.values),
        next_loss=float(training.history.loss.values[row + 1]) if has_next else None,
    )
