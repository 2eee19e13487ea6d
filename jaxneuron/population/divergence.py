"""When neurons diverged: those that did are trained again, until none of their numbers is finite any more.

To look at every neuron's loss at every step would take three quarters more time where the gradient comes from
moments, which does without it. Most neurons that diverge are soon beyond all numbers.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.gradient import evaluate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import are_finite, find_diverge_step, loss_limit
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Trained, TrainState
from jaxneuron.population.blocks import block_of
from jaxneuron.population.jumps import train_by_jumps
from jaxneuron.population.place import Bounds, Layout, Place, are_no_padding, place_at
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, init_all, init_neuron
from jaxneuron.population.steps import take_some_steps

# Neurons that are trained again at a time, where there are so many: elsewhere than on a CPU unmeasured. And
# steps between looks.
CPU_GROUP, GROUP = 1024, 2**16
STEPS = 96


def with_diverge_steps(
    trained: Trained,
    where: Place | Bounds,
    layout: Layout | None,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: np.number,
) -> Trained:
    """The results of neurons at some places, or of those within the bounds of a chunk of a layout, with the
    `diverge_step` of each. The host looks once at whether any diverged: most studies need no such program."""
    if not np.any(np.asarray(trained.fate) == Fate.diverged):
        return trained
    find = compiled(_diverge_steps, config, layout)
    return trained._replace(diverge_step=find(where, start, examples, num_steps, trained.fate))


def _diverge_steps(
    config: Config,
    layout: Layout | None,
    where: Place | Bounds,
    start: Start,
    examples: Examples,
    num_steps: Array,
    fates: Int[Array, " neurons"],
) -> Int[Array, " neurons"]:
    """The `diverge_step` of every neuron: those that diverged are trained again, group after group. They
    are found one after the other in the queue, behind which it repeats the first."""
    num_neurons = len(fates)
    is_diverged = fates == Fate.diverged
    if isinstance(where, Bounds):  # copies of a neuron, which pad a chunk, are not trained again
        is_diverged &= are_no_padding(where, layout)
    most = CPU_GROUP if jax.default_backend() == "cpu" else GROUP
    size = block_of(config.gradient, min(most, num_neurons))
    num_places = -(-num_neurons // size) * size
    (queue,) = jnp.nonzero(is_diverged, size=num_places, fill_value=jnp.argmax(is_diverged))
    diverge_steps_of = _by_jumps if config.method == "jumps" else _by_steps

    def find(i: Array, found: Int[Array, " neurons"]) -> Int[Array, " neurons"]:
        group = jax.lax.dynamic_slice_in_dim(queue, i * size, size)
        places = jax.vmap(lambda number: place_at(number, where, layout))(group)
        return found.at[group].set(diverge_steps_of(config, places, start, examples, num_steps))

    num_groups = -(-jnp.sum(is_diverged, dtype=jnp.int32) // size)
    none = jnp.full(num_neurons, NO_STEP, "int64" if config.method == "jumps" else "int32")
    return jax.lax.fori_loop(0, num_groups, find, none)


def _by_jumps(
    config: Config, places: Place, start: Start, examples: Examples, num_steps: Array
) -> Int[Array, " group"]:
    """The `diverge_step` of a group of neurons, trained again by jumps."""

    def init(number: Array) -> tuple[TrainState, Hyperparams]:
        return init_neuron(place_at(number, places, None), start, examples, config)

    number = len(places.cell)
    return train_by_jumps(init, number, examples, config, num_steps, finds_divergence=True).diverge_step


class _Search(NamedTuple):
    """A group of neurons on its way to where none of its numbers is finite any more."""

    step: Int[Array, ""]
    state: TrainState
    bounded_until: Int[Array, " group"]  # the step after the last within the limit, so far
    can_return: Bool[Array, ""]


def _by_steps(
    config: Config, places: Place, start: Start, examples: Examples, num_steps: Array
) -> Int[Array, " group"]:
    """The `diverge_step` of a group of neurons, trained again by steps."""
    begin, _ = init_all(config, places, start, examples)
    limit = _limits(config, places, begin, start, examples)

    def search(now: _Search) -> _Search:
        number = jnp.minimum(STEPS, num_steps - now.step)
        state, states = take_some_steps(config, STEPS, places, now.state, number, start, examples)
        # What is looked at is what was taken, whatever the compiler would make of both together.
        state, states = jax.lax.optimization_barrier((state, states))
        last, can_return = _look(config, places, state, states, limit, start, examples)
        bounded_until = jnp.where(last > 0, now.step + last.astype(jnp.int32), now.bounded_until)
        return _Search(now.step + number, state, bounded_until, jnp.any(can_return))

    none = jnp.zeros(len(places.cell), jnp.int32)
    end = jax.lax.while_loop(
        lambda now: now.can_return & (now.step < num_steps),
        search,
        _Search(jnp.int32(0), begin, none, jnp.bool(True)),
    )
    # Rounded otherwise here, a loss may still be within its limit at the end.
    return jnp.minimum(end.bounded_until, num_steps)


def _limits(
    config: Config, places: Place, state: TrainState, start: Start, examples: Examples
) -> Float[Array, " neurons"]:
    """The loss above which each neuron has diverged."""

    def limit(place: Place, state: TrainState) -> Float[Array, ""]:
        _, hyperparams = init_neuron(place, start, examples, config)
        initial_loss = evaluate(state.params, hyperparams, examples, config).loss
        return loss_limit(initial_loss, hyperparams, examples, config)

    return jax.vmap(limit)(places, state)


def _look(
    config: Config,
    places: Place,
    state: TrainState,
    states: TrainState,
    limit: Float[Array, " neurons"],
    start: Start,
    examples: Examples,
) -> tuple[Int[Array, " neurons"], Bool[Array, " neurons"]]:
    """How many of the states there are up to the last that is within each neuron's limit, and whether it can
    be within it after all of them."""

    def look(place: Place, states: TrainState, limit: Float[Array, ""]) -> Int[Array, ""]:
        _, hyperparams = init_neuron(place, start, examples, config)
        loss = jax.vmap(lambda params: evaluate(params, hyperparams, examples, config).loss)(states.params)
        return find_diverge_step(states.params, loss, limit)

    return jax.vmap(look)(places, states, limit), are_finite(state.params)
