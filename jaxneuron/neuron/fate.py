"""What became of a neuron: the definitions.

Tested in this order at the end of training:

  diverged   params or loss not finite, or loss above `divergence_factor` × max(initial loss, ½·mean y²)
  born_dead  silent at every step from step 0 on
  died       active at some step, silent from `death_step` to the end
  converged  every component of the loss's gradient over all examples at most `tolerance`; weight decay is
             not part of the loss
  unsettled  none of these: still moving, or oscillating

Silent means z ≤ 0 on every example of the training set. Only an activation whose slope is exactly 0 for
all z ≤ 0 can die; for it, silence and a gradient of exactly 0 are the same thing.

The step of a fate is the first from which on, to the end of training, the neuron is what its fate says:
silent (`death_step`), with a gradient within the tolerance (`settle_step`, of a converged neuron), beyond the
limit (`diverge_step`). Each is -1 for a neuron of another fate.

`nearly_silent` is silence with a tolerance: at the end, z is at most `silence_tolerance` × the root mean
square of the targets on every example. That says nothing of what comes after; what does is `absorbed`.
"""

import enum
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

NOT_SO = -1  # the step of a fate that a neuron does not have


class Fate(enum.IntEnum):
    """What became of a neuron, exactly one of the five."""

    diverged = 0
    born_dead = 1
    died = 2
    converged = 3
    unsettled = 4


class Silence(NamedTuple):
    """A neuron's record of silence so far."""

    since: Int[Array, ""]  # first step of the silence that lasts until now; -1 while active
    revivals: Int[Array, ""]  # changes from silent to active


def never_silent() -> Silence:
    """The record before step 0."""
    return Silence(since=jnp.int32(NOT_SO), revivals=jnp.int32(0))


def watch(silence: Silence, step: Int[Array, ""], is_silent: Bool[Array, ""]) -> Silence:
    """The record after the step's params have been looked at."""
    was_silent = silence.since >= 0
    return Silence(
        since=jnp.where(is_silent, jnp.where(was_silent, silence.since, step), NOT_SO),
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
    return fate, jnp.where(is_dead, silence.since, NOT_SO)
