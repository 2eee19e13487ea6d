"""The loss: the mean over the examples of ½(ŷ − y)²; of ½(ŷ − γ·y)² where the target is scaled by γ."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.half_lines import Tables
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.params import Params, apply
from jaxneuron.neuron.scalar import Scalar

GROUP = 8


class Examples(NamedTuple):
    """The training set: an input row and a target for each example, and moments where those are used."""

    x: Float[Array, "examples inputs"]
    y: Float[Array, " examples"]
    half_lines: Tables | None = None


class Evaluation(NamedTuple):
    """What one pass over the examples finds of a neuron."""

    loss: Float[Array, ""]
    grads: Params
    num_active: Int[Array, ""]  # examples with z > 0, which pass a gradient through a ReLU


def scale_targets(y: Float[Array, "*examples"], hyperparams: Hyperparams) -> Float[Array, "*examples"]:
    """γ·y; y itself where nothing scales it."""
    return y if hyperparams.target_scale is None else hyperparams.target_scale * y


def example_loss(
    params: Params, x: Float[Array, " inputs"], y: Float[Array, ""], hyperparams: Hyperparams, config: Config
) -> Float[Array, ""]:
    """½(ŷ − γ·y)² of one example."""
    output = apply(params, x, config.activation, hyperparams.negative_slope)
    return 0.5 * (output - scale_targets(y, hyperparams)) ** 2


def loss(params: Params, hyperparams: Hyperparams, examples: Examples, config: Config) -> Float[Array, ""]:
    """The mean of ½(ŷ − γ·y)² over the examples."""
    losses = jax.vmap(lambda x, y: example_loss(params, x, y, hyperparams, config))(examples.x, examples.y)
    return jnp.mean(losses)


def silent_loss(examples: Examples, target_scale: Scalar | None = None) -> Float[Array, ""]:
    """½·mean (γ·y)²: the loss of a neuron whose output is 0 on every example."""
    unscaled = 0.5 * jnp.mean(examples.y**2)
    # Squared behind the mean, which all neurons share.
    return unscaled if target_scale is None else target_scale**2 * unscaled


def largest(
    function: Callable[[Float[Array, " inputs"]], Float[Array, ""]], examples: Examples
) -> Float[Array, ""]:
    """The largest value over the examples of a convex function of their inputs, as z is one.

    Of one input that is the larger of its values at the ends of the data.
    """
    x = examples.x
    if x.shape[1] == 1:
        return jnp.maximum(function(x.min(0)), function(x.max(0)))
    # A few examples at a time: all of them, times all neurons mapped beside this one, may not fit in memory.
    padding = jnp.broadcast_to(x[-1:], (-len(x) % GROUP, x.shape[1]))
    groups = jnp.concatenate([x, padding]).reshape(-1, GROUP, x.shape[1])

    def pass_group(most: Float[Array, ""], some: Float[Array, "group inputs"]) -> tuple[Array, None]:
        return jnp.maximum(most, jax.vmap(function)(some).max()), None

    return jax.lax.scan(pass_group, jnp.full((), -jnp.inf, x.dtype), groups)[0]
