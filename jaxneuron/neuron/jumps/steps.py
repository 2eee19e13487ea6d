"""Some steps of a neuron that is trained by jumps, taken one by one."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from jaxneuron.neuron.fate import NO_STEP
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import has_diverged
from jaxneuron.neuron.jumps.flight import Steps
from jaxneuron.neuron.jumps.state import NO_CYCLE, Bound
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import TrainState, update_step


class Taken(NamedTuple):
    """The outcome of some steps."""

    state: TrainState
    changes: Int[Array, ""]  # of the active examples
    back: Int[Array, ""]  # the first of the steps after which the params were those marked; -1 if none
    bound: Bound | None


class _Seen(NamedTuple):
    """The record of steps, counted from 0."""

    num_active: Int[Array, ""]
    changes: Int[Array, ""]
    back: Int[Array, ""]
    within: Int[Array, ""] | None  # the step after the last before which the loss was within its limit


def take_steps(
    state: TrainState,
    mark: Params,
    bound: Bound | None,
    number: int,
    hyperparams: Hyperparams,
    examples: Examples,
    config: Config,
    most: Steps,
) -> Taken:
    """The outcome of a number of steps, or of `most` where those are fewer.

    The steps are counted from 0, for all neurons alike, and those beyond `most` are taken at a learning rate
    of 0: so nothing has to be selected for each neuron at each step.
    """

    def step(i: Array, carry: tuple[TrainState, _Seen]) -> tuple[TrainState, _Seen]:
        before, seen = carry
        rate = jnp.where(i < most, hyperparams.learning_rate, 0)
        state, info = update_step(
            before._replace(step=i), hyperparams._replace(learning_rate=rate), examples, config
        )
        is_back = (seen.back < 0) & _are_same(state.params, mark)
        within = seen.within
        if bound is not None:
            is_beyond = has_diverged(info.params, info.loss, bound.limit)
            within = jnp.where(is_beyond, jnp.asarray(within), i + 1)
        return state._replace(step=None), _Seen(
            num_active=info.num_active,
            changes=seen.changes + ((info.num_active != seen.num_active) & (i > 0)),
            back=jnp.where(is_back, i + 1, seen.back),
            within=within,
        )

    none = jnp.int32(NO_STEP)
    silence = state.silence and state.silence._replace(since=jnp.where(state.silence.since < 0, none, 0))
    begin = state._replace(step=None, silence=silence, unchanged_since=none, moving_until=none)
    empty = _Seen(jnp.int32(0), jnp.int32(0), none, None if bound is None else none)
    end, seen = jax.lax.fori_loop(0, number, step, (begin, empty))
    taken = jnp.minimum(most, number).astype(state.step.dtype)

    def shifted(since: Int[Array, ""], before: Int[Array, ""]) -> Int[Array, ""]:
        return jnp.where(since < 0, before, state.step + jnp.minimum(since, taken))

    end = end._replace(
        step=state.step + taken,
        unchanged_since=shifted(end.unchanged_since, state.unchanged_since),
        moving_until=shifted(end.moving_until, jnp.asarray(state.moving_until)),
    )
    if end.silence is not None:
        assert state.silence is not None
        since = jnp.where(
            (end.silence.since == 0) & (state.silence.since >= 0),
            state.silence.since,
            shifted(end.silence.since, jnp.int64(NO_STEP)),
        )
        end = end._replace(silence=end.silence._replace(since=since))
    if bound is not None:
        bound = bound._replace(until=shifted(jnp.asarray(seen.within), bound.until))
    return Taken(end, seen.changes, jnp.where(seen.back <= taken, seen.back, NO_CYCLE), bound)


def _are_same(one: Params, other: Params) -> Bool[Array, ""]:
    return (one.weight[0] == other.weight[0]) & (one.bias == other.bias)
