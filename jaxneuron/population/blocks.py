"""Training many neurons block by block, until nothing in them can change any more.

All neurons of a chunk stand at lanes. A block of lanes at a time takes CYCLE steps; a neuron that is then bit
for bit in the state it was in before, its memory and its silence included, is in the same state after every
further CYCLE, and so at the end: it has finished, and later blocks are packed with those that have not. The
steps that are left are always a whole number of cycles, for those beyond are taken first.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Config, Trained, TrainState, conclude, has_same_bits, update_step

# Finds fixed points and the cycles that period doubling makes (2, 4, … 32), and those of 3, 6, …
CYCLE = 96

# Lanes of a block by the form of the gradient: on a CPU what stays in a core's cache and outweighs the
# cost of starting each loop. Matrix products sum in an order that depends on their shape, so theirs is
# always the same. Elsewhere the sizes are unmeasured.
CPU_BLOCK = {"moments": 2048, "in_order": 4096, "at_once": 256}
BLOCK = {"moments": 2**18, "in_order": 2**18, "at_once": 2**14}

# A program for one neuron, or for one vector of them, is compiled otherwise than a loop over vectors, and may
# round otherwise (its multiply-adds fuse differently). Neurons are padded with copies to a multiple of this.
LANES = 32

SetOut = Callable[[Int[Array, ""]], tuple[TrainState, Hyperparams]]


def block_of(form: str, num_neurons: int) -> int:
    """Lanes of a block of a chunk of so many neurons."""
    size = (CPU_BLOCK if jax.default_backend() == "cpu" else BLOCK)[form]
    return size if form == "at_once" else min(size, -(-num_neurons // LANES) * LANES)


def train_blocks(
    set_out: SetOut,
    num_neurons: int,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    finish_early: bool,
) -> Trained:
    """Train the neurons that `set_out` puts at lanes 0, 1, …; every result has an axis of neurons."""
    block = block_of(config.gradient, num_neurons)
    num_lanes = -(-num_neurons // block) * block
    lanes = jnp.arange(num_lanes, dtype=jnp.int32)

    def set_out_lane(lane: Int[Array, ""]) -> tuple[TrainState, Hyperparams]:
        return set_out(jnp.minimum(lane, num_neurons - 1))

    def take_steps(lane: Array, state: TrainState, step: Array, number: Array) -> TrainState:
        start, hyperparams = set_out_lane(lane)
        end = jax.lax.fori_loop(
            0,
            number,
            lambda _, state: update_step(state, hyperparams, examples, config)[0],
            state._replace(step=step, key=start.key),
        )
        return _of_its_own(end)

    def advance(carry: tuple[Array, Array, TrainState, Array]) -> tuple[Array, Array, TrainState, Array]:
        """Some steps for every lane that moves: those that `order` names first, `num_moving` of them."""
        order, num_moving, states, step = carry
        beyond = (num_steps - step) % CYCLE
        number = jnp.where(beyond == 0, CYCLE, beyond)

        def advance_block(
            i: Array, carry: tuple[Array, Array, TrainState]
        ) -> tuple[Array, Array, TrainState]:
            order, num_staying, states = carry
            chosen = jax.lax.dynamic_slice(order, (i * block,), (block,))
            is_moving = i * block + jnp.arange(block, dtype=jnp.int32) < num_moving
            old = jax.tree.map(lambda values: values[chosen], states)
            new = jax.vmap(take_steps, (0, axes, None, None))(chosen, _count_once(old), step, number)
            if can_finish:
                has_finished = jax.vmap(partial(_has_finished, config=config))(old, new)
                has_finished &= number == CYCLE
                goes_round = has_finished & (new.unchanged_since > step)
                skipped = jnp.where(goes_round, num_steps - (step + number), 0)
                new = new._replace(unchanged_since=new.unchanged_since + skipped)
                stays = is_moving & ~has_finished
                # Written over what has been read: a block never has more that stay than it had lanes.
                place = jnp.where(stays, num_staying + jnp.cumsum(stays, dtype=jnp.int32) - 1, num_lanes)
                order = order.at[place].set(chosen, mode="drop")
            else:
                stays = is_moving
            target = jnp.where(is_moving, chosen, num_lanes)
            states = jax.tree.map(lambda all_, some: all_.at[target].set(some, mode="drop"), states, new)
            return order, num_staying + jnp.sum(stays, dtype=jnp.int32), states

        num_blocks = (num_moving + block - 1) // block
        order, num_moving, states = jax.lax.fori_loop(
            jnp.int32(0), num_blocks, advance_block, (order, jnp.zeros_like(num_moving), states)
        )
        return order, num_moving, states, step + number

    begin = jax.vmap(lambda lane: _of_its_own(set_out_lane(lane)[0]))(lanes)
    # What an optimizer counts is the same for all, and it is never twice in the same state.
    axes = jax.tree.map(lambda values: None if _is_count(values) else 0, begin)._replace(
        silence=jax.tree.map(lambda _: 0, begin.silence), unchanged_since=0
    )
    can_finish = finish_early and not any(map(_is_count, jax.tree.leaves(begin.opt_state)))
    *_, end, _ = jax.lax.while_loop(
        lambda carry: (carry[1] > 0) & (carry[3] < num_steps),
        advance,
        (lanes, jnp.int32(num_neurons), begin, jnp.int32(0)),
    )

    def conclude_lane(lane: Array, init_params: Params, state: TrainState) -> Trained:
        start, hyperparams = set_out_lane(lane)
        state = state._replace(step=num_steps, key=start.key)
        return conclude(init_params, state, hyperparams, examples, config)

    in_blocks = jax.tree.map(
        lambda values: values.reshape(-1, block, *values.shape[1:]), (lanes, begin.params, end)
    )
    trained = jax.lax.map(lambda lanes: jax.vmap(conclude_lane)(*lanes), in_blocks)
    return jax.tree.map(lambda values: values.reshape(-1, *values.shape[2:])[:num_neurons], trained)


def _of_its_own(state: TrainState) -> TrainState:
    """The state without what all lanes share (the step) and what is made again where needed (the key)."""
    return state._replace(step=None, key=None)


def _is_count(values: Array) -> bool:
    """Whether a leaf of an optimizer's state counts steps; all others are real numbers."""
    return jnp.issubdtype(values.dtype, jnp.integer)


def _count_once(states: TrainState) -> TrainState:
    """The lanes' states with one count of the optimizer's steps for all."""
    opt_state = jax.tree.map(lambda v: v[0] if _is_count(v) else v, states.opt_state)
    return states._replace(opt_state=opt_state)


def _has_finished(old: TrainState, new: TrainState, config: Config) -> Bool[Array, ""]:
    """Whether a lane that is in the same state after CYCLE steps will be so again."""
    is_same = has_same_bits(
        (old.params, old.opt_state, old.silence), (new.params, new.opt_state, new.silence)
    )
    # Mini-batches differ from step to step; of a silent neuron all have the gradient 0.
    return is_same if config.batch_size is None else is_same & (new.silence.since >= 0)
