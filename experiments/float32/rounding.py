"""Loss and gradient in single precision beside extended, in each form, near and far from the fit."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from rich.table import Table

from jaxneuron.neuron.gradient import FORMS, evaluate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Evaluation, Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.running_sums import find_half_lines

NUM_EXAMPLES, NUM_NEURONS = 200, 400
# Inputs as people have them: (name, mean, standard deviation).
INPUTS = (
    ("standard", 0.0, 1.0),
    ("degrees Celsius", 15.0, 10.0),
    ("kelvin", 288.0, 10.0),
    ("years", 1985.0, 20.0),
    ("cents", 1e5, 1e4),
    ("days since 1900", 4e4, 3e3),
)
# How far W and b are from the fit, as a share of the fit's outputs.
DISTANCES = {"near": 1e-3, "far": 1.0}


class Floor(NamedTuple):
    """What rounding leaves, of the median neuron: of the gradient's largest component, and of the loss."""

    inputs: str
    distance: str
    form: str
    gradient: float
    loss_relative: float


def examples_with(mean: float, std: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (x[examples], in single precision) with targets y[examples] around a line, which are about 1."""
    rng = np.random.default_rng(seed)
    standard = rng.normal(size=NUM_EXAMPLES)
    y = 1.5 + 0.5 * standard + 0.1 * rng.normal(size=NUM_EXAMPLES)
    return (mean + std * standard).astype(np.float32), y.astype(np.float32)


def params_around(x: np.ndarray, y: np.ndarray, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases [neurons] in single precision: lines whose outputs are so far from the fit's."""
    rng = np.random.default_rng(1)
    slope, height = np.polyfit(x - x.mean(dtype=float), y.astype(float), 1)
    off_slope, off_height = distance * rng.normal(size=(2, NUM_NEURONS))
    weight = slope + off_slope / x.std(dtype=float)
    bias = height + off_height - weight * x.mean(dtype=float)
    return weight.astype(np.float32), bias.astype(np.float32)


def known(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(loss [neurons], gradient [neurons, params]) of those very numbers, in extended precision."""
    x, y, weight, bias = (np.asarray(values, np.longdouble) for values in (x, y, weight, bias))
    z = weight[:, None] * x + bias[:, None]
    error = np.maximum(z, 0) - y
    passed = error * (z > 0)
    return (error**2).mean(1) / 2, np.stack([(passed * x).mean(1), passed.mean(1)], axis=1)


def floors() -> list[Floor]:
    """Of all inputs, near and far, in each form."""
    return [
        _floor(name, mean, std, distance, form)
        for name, mean, std in INPUTS
        for distance in DISTANCES
        for form in FORMS
    ]


def table_of(floors: list[Floor]) -> Table:
    """A row for each kind of input, near and far; beside each other the forms."""
    table = Table(box=None, pad_edge=False)
    for name in (
        "inputs",
        "from the fit",
        *(f"gradient, {form}" for form in FORMS),
        *(f"loss, {form}" for form in FORMS),
    ):
        table.add_column(name, justify="left" if name in ("inputs", "from the fit") else "right")
    for name, _, _ in INPUTS:
        for distance in DISTANCES:
            row = [floor for floor in floors if (floor.inputs, floor.distance) == (name, distance)]
            numbers = [floor.gradient for floor in row] + [floor.loss_relative for floor in row]
            table.add_row(name, distance, *(f"{number:.0e}" for number in numbers))
    return table


@partial(jax.jit, static_argnames="config")
def _evaluate_all(params: Params, examples: Examples, config: Config) -> Evaluation:
    """Loss and gradient of neurons [neurons, …]."""
    return jax.vmap(lambda params: evaluate(params, Hyperparams(0.0), examples, config))(params)


def _floor(name: str, mean: float, std: float, distance: str, form: str) -> Floor:
    x, y = examples_with(mean, std)
    weight, bias = params_around(x, y, DISTANCES[distance])
    loss, gradient = known(x, y, weight, bias)
    examples = Examples(jnp.asarray(x)[:, None], jnp.asarray(y), find_half_lines(x, y, "float32"))
    params = Params(jnp.asarray(weight)[:, None], jnp.asarray(bias))
    found = _evaluate_all(params, examples, Config(gradient=form))
    found_gradient = np.stack([found.grads.weight[:, 0], found.grads.bias], axis=1)
    off = np.abs(found_gradient - gradient).max(1)
    return Floor(
        name,
        distance,
        form,
        gradient=float(np.median(off)),
        loss_relative=float(np.median(np.abs(np.asarray(found.loss) / loss - 1))),
    )
