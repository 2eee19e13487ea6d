"""Schedules of the learning rate: the factor by which it is multiplied at each step.

They are those of optax (cosine_decay_schedule, exponential_decay, warmup_cosine_decay_schedule), written for
values that may differ between neurons, and with all lengths as shares of the training.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxneuron.neuron.hyperparams import Hyperparams

CONSTANT = "constant"


class Schedule(NamedTuple):
    """The factor of the learning rate when a share of the steps is taken, and the hyperparams it takes."""

    factor: Callable[[Float[Array, ""], Hyperparams], Float[Array, ""]]
    takes: tuple[str, ...] = ()
    falls_to_0: bool = True  # whether the final rate may be 0


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


SCHEDULES: Mapping[str, Schedule] = {
    CONSTANT: Schedule(lambda share, _: jnp.ones_like(share)),
    "cosine": Schedule(_cosine, ("final_rate",)),
    "warmup_cosine": Schedule(_warmup_cosine, ("warmup", "final_rate")),
    "exponential": Schedule(_exponential, ("final_rate",), falls_to_0=False),
    "step": Schedule(_step, ("step_every", "final_rate"), falls_to_0=False),
}
