"""Training many neurons block by block, until nothing in them can change any more.

The neurons of a chunk form a queue. A block of them at a time takes CYCLE steps; a neuron that is then bit
for bit in the state it was in before, its memory and its silence included, is in the same state after every
further CYCLE, and so at the end: it has finished. Whenever that saves a block, the neurons that still move
are brought to the front, and the rest of the queue is left out. The steps that are left are always a whole
number of cycles, as the others are taken first.
"""

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from jaxneuron.neuron.half_lines import HalfLines, packed
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.traced_once import traced_once
from jaxneuron.neuron.train import Trained, TrainState, conclude
from jaxneuron.population.start import InitNeuron
from jaxneuron.population.steps import advance, axes_of, is_count, with_one_count

# Finds fixed points and the cycles that period doubling makes (2, 4, … 32), and those of 3, 6, …
CYCLE = 96

# Neurons of a block by the form of the gradient: on a CPU what stays in a core's cache and outweighs the
# cost of starting each loop. Matrix products sum in an order that depends on their shape, so theirs is
# always the same. On a GPU a step must be long beside the start of its kernels; its sizes are unmeasured.
CPU_BLOCK = {"moments": 1024, "in_order": 1024, "at_once": 256}
BLOCK = {"moments": 2**20, "in_order": 2**20, "at_once": 2**14}

# A program for one neuron, or for one vector of them, is compiled otherwise than a loop over vectors, and may
# round otherwise (its multiply-adds fuse differently). Neurons are padded with copies to a multiple of this.
LANES = 32

# Earlier versions round steps that read packed tables otherwise than those that read plain ones.
CAN_PACK = jax.__version_info__ >= (0, 12)

# Fields of a state that say when something happened for the last time, and have no influence on later steps.
LAST_TIMES = ("unchanged_since", "moving_until")


class Queue(NamedTuple):
    """The neurons of a chunk after some steps: those that still move, and behind them the finished ones."""

    neuron: Int[Array, " queue"]  # the number of each
    state: TrainState  # of each, without what all share (the step) and what can be made again (the key)
    num_moving: Int[Array, ""]
    step: Int[Array, ""]


