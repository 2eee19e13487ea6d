"""The state of a neuron that is trained by jumps, from turn to turn."""

import enum
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import TrainState

# Periods: of a neuron in no known cycle, in a cycle of unknown length, and at rest.
NO_CYCLE, UNKNOWN_PERIOD, AT_REST = -1, 0, 1


class Stage(enum.IntEnum):
    """What a neuron does next, or how its training has ended."""

    flies = 0
    walks = 1
    arrived = 2  # its active examples change no more, or there are no steps left
    recurs = 3  # in a cycle of steps, or at rest, for ever
    held = 4  # at a kink, for ever
    undecided = 5


class Bound(NamedTuple):
    """Until when a neuron had not diverged."""

    limit: Float[Array, ""]
    until: Int[Array, ""]  # the step after the last before which the loss was within the limit


class JumpState(NamedTuple):
    """What the next turn needs."""

    train: TrainState
    stage: Int[Array, ""]
    cost: Int[Array, ""]  # spent so far
    in_a_row: Int[Array, ""]  # walks, or short flights, one after another
    mark: Params  # to which a walk may come back
    mark_step: Int[Array, ""]
    period: Int[Array, ""]  # steps of the cycle that was found
    bound: Bound | None  # None where it is not asked when the neuron diverged
    asks: Bool[Array, ""]  # whether it waits to be told if a kink holds it for ever


def init_jumps(state: TrainState, loss_limit: Float[Array, ""] | None = None) -> JumpState:
    """The state before the first turn; with a limit of the loss where it is asked when the neuron
    diverged."""

    def wide(count: Int[Array, ""]) -> Int[Array, ""]:
        return count.astype(jnp.int64)  # steps may be many

    state = state._replace(
        step=wide(state.step),
        silence=state.silence and state.silence._replace(since=wide(state.silence.since)),
        unchanged_since=wide(state.unchanged_since),
        moving_until=wide(jnp.asarray(state.moving_until)),
    )
    return JumpState(
        train=state,
        stage=jnp.int8(Stage.flies),
        cost=jnp.int32(0),
        in_a_row=jnp.int32(0),
        mark=state.params,
        mark_step=jnp.int64(0),
        period=jnp.int64(NO_CYCLE),
        bound=None if loss_limit is None else Bound(loss_limit, jnp.int64(0)),
        asks=jnp.bool(False),
    )
