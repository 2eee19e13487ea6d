"""Training many neurons block by block, until nothing in them can change any more.

The neurons of a chunk stand in line. A block of them at a time takes CYCLE steps; a neuron that is then bit
for bit in the state it was in before, its memory and its silence included, is in the same state after every
further CYCLE, and so at the end: it has finished. Whenever that saves a block, those that still move come
forward, and the rest of the line is left out. The steps that are left are always a whole number of cycles,
for those beyond are taken first.
"""

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Config, Trained, TrainState, conclude
from jaxneuron.population.steps import advance, axes_of, is_count, with_one_count

# Finds fixed points and the cycles that period doubling makes (2, 4, … 32), and those of 3, 6, …
CYCLE = 96

# Neurons of a block by the form of the gradient: on a CPU what stays in a core's cache and outweighs the
# cost of starting each loop. Matrix products sum in an order that depends on their shape, so theirs is
# always the same. Elsewhere the sizes are unmeasured.
CPU_BLOCK = {"moments": 1024, "in_order": 4096, "at_once": 256}
BLOCK = {"moments": 2**18, "in_order": 2**18, "at_once": 2**14}

# A program for one neuron, or for one vector of them, is compiled otherwise than a loop over vectors, and may
# round otherwise (its multiply-adds fuse differently). Neurons are padded with copies to a multiple of this.
LANES = 32

# What of a state tells when something happened for the last time, and does not bear on what comes.
LAST_TIMES = ("unchanged_since", "moving_until")

# The neuron with a number, before step 0, and its hyperparams.
SetOut = Callable[[Int[Array, ""]], tuple[TrainState, Hyperparams]]


class Line(NamedTuple):
    """The neurons of a chunk after some steps: those that still move, and behind them those that need not."""

    neuron: Int[Array, " line"]  # the number of each
    state: TrainState  # of each, without what all share (the step) and what is made anew (the key)
    num_moving: Int[Array, ""]
    step: Int[Array, ""]