def block_of(form: str, num_neurons: int) -> int:
    """Neurons of a block, of `num_neurons` in all."""
    size = (CPU_BLOCK if jax.default_backend() == "cpu" else BLOCK)[form]
    return size if form == "at_once" else min(size, -(-num_neurons // LANES) * LANES)


def train_blocks(
    init_neuron: InitNeuron,
    num_neurons: int,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    finish_early: bool,
) -> Trained:
    """What becomes of the neurons of numbers 0, 1, …; every result has an axis of neurons."""
    block = block_of(config.gradient, num_neurons)
    numbers = jnp.arange((-(-num_neurons // block) + 1) * block, dtype=jnp.int32)
    init = padded(init_neuron, num_neurons)

    def conclude_neuron(number: Array, init_params: Params, state: TrainState) -> Trained:
        _, hyperparams = init(number)
        return conclude(init_params, state._replace(step=num_steps), hyperparams, examples, config)

    begin = jax.vmap(lambda number: _stored(init(number)[0]))(numbers)
    # Made once: else XLA would draw the weights twice, for the training and for the results, in two programs
    # that may round otherwise.
    begin = jax.lax.optimization_barrier(begin)
    queue = Queue(numbers, begin, jnp.int32(num_neurons), jnp.int32(0))
    advance_queue = partial(
        _advance_queue,
        init_neuron=init,
        examples=_packed(examples, config),
        config=config,
        num_steps=num_steps,
        block=block,
        # What a learning rate leaves unchanged another one may change.
        can_finish=finish_early
        and config.schedule is None
        and not any(map(is_count, jax.tree.leaves(begin.opt_state))),
    )
    queue = jax.lax.while_loop(
        lambda queue: (queue.num_moving > 0) & (queue.step < num_steps), advance_queue, queue
    )
    end = jax.tree.map(lambda values: values[inverse(queue.neuron)], queue.state)
    trained = map_in_blocks(conclude_neuron, block, numbers, begin.params, end)
    return jax.tree.map(lambda values: values[:num_neurons], trained)


def _packed(examples: Examples, config: Config) -> Examples:
    """The examples as the steps read them fastest; mini-batches are of the examples themselves."""
    is_packed = config.gradient == "moments" and config.batch_size is None and CAN_PACK
    if not is_packed or jax.default_backend() != "cpu":
        return examples
    assert isinstance(examples.half_lines, HalfLines), "moments need half-lines"
    return examples._replace(half_lines=packed(examples.half_lines))


def _advance_queue(
    queue: Queue,
    init_neuron: InitNeuron,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    block: int,
    can_finish: bool,
) -> Queue:
    """The queue after some steps of every neuron that moves, block by block."""
    beyond = (num_steps - queue.step) % CYCLE
    number = jnp.where(beyond == 0, CYCLE, beyond)

    def take_steps(neuron: Array, state: TrainState) -> TrainState:
        start, hyperparams = init_neuron(neuron)
        state = state._replace(step=queue.step, key=start.key)
        return _stored(advance(state, number, hyperparams, examples, config, CYCLE))

    def advance_block(i: Array, carry: tuple[TrainState, Array]) -> tuple[TrainState, Array]:
        states, moves = carry
        neurons, old = block_at(i * block, block, (queue.neuron, states))
        new = jax.vmap(take_steps, (0, axes_of(old)))(neurons, with_one_count(old))
        if not can_finish:
            return with_block(states, i * block, new), moves
        # In a branch of its own, what is compared is taken out of the queue before the block is put back.
        # Otherwise XLA copies the whole queue for every block.
        has_finished = jax.lax.cond(
            number == CYCLE,
            jax.vmap(partial(_has_finished, config=config)),
            lambda old, new: jnp.zeros(block, bool),
            old,
            new,
        )
        new = jax.vmap(partial(_skip, queue.step, num_steps - (queue.step + number)))(new, has_finished)
        return with_block((states, moves), i * block, (new, ~has_finished))

    def shorten(states: TrainState) -> Queue:
        last = jnp.cumsum(moves, dtype=jnp.int32)
        behind = num_moving + jnp.arange(len(moves), dtype=jnp.int32) - last
        order = inverse(jnp.where(moves, last - 1, behind))
        neuron, states = jax.tree.map(lambda values: values[order], (queue.neuron, states))
        return Queue(neuron, states, num_moving, queue.step + number)

    def keep(states: TrainState) -> Queue:
        return queue._replace(state=states, step=queue.step + number)

    num_blocks = -(-queue.num_moving // block)
    moves = jnp.arange(len(queue.neuron), dtype=jnp.int32) < queue.num_moving
    states, moves = jax.lax.fori_loop(0, num_blocks, advance_block, (queue.state, moves))
    moves &= jnp.arange(len(moves)) < queue.num_moving
    num_moving = jnp.sum(moves, dtype=jnp.int32)
    saves_blocks = (-(-num_moving // block) < num_blocks) & (queue.step + number < num_steps)
    return jax.lax.cond(saves_blocks, shorten, keep, states)


def padded(init_neuron: InitNeuron, num_neurons: int) -> InitNeuron:
    """The function for any number: beyond the last neuron it gives the last one."""
    return lambda number: init_neuron(jnp.minimum(number, num_neurons - 1))


def map_in_blocks(function: Callable[..., Trained], block: int, *arguments: PyTree[Array, "..."]) -> Trained:
    """The function of each neuron's arguments, block after block; the last block is padding and left out.

    It is a loop however few the blocks are, or else a neuron would round otherwise among few than among many.
    So their number is kept from the compiler, which treats a loop of one turn differently; and a block is
    never all that there is, as what does not change from turn to turn is taken out of the loop.
    """

    @traced_once()
    def of_block(i: Int[Array, ""]) -> Trained:
        return jax.vmap(function)(*block_at(i * block, block, arguments))

    num_neurons = len(jax.tree.leaves(arguments)[0])
    shapes = jax.eval_shape(of_block, jnp.int32(0))
    found = jax.tree.map(lambda some: jnp.zeros((num_neurons, *some.shape[1:]), some.dtype), shapes)
    num_blocks = jax.lax.optimization_barrier(jnp.int32(num_neurons // block - 1))
    return jax.lax.fori_loop(0, num_blocks, lambda i, found: with_block(found, i * block, of_block(i)), found)


def block_at(first: Array | int, block: int, tree: Any) -> Any:
    """A block of every array of a tree."""
    return jax.tree.map(lambda values: jax.lax.dynamic_slice_in_dim(values, first, block), tree)


def with_block(tree: Any, first: Array | int, some: Any) -> Any:
    """The tree with a block of every array replaced."""
    return jax.tree.map(
        lambda values, some: jax.lax.dynamic_update_slice_in_dim(values, some, first, 0), tree, some
    )


def inverse(permutation: Int[Array, " queue"]) -> Int[Array, " queue"]:
    """The inverse of a permutation."""
    places = jnp.arange(len(permutation), dtype=jnp.int32)
    return jnp.zeros_like(places).at[permutation].set(places, unique_indices=True)


def _stored(state: TrainState) -> TrainState:
    """What a queue holds of a state."""
    return state._replace(step=None, key=None)


def _has_finished(old: TrainState, new: TrainState, config: Config) -> Bool[Array, ""]:
    """Whether a neuron with these states before and after CYCLE steps will be in the same state at the
    end."""
    without = dict.fromkeys(LAST_TIMES)
    is_same = _has_same_bits(old._replace(**without), new._replace(**without))
    if config.batch_size is None:
        return is_same
    # Mini-batches differ from step to step; of a silent neuron all have the gradient 0.
    return jnp.bool(False) if new.silence is None else is_same & (new.silence.since >= 0)


def _skip(
    step: Int[Array, ""], skipped: Int[Array, ""], state: TrainState, has_finished: Bool[Array, ""]
) -> TrainState:
    """The state of a neuron after `skipped` further steps, where it has finished.

    What has happened since `step`, in the last cycle, will happen again in every later one.
    """

    def last_time(last: Array) -> Array:
        return jnp.where(has_finished & (last > step), last + skipped, last)

    return state._replace(**{name: jax.tree.map(last_time, getattr(state, name)) for name in LAST_TIMES})


def _has_same_bits(one: PyTree[Array], other: PyTree[Array]) -> Bool[Array, ""]:
    """Whether two trees of numbers are the same bit for bit: NaN is itself, and -0 is not 0."""

    def differ(a: Array, b: Array) -> Array:
        bits = jnp.dtype(f"int{8 * a.dtype.itemsize}")
        return jnp.bitwise_or.reduce(a.view(bits) ^ b.view(bits), axis=None)

    differences = jax.tree.leaves(jax.tree.map(differ, one, other))
    return ~reduce(operator.or_, (difference != 0 for difference in differences))
