"""Lanes and blocks: the neurons of a chunk stand at lanes, and a block of lanes at a time is advanced.

A neuron that has finished is left out: later blocks are packed with those that still move, so that the cost
follows them.
"""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.optimizers import has_memory
from jaxneuron.neuron.train import Config, TrainState

# Lanes of a block by the form of the gradient: on a CPU what stays in a core's cache and outweighs the
# cost of starting each loop. Matrix products sum in an order that depends on their shape, so theirs is
# always the same. Elsewhere the sizes are unmeasured.
CPU_BLOCK = {"moments": 1024, "in_order": 4096, "at_once": 256}
BLOCK = {"moments": 2**18, "in_order": 2**18, "at_once": 2**14}

# A program for one neuron, or for one vector of them, is compiled otherwise than a loop over vectors, and may
# round otherwise (its multiply-adds fuse differently). Neurons are padded with copies to a multiple of this.
LANES = 32

# What stands at a lane before step 0.
SetOut = Callable[[Int[Array, ""]], tuple[TrainState, Hyperparams]]
# (what stands there, neurons, lanes, examples, config, steps) -> the states of all lanes after the last step,
# without what all share (the step) and what is made again where needed (the key)
TakeAllSteps = Callable[[SetOut, int, int, Examples, Config, Int[Array, ""]], TrainState]
States = TypeVar("States", bound=PyTree[Array])
# (lanes, their states) -> (their new states, which of them still move)
AdvanceBlock = Callable[[Int[Array, " block"], States], tuple[States, Bool[Array, " block"]]]


def block_of(form: str, num_neurons: int) -> int:
    """Lanes of a block of a chunk of so many neurons."""
    size = (CPU_BLOCK if jax.default_backend() == "cpu" else BLOCK)[form]
    return size if form == "at_once" else min(size, whole_lanes(num_neurons))


def compiler_options(config: Config) -> dict[str, str]:
    """What the compiler is told of a program that trains.

    By itself XLA uses vectors of 256 bits on a CPU; wider ones take a third less time. Only plain gradient
    descent is told so: square roots, which other optimizers take, round otherwise in wider vectors than
    in narrow ones, and a neuron followed alone would differ from itself among many.
    """
    if jax.default_backend() != "cpu" or has_memory(config.optimizer):
        return {}
    return {"xla_cpu_prefer_vector_width": "512"}


def whole_lanes(number: int, of: int = LANES) -> int:
    """The number, or the next that fills vectors or blocks of lanes."""
    return -(-number // of) * of


def own_state(state: TrainState) -> TrainState:
    """The state without what all lanes share (the step) and what is made again where needed (the key)."""
    return state._replace(step=None, key=None)


def advance_moving(
    order: Int[Array, " lanes"],
    num_moving: Int[Array, ""],
    states: States,
    block: int,
    advance_block: AdvanceBlock,
) -> tuple[Int[Array, " lanes"], Int[Array, ""], States]:
    """Advance every lane that moves, block by block: those that `order` names first, `num_moving` of them.

    What is returned names those that still move, and holds the states of all lanes. `order` is at least as
    long as there are lanes, and a whole number of blocks.
    """
    nowhere = order.shape[0]

    def advance_one(i: Array, carry: tuple[Array, Array, States]) -> tuple[Array, Array, States]:
        order, num_staying, states = carry
        chosen = jax.lax.dynamic_slice(order, (i * block,), (block,))
        is_moving = i * block + jnp.arange(block, dtype=jnp.int32) < num_moving
        new, still_moves = advance_block(chosen, jax.tree.map(lambda values: values[chosen], states))
        stays = is_moving & still_moves
        # Written over what has been read: a block never has more that stay than it had lanes.
        place = jnp.where(stays, num_staying + jnp.cumsum(stays, dtype=jnp.int32) - 1, nowhere)
        order = order.at[place].set(chosen, mode="drop")
        target = jnp.where(is_moving, chosen, nowhere)
        states = jax.tree.map(lambda all_, some: all_.at[target].set(some, mode="drop"), states, new)
        return order, num_staying + jnp.sum(stays, dtype=jnp.int32), states

    num_blocks = (num_moving + block - 1) // block
    return jax.lax.fori_loop(
        jnp.int32(0), num_blocks, advance_one, (order, jnp.zeros_like(num_moving), states)
    )