def block_of(form: str, num_neurons: int) -> int:
    """Neurons of a block, where there are so many in all."""
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
    """Train the neurons that `set_out` numbers 0, 1, …; every result has an axis of neurons."""
    block = block_of(config.gradient, num_neurons)
    numbers = jnp.arange((-(-num_neurons // block) + 1) * block, dtype=jnp.int32)

    def set_out_padded(number: Array) -> tuple[TrainState, Hyperparams]:
        return set_out(jnp.minimum(number, num_neurons - 1))

    def conclude_neuron(number: Array, init_params: Params, state: TrainState) -> Trained:
        _, hyperparams = set_out_padded(number)
        return conclude(init_params, state._replace(step=num_steps), hyperparams, examples, config)

    begin = jax.vmap(lambda number: _own(set_out_padded(number)[0]))(numbers)
    # Made once: for the training and for what is told of the start XLA would else draw the weights twice,
    # in two programs that may round otherwise.
    begin = jax.lax.optimization_barrier(begin)
    line = Line(numbers, begin, jnp.int32(num_neurons), jnp.int32(0))
    advance_line = partial(
        _advance_line,
        set_out=set_out_padded,
        examples=examples,
        config=config,
        num_steps=num_steps,
        block=block,
        can_finish=finish_early and not any(map(is_count, jax.tree.leaves(begin.opt_state))),
    )
    line = jax.lax.while_loop(
        lambda line: (line.num_moving > 0) & (line.step < num_steps), advance_line, line
    )
    end = jax.tree.map(lambda values: values[inverse(line.neuron)], line.state)
    trained = map_in_blocks(conclude_neuron, block, numbers, begin.params, end)
    return jax.tree.map(lambda values: values[:num_neurons], trained)


def _advance_line(
    line: Line,
    set_out: SetOut,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    block: int,
    can_finish: bool,
) -> Line:
    """Some steps for every neuron that moves, block by block."""
    beyond = (num_steps - line.step) % CYCLE
    number = jnp.where(beyond == 0, CYCLE, beyond)

    def take_steps(neuron: Array, state: TrainState) -> TrainState:
        start, hyperparams = set_out(neuron)

        state = state._replace(step=line.step, key=start.key)
        return _own(advance(state, number, hyperparams, examples, config))

    def advance_block(i: Array, carry: tuple[TrainState, Array]) -> tuple[TrainState, Array]:
        states, moves = carry

        def of_block(values: Array) -> Array:
            return jax.lax.dynamic_slice_in_dim(values, i * block, block)

        def with_block(values: Array, some: Array) -> Array:
            return jax.lax.dynamic_update_slice_in_dim(values, some, i * block, 0)

        old = jax.tree.map(of_block, states)
        new = jax.vmap(take_steps, (0, axes_of(old)))(of_block(line.neuron), with_one_count(old))
        if not can_finish:
            return jax.tree.map(with_block, states, new), moves
        # In a branch of its own, what is compared is taken out of the line before the block is put back.
        # Otherwise XLA copies the whole line for every block.
        has_finished = jax.lax.cond(
            number == CYCLE,
            jax.vmap(partial(_has_finished, config=config)),
            lambda old, new: jnp.zeros(block, bool),
            old,
            new,
        )
        new = jax.vmap(partial(_skip, line.step, num_steps - (line.step + number)))(new, has_finished)
        return jax.tree.map(with_block, states, new), with_block(moves, ~has_finished)

    def come_forward(states: TrainState) -> Line:
        last = jnp.cumsum(moves, dtype=jnp.int32)
        behind = num_moving + jnp.arange(len(moves), dtype=jnp.int32) - last
        place = jnp.where(moves, last - 1, behind)
        order = inverse(place)
        neuron, states = jax.tree.map(lambda values: values[order], (line.neuron, states))
        return Line(neuron, states, num_moving, line.step + number)

    def stay(states: TrainState) -> Line:
        return Line(line.neuron, states, line.num_moving, line.step + number)

    num_blocks = -(-line.num_moving // block)
    moves = jnp.arange(len(line.neuron), dtype=jnp.int32) < line.num_moving
    states, moves = jax.lax.fori_loop(0, num_blocks, advance_block, (line.state, moves))
    moves &= jnp.arange(len(moves)) < line.num_moving
    num_moving = jnp.sum(moves, dtype=jnp.int32)
    saves_blocks = (-(-num_moving // block) < num_blocks) & (line.step + number < num_steps)
    return jax.lax.cond(saves_blocks, come_forward, stay, states)


def map_in_blocks(function: Callable[..., Trained], block: int, *arguments: PyTree[Array, "..."]) -> Trained:
    """The function of each neuron's arguments, block after block; the last block is padding and left out.

    It is a loop however few the blocks are, or else a neuron would round otherwise among few than among
    many. So their number is kept from the compiler, which takes a loop of one apart; and a block is never all
    that there is, as what does not change from turn to turn is taken out of the loop.
    """

    def of_block(i: Array | int) -> Trained:
        some = [jax.lax.dynamic_slice_in_dim(values, i * block, block) for values in leaves]
        return jax.vmap(function)(*jax.tree.unflatten(structure, some))

    def put_block(i: Array, found: Trained) -> Trained:
        return jax.tree.map(
            lambda values, some: jax.lax.dynamic_update_slice_in_dim(values, some, i * block, 0),
            found,
            of_block(i),
        )

    leaves, structure = jax.tree.flatten(arguments)
    num_neurons = len(leaves[0])
    shapes = jax.eval_shape(of_block, 0)
    found = jax.tree.map(lambda some: jnp.zeros((num_neurons, *some.shape[1:]), some.dtype), shapes)
    num_blocks = jax.lax.optimization_barrier(jnp.int32(num_neurons // block - 1))
    return jax.lax.fori_loop(0, num_blocks, put_block, found)


def inverse(permutation: Int[Array, " line"]) -> Int[Array, " line"]:
    places = jnp.arange(len(permutation), dtype=jnp.int32)
    return jnp.zeros_like(places).at[permutation].set(places, unique_indices=True)


def _own(state: TrainState) -> TrainState:
    return state._replace(step=None, key=None)


def _has_finished(old: TrainState, new: TrainState, config: Config) -> Bool[Array, ""]:
    """Whether a neuron that is in the same state after CYCLE steps will be so again."""
    apart = dict.fromkeys(LAST_TIMES)
    is_same = _has_same_bits(old._replace(**apart), new._replace(**apart))
    if config.batch_size is None:
        return is_same
    # Mini-batches differ from step to step; of a silent neuron all have the gradient 0.
    return jnp.bool(False) if new.silence is None else is_same & (new.silence.since >= 0)


def _skip(
    step: Int[Array, ""], skipped: Int[Array, ""], state: TrainState, has_finished: Bool[Array, ""]
) -> TrainState:
    """The state after a number of steps that need not be taken where it has finished.

    What has happened since the step, in the last cycle, will happen again in every later one.
    """

    def last_time(last: Array) -> Array:
        return jnp.where(has_finished & (last > step), last + skipped, last)

    return state._replace(**{name: jax.tree.map(last_time, getattr(state, name)) for name in LAST_TIMES})


def _has_same_bits(one: PyTree[Array], other: PyTree[Array]) -> Bool[Array, ""]:
    """Whether two trees of numbers are the same bit for bit: NaN is itself, and -0 is not 0."""

    def differ(a: Array, b: Array) -> Array:
        bits = jnp.dtype(f"int{8 * a.dtype.itemsize}")
        difference = jax.lax.bitcast_convert_type(a, bits) ^ jax.lax.bitcast_convert_type(b, bits)
        return jnp.bitwise_or.reduce(difference, axis=None)

    differences = jax.tree.leaves(jax.tree.map(differ, one, other))
    return ~reduce(operator.or_, (difference != 0 for difference in differences))
