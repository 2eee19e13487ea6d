"""Which fate a neuron has: the definitions of `fate`, applied to what was watched and to its end."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.fate import NO_STEP, Fate


class Silence(NamedTuple):
    """A neuron's record of silence so far."""

    since: Int[Array, ""]  # first step of the silence that lasts until now; -1 while active
    revivals: Int[Array, ""]  # changes from silent to active


def never_silent() -> Silence:
    """The record before step 0."""
    return Silence(since=jnp.int32(NO_STEP), revivals=jnp.int32(0))


def watch(silence: Silence, step: Int[Array, ""], is_silent: Bool[Array, ""]) -> Silence:
    """The record after the step's params have been looked at."""
    was_silent = silence.since >= 0
    return Silence(
        since=jnp.where(is_silent, jnp.where(was_silent, silence.since, step), NO_STEP),
        revivals=silence.revivals + (was_silent & ~is_silent),
    )


def until_last(is_so: Bool[Array, " steps"]) -> Int[Array, ""]:
    """How many steps there are up to the last at which it is so; 0 where it never is."""
    return jnp.max(jnp.where(is_so, jnp.arange(1, len(is_so) + 1), 0), initial=0)


def has_diverged(
    is_finite: Bool[Array, "*steps"], loss: Float[Array, "*steps"], loss_limit: Float[Array, ""]
) -> Bool[Array, "*steps"]:
    """Whether a neuron is beyond its limit, where `is_finite` says that params and loss are."""
    return ~is_finite | (loss > loss_limit)


def judge(
    silence: Silence,
    is_finite: Bool[Array, ""],
    loss: Float[Array, ""],
    loss_limit: Float[Array, ""],
    gradient_norm: Float[Array, ""],
    tolerance: float,
) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """(fate, death_step) at the end of training.

    `silence` is the record of a neuron that can die, `never_silent()` for one that cannot; `is_finite`
    says that params and loss are. `death_step` is the first step from which the neuron is silent to the
    end: 0 if born dead, -1 if not dead.
    """
    diverged = has_diverged(is_finite, loss, loss_limit)
    is_dead = ~diverged & (silence.since >= 0)
    fate = jnp.select(
        [diverged, is_dead & (silence.since == 0), is_dead, gradient_norm <= tolerance],
        [jnp.int8(f) for f in (Fate.diverged, Fate.born_dead, Fate.died, Fate.converged)],
        jnp.int8(Fate.unsettled),
    )
    return fate, jnp.where(is_dead, silence.since, NO_STEP)
