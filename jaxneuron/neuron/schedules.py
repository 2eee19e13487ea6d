"""Schedules of the learning rate: the factor by which it is multiplied at each step.

They are those of optax (cosine_decay_schedule, exponential_decay, warmup_cosine_decay_schedule), written for
values that may differ between neurons, and with all lengths as shares of the training.
"""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxneuron.neuron.choices import CONSTANT
from jaxneuron.neuron.hyperparams import Hyperparams


def _cosine(share: Float[Array, ""], h: Hyperparams) -> Float[Array, ""]:
    """Half a cosine from 1 to the final rate (Loshchilov and Hutter 2017)."""
    return h.final_rate + (1 - h.final_rate) * 0.5 * (1 + jnp.cos(jnp.pi * share))


def _warmup_cosine(share: Float[Array, ""], h: Hyperparams) -> Float[Array, ""]:
    """A straight line from 0 to 1 while it warms up, then the cosine over what is left."""
    cosine = _cosine((share - h.warmup) / (1 - h.warmup), h)
    return jnp.where(share < h.warmup, share / jnp.where(h.warmup > 0, h.warmup, 1), cosine)


def _exponential(share: Float[Array, ""], h: Hyperparams) -> Float[Array, ""]:
    return jnp.asarray(h.final_rate) ** share


def _step(share: Float[Array, ""], h: Hyperparams) -> Float[Array, ""]:
    """The exponential in stairs."""
    # Where a whole number of stairs is meant, rounding must not fall short of it.
    stairs = jnp.floor(share / h.step_every * (1 + 1e-6))
    return jnp.asarray(h.final_rate) ** (stairs * h.step_every)


# The factor of the learning rate when a share of the steps is taken.
FACTORS: Mapping[str, Callable[[Float[Array, ""], Hyperparams], Float[Array, ""]]] = {
    CONSTANT: lambda share, _: jnp.ones_like(share),
    "cosine": _cosine,
    "warmup_cosine": _warmup_cosine,
    "exponential": _exponential,
    "step": _step,
}
