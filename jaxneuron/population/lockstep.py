"""Training many neurons in lockstep: all that move are at the same step.

CYCLE steps are taken at a time; a neuron that is then bit for bit in the state it was in before, its memory
and its silence included, is in the same state after every further CYCLE, and so at the end: it has finished.
The steps that are left are always a whole number of cycles, for those beyond are taken first.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Config, TrainState, has_same_bits, update_step
from jaxneuron.population.blocks import SetOut, advance_moving, block_of, own_state

# Finds fixed points and the cycles that period doubling makes (2, 4, … 32), and those of 3, 6, …
CYCLE = 96


def take_all_steps(
    set_out: SetOut,
    num_neurons: int,
    num_lanes: int,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    finish_early: bool,
) -> TrainState:
    """The neurons that `set_out` puts at lanes 0, 1, … after their last step."""
    block = block_of(config.gradient, num_neurons)
    lanes = jnp.arange(num_lanes, dtype=jnp.int32)

    def take_steps(lane: Array, state: TrainState, step: Array, number: Array) -> TrainState:
        start, hyperparams = set_out(lane)
        end = jax.lax.fori_loop(
            0,
            number,
            lambda _, state: update_step(state, hyperparams, examples, config)[0],
            state._replace(step=step, key=start.key),
        )
        return own_state(end)

    def advance(carry: tuple[Array, Array, TrainState, Array]) -> tuple[Array, Array, TrainState, Array]:
        order, num_moving, states, step = carry
        beyond = (num_steps - step) % CYCLE
        number = jnp.where(beyond == 0, CYCLE, beyond)

        def advance_block(lanes: Array, old: TrainState) -> tuple[TrainState, Array]:
            new = jax.vmap(take_steps, (0, axes, None, None))(lanes, _count_once(old), step, number)
            if not can_finish:
                return new, jnp.ones_like(lanes, bool)
            has_finished = jax.vmap(partial(_has_finished, config=config))(old, new)
            has_finished &= number == CYCLE
            goes_round = has_finished & (new.unchanged_since > step)
            skipped = jnp.where(goes_round, num_steps - (step + number), 0)
            return new._replace(unchanged_since=new.unchanged_since + skipped), ~has_finished

        return *advance_moving(order, num_moving, states, block, advance_block), step + number

    begin = jax.vmap(lambda lane: own_state(set_out(lane)[0]))(lanes)
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
    return end


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
