"""The loss: the mean over the examples of ½(ŷ − y)²."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.half_lines import HalfLines
from jaxneuron.neuron.params import Params, apply


class Examples(NamedTuple):
    """The training set: an input row and a target for each example, and moments where those are used."""

    x: Float[Array, "examples inputs"]
    y: Float[Array, " examples"]
    half_lines: HalfLines | None = None


class Evaluation(NamedTuple):
    """What one pass over the examples tells of a neuron."""

    loss: Float[Array, ""]
    grads: Params
    num_active: Int[Array, ""]  # examples with z > 0, which pass a gradient through a ReLU


def example_loss(
    params: Params,
    x: Float[Array, " inputs"],
    y: Float[Array, ""],
    activation: str = "relu",
    negative_slope: Float[Array, ""] | float = 0.01,
) -> Float[Array, ""]:
    """½(ŷ − y)² of one example."""
    return 0.5 * (apply(params, x, activation, negative_slope) - y) ** 2


def loss(
    params: Params,
    examples: Examples,
    activation: str = "relu",
    negative_slope: Float[Array, ""] | float = 0.01,
) -> Float[Array, ""]:
    """The mean of ½(ŷ − y)² over the examples."""
    losses = jax.vmap(example_loss, (None, 0, 0, None, None))(
        params, examples.x, examples.y, activation, negative_slope
    )
    return jnp.mean(losses)


def silent_loss(examples: Examples) -> Float[Array, ""]:
    """½·mean y²: the loss of a neuron whose output is 0 on every example."""
    return 0.5 * jnp.mean(examples.y**2)
