"""Training many neurons by jumps, block by block: those that walk, those that fly, and none that have ended.

The neurons of a chunk stand in line: first those whose next turn is a walk, then those that fly on, behind
them those that have come to their end. A round gives every block some turns. How a neuron moves is its own
affair: it takes the same turns whoever stands beside it.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.jumps.flight import Steps
from jaxneuron.neuron.jumps.landing import land
from jaxneuron.neuron.jumps.state import JumpState, Stage, set_off
from jaxneuron.neuron.jumps.turns import fly, walk
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Config, Trained, TrainState, full_pass, loss_limit
from jaxneuron.population.blocks import LANES, SetOut, inverse, map_in_blocks

# Neurons of a block, where there are so many: what stays in a core's cache. Elsewhere unmeasured.
CPU_BLOCK, BLOCK = 256, 2**16
# Turns between two looks at who has ended; for one alone the compiler makes no loop, and copies the line.
WALKS, FLIGHTS = 2, 4


class Line(NamedTuple):
    """The neurons of a chunk, some padding behind them."""

    neuron: Int[Array, " line"]
    state: JumpState  # of each, without the key, which is made anew
    num_walking: Int[Array, ""]
    num_flying: Int[Array, ""]


def train_by_jumps(
    set_out: SetOut,
    num_neurons: int,
    examples: Examples,
    config: Config,
    num_steps: Steps | Float[Array, " neurons"],
    *,
    dates_divergence: bool = False,
) -> Trained:
    """Train the neurons that `set_out` numbers 0, 1, …; every result has an axis of neurons.

    `num_steps` may be infinite, and differ between neurons. When a neuron diverged is found only where it is
    asked for.
    """
    size = CPU_BLOCK if jax.default_backend() == "cpu" else BLOCK
    block = min(size, -(-num_neurons // LANES) * LANES)
    num_blocks = -(-num_neurons // block)
    # A block may begin anywhere in the line: one more stands behind it.
    numbers = jnp.arange((num_blocks + 1) * block, dtype=jnp.int32)

    def set_out_padded(number: Array) -> tuple[TrainState, Hyperparams]:
        return set_out(jnp.minimum(number, num_neurons - 1))

    def num_steps_of(number: Array) -> Steps:
        # One number for all is not mapped: searches are then as long for every neuron.
        return num_steps if num_steps.ndim == 0 else num_steps[jnp.minimum(number, num_neurons - 1)]

    def begin(number: Array) -> JumpState:
        start, hyperparams = set_out_padded(number)
        limit = None
        if dates_divergence:
            initial = full_pass(config.gradient, start.params, hyperparams, examples, config)
            limit = loss_limit(initial.loss, hyperparams, examples, config)
        state = set_off(start, limit)
        is_padding = number >= num_neurons
        stage = jnp.where(is_padding, jnp.int8(Stage.arrived), state.stage)
        return _own(state._replace(stage=stage))

    def land_neuron(number: Array, init_params: Params, state: JumpState) -> Trained:
        start, hyperparams = set_out_padded(number)
        state = _with_key(state, start)
        return land(init_params, state, hyperparams, examples, config, num_steps_of(number))

    states = jax.vmap(begin)(numbers)
    line = Line(numbers, states, jnp.int32(0), jnp.int32(num_neurons))
    take_rounds = partial(
        _take_rounds,
        set_out=set_out_padded,
        examples=examples,
        config=config,
        num_steps_of=num_steps_of,
        block=block,
    )
    line = jax.lax.while_loop(
        lambda line: line.num_walking + line.num_flying > 0,
        lambda line: _come_forward(line._replace(state=take_rounds(line))),
        line,
    )
    end = jax.tree.map(lambda values: values[inverse(line.neuron)], line.state)
    trained = map_in_blocks(land_neuron, block, numbers, states.train.params, end)
    return jax.tree.map(lambda values: values[:num_neurons], trained)


def _take_rounds(
    line: Line,
    set_out: SetOut,
    examples: Examples,
    config: Config,
    num_steps_of: Callable[[Array], Steps],
    block: int,
) -> JumpState:
    """Rounds of some walks for every neuron that walks and some flights for every one that flies, until the
    line would be shorter if those that do neither left it, or somebody stands where the others are."""

    def turns_of(stage: Stage, number: int) -> Callable[[Array, JumpState], JumpState]:
        turn = {Stage.walks: walk, Stage.flies: fly}[stage]

        def take(neuron: Array, state: JumpState) -> JumpState:
            start, hyperparams = set_out(neuron)

            def take_one(_: Array, state: JumpState) -> JumpState:
                after = turn(_with_key(state, start), hyperparams, examples, config, num_steps_of(neuron))
                is_its = state.stage == stage
                return jax.tree.map(lambda new, old: jnp.where(is_its, new, old), _own(after), state)

            return jax.lax.fori_loop(0, number, take_one, state)

        return jax.vmap(take)

    def in_blocks(
        take: Callable[[Array, JumpState], JumpState], first: Array | int, number: Array, states: JumpState
    ) -> JumpState:
        def take_of_block(i: Array, states: JumpState) -> JumpState:
            place = first + i * block

            def of_block(values: Array) -> Array:
                return jax.lax.dynamic_slice_in_dim(values, place, block)

            new = take(of_block(line.neuron), jax.tree.map(of_block, states))
            return jax.tree.map(
                lambda values, some: jax.lax.dynamic_update_slice_in_dim(values, some, place, 0), states, new
            )

        return jax.lax.fori_loop(0, number, take_of_block, states)

    def num_blocks(number: Array) -> Array:
        return -(-number // block)

    blocks_walking, blocks_flying = num_blocks(line.num_walking), num_blocks(line.num_flying)

    def take_round(states: JumpState) -> JumpState:
        states = in_blocks(turns_of(Stage.walks, WALKS), 0, blocks_walking, states)
        return in_blocks(turns_of(Stage.flies, FLIGHTS), line.num_walking, blocks_flying, states)

    def are_in_place(states: JumpState) -> Array:
        walking, flying = states.stage == Stage.walks, states.stage == Stage.flies
        is_first = jnp.arange(len(line.neuron)) < line.num_walking
        return (
            ~jnp.any((walking & ~is_first) | (flying & is_first))
            & (num_blocks(walking.sum(dtype=jnp.int32)) == blocks_walking)
            & (num_blocks(flying.sum(dtype=jnp.int32)) == blocks_flying)
        )

    def goes_on(carry: tuple[Array, JumpState]) -> Array:
        return carry[0]

    def go_on(carry: tuple[Array, JumpState]) -> tuple[Array, JumpState]:
        states = take_round(carry[1])
        return are_in_place(states), states

    return jax.lax.while_loop(goes_on, go_on, (jnp.bool(True), line.state))[1]


def _come_forward(line: Line) -> Line:
    """The line with those in front that walk, then those that fly, then all others."""
    walking, flying = line.state.stage == Stage.walks, line.state.stage == Stage.flies
    num_walking, num_flying = (is_so.sum(dtype=jnp.int32) for is_so in (walking, flying))

    def among(is_so: Array) -> Array:
        return jnp.cumsum(is_so, dtype=jnp.int32) - 1

    behind = num_walking + num_flying + among(~(walking | flying))
    place = jnp.where(walking, among(walking), jnp.where(flying, num_walking + among(flying), behind))
    order = inverse(place)
    neuron, state = jax.tree.map(lambda values: values[order], (line.neuron, line.state))
    return Line(neuron, state, num_walking, num_flying)


def _own(state: JumpState) -> JumpState:
    return state._replace(train=state.train._replace(key=None))


def _with_key(state: JumpState, start: TrainState) -> JumpState:
    return state._replace(train=state.train._replace(key=start.key))
