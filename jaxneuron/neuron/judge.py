"""Which fate a neuron has: the definitions of `fate`, applied to what was watched and to its end."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples, silent_loss
from jaxneuron.neuron.params import Params


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


def loss_limit(
    initial_loss: Float[Array, ""], hyperparams: Hyperparams, examples: Examples, config: Config
) -> Float[Array, ""]:
    """The loss above which a neuron has diverged."""
    loss_of_silence = silent_loss(examples, hyperparams.target_scale)
    return config.divergence_factor * jnp.maximum(initial_loss, loss_of_silence)


def are_finite(params: Params) -> Bool[Array, "*steps"]:
    """Whether params are finite, also for each of several steps."""
    return jnp.all(jnp.isfinite(params.weight), axis=-1) & jnp.isfinite(params.bias)


def has_diverged(
    params: Params, loss: Float[Array, "*steps"], limit: Float[Array, ""]
) -> Bool[Array, "*steps"]:
    """Whether a neuron has diverged, were its training to end with these params and this loss."""
    return ~(are_finite(params) & jnp.isfinite(loss)) | (loss > limit)


def find_diverge_step(
    params: Params, loss: Float[Array, " steps"], limit: Float[Array, ""]
) -> Int[Array, ""]:
    """The first of some steps from which a neuron has diverged to the last of them; their number if it has
    not at the last."""
    is_bounded = ~has_diverged(params, loss, limit)
    return jnp.max(jnp.where(is_bounded, jnp.arange(1, len(loss) + 1), 0), initial=0)


def judge(
    silence: Silence, diverged: Bool[Array, ""], gradient_norm: Float[Array, ""], tolerance: float
) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """(fate, death_step) at the end of training.

    `silence` is the record of a neuron that can die, `never_silent()` of one that cannot. `death_step` is the
    first step from which the neuron is silent to the end: 0 if born dead, -1 if not dead.
    """
    is_dead = ~diverged & (silence.since >= 0)
    fate = jnp.select(
        [diverged, is_dead & (silence.since == 0), is_dead, gradient_norm <= tolerance],
        [jnp.int8(f) for f in (Fate.diverged, Fate.born_dead, Fate.died, Fate.converged)],
        jnp.int8(Fate.unsettled),
    )
    return fate, jnp.where(is_dead, silence.since, NO_STEP)
