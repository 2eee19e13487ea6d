"""Training many neurons by jumps, block by block: those that walk, those that fly, and none that have ended.

The neurons of a chunk form a queue: first those whose next turn is a walk, then those that fly, behind them
those that have ended. A round gives every block of both some turns. A neuron takes the same turns whatever is
beside it.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.gradient import evaluate
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.judge import loss_limit
from jaxneuron.neuron.jumps.flight import Steps
from jaxneuron.neuron.jumps.landing import land
from jaxneuron.neuron.jumps.state import JumpState, Stage, init_jumps
from jaxneuron.neuron.jumps.turns import answer, fly, walk
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Trained, TrainState
from jaxneuron.population.blocks import LANES, block_at, inverse, map_in_blocks, padded, with_block
from jaxneuron.population.start import InitNeuron

# Neurons of a block: on a CPU what stays in a core's cache; elsewhere unmeasured.
CPU_BLOCK, BLOCK = 256, 2**16
# Turns between two looks at who has ended; of one alone the compiler makes no loop, and copies the queue.
WALKS, FLIGHTS = 2, 4


class Queue(NamedTuple):
    """The neurons of a chunk, some padding behind them."""

    neuron: Int[Array, " queue"]
    state: JumpState  # of each, without the key, which is made again
    num_walking: Int[Array, ""]
    num_flying: Int[Array, ""]


def train_by_jumps(
    init_neuron: InitNeuron,
    num_neurons: int,
    examples: Examples,
    config: Config,
    num_steps: Steps | Float[Array, " neurons"],
    *,
    finds_divergence: bool = False,
) -> Trained:
    """What becomes of the neurons of numbers 0, 1, …; every result has an axis of neurons.

    `num_steps` may be infinite, and differ between neurons. When a neuron diverged is found only where it is
    asked for.
    """
    size = CPU_BLOCK if jax.default_backend() == "cpu" else BLOCK
    block = min(size, -(-num_neurons // LANES) * LANES)
    # A block may begin anywhere in the queue: so another one is behind it.
    numbers = jnp.arange((-(-num_neurons // block) + 1) * block, dtype=jnp.int32)
    init = padded(init_neuron, num_neurons)

    def num_steps_of(number: Array) -> Steps:
        # One number for all is not mapped: searches are then as long for every neuron.
        return num_steps if num_steps.ndim == 0 else num_steps[jnp.minimum(number, num_neurons - 1)]

    def begin(number: Array) -> JumpState:
        start, hyperparams = init(number)
        limit = None
        if finds_divergence:
            initial = evaluate(start.params, hyperparams, examples, config)
            limit = loss_limit(initial.loss, hyperparams, examples, config)
        state = init_jumps(start, limit)
        is_padding = number >= num_neurons
        return _stored(state._replace(stage=jnp.where(is_padding, jnp.int8(Stage.arrived), state.stage)))

    def land_neuron(number: Array, init_params: Params, state: JumpState) -> Trained:
        start, hyperparams = init(number)
        return land(init_params, _with_key(state, start), hyperparams, examples, config, num_steps_of(number))

    def turns_of(stage: Stage, number: int) -> Callable[[Array, JumpState], JumpState]:
        """Some turns of each neuron of a block that is at the stage."""
        turn = {Stage.walks: walk, Stage.flies: fly}[stage]

        def take(neuron: Array, state: JumpState) -> JumpState:
            start, hyperparams = init(neuron)

            def take_one(_: Array, state: JumpState) -> JumpState:
                after = turn(_with_key(state, start), hyperparams, examples, config, num_steps_of(neuron))
                is_at_stage = (state.stage == stage) & ~state.asks
                return jax.tree.map(lambda new, old: jnp.where(is_at_stage, new, old), _stored(after), state)

            return jax.lax.fori_loop(0, number, take_one, state)

        return jax.vmap(take)

    def answer_neuron(neuron: Array, state: JumpState) -> JumpState:
        start, hyperparams = init(neuron)
        return _stored(answer(_with_key(state, start), hyperparams, examples, config))

    states = jax.vmap(begin)(numbers)
    take_rounds = partial(
        _take_rounds,
        walks=turns_of(Stage.walks, WALKS),
        flights=turns_of(Stage.flies, FLIGHTS),
        answers=jax.vmap(answer_neuron),
        block=block,
    )
    queue = jax.lax.while_loop(
        lambda queue: queue.num_walking + queue.num_flying > 0,
        lambda queue: _sorted(queue._replace(state=take_rounds(queue))),
        Queue(numbers, states, jnp.int32(0), jnp.int32(num_neurons)),
    )
    end = jax.tree.map(lambda values: values[inverse(queue.neuron)], queue.state)
    trained = map_in_blocks(land_neuron, block, numbers, states.train.params, end)
    return jax.tree.map(lambda values: values[:num_neurons], trained)


def _take_rounds(
    queue: Queue,
    walks: Callable[[Array, JumpState], JumpState],
    flights: Callable[[Array, JumpState], JumpState],
    answers: Callable[[Array, JumpState], JumpState],
    block: int,
) -> JumpState:
    """The states after rounds of walks for every neuron that walks, flights for every one that flies, and an
    answer for every one that asks, until the queue would be shorter without those that do neither, or one is
    among the others."""

    def num_blocks(number: Array) -> Array:
        return -(-number // block)

    blocks_walking, blocks_flying = num_blocks(queue.num_walking), num_blocks(queue.num_flying)

    def in_blocks(
        take: Callable[[Array, JumpState], JumpState], first: Array | int, number: Array, states: JumpState
    ) -> JumpState:
        def take_of_block(i: Array, states: JumpState) -> JumpState:
            place = first + i * block
            return with_block(states, place, take(*block_at(place, block, (queue.neuron, states))))

        return jax.lax.fori_loop(0, number, take_of_block, states)

    def answer_those_who_ask(neuron: Array, states: JumpState) -> JumpState:
        return jax.lax.cond(states.asks.any(), answers, lambda _, states: states, neuron, states)

    def are_in_place(states: JumpState) -> Array:
        walking, flying = states.stage == Stage.walks, states.stage == Stage.flies
        is_first = jnp.arange(len(queue.neuron)) < queue.num_walking
        return (
            ~jnp.any((walking & ~is_first) | (flying & is_first))
            & (num_blocks(walking.sum(dtype=jnp.int32)) == blocks_walking)
            & (num_blocks(flying.sum(dtype=jnp.int32)) == blocks_flying)
        )

    def take_round(carry: tuple[Array, JumpState]) -> tuple[Array, JumpState]:
        states = in_blocks(walks, 0, blocks_walking, carry[1])
        states = in_blocks(flights, queue.num_walking, blocks_flying, states)
        states = in_blocks(answer_those_who_ask, 0, num_blocks(queue.num_walking + queue.num_flying), states)
        return are_in_place(states), states

    return jax.lax.while_loop(lambda carry: carry[0], take_round, (jnp.bool(True), queue.state))[1]


def _sorted(queue: Queue) -> Queue:
    """The queue with the neurons in front that walk, then those that fly, then all others."""
    walking, flying = queue.state.stage == Stage.walks, queue.state.stage == Stage.flies
    num_walking, num_flying = (are.sum(dtype=jnp.int32) for are in (walking, flying))

    def among(are: Array) -> Array:
        return jnp.cumsum(are, dtype=jnp.int32) - 1

    behind = num_walking + num_flying + among(~(walking | flying))
    place = jnp.where(walking, among(walking), jnp.where(flying, num_walking + among(flying), behind))
    order = inverse(place)
    neuron, state = jax.tree.map(lambda values: values[order], (queue.neuron, queue.state))
    return Queue(neuron, state, num_walking, num_flying)


def _stored(state: JumpState) -> JumpState:
    """What a queue holds of a state."""
    return state._replace(train=state.train._replace(key=None))


def _with_key(state: JumpState, start: TrainState) -> JumpState:
    return state._replace(train=state.train._replace(key=start.key))
