"""When neurons diverged: those that did are trained again, until none of their numbers is finite any more.

To look at every neuron's loss at every step would take three quarters more time where the gradient comes from
moments, which does without it. Most neurons that diverge are soon beyond all numbers.
"""

from collections.abc import Callable

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
from jaxneuron.population.blocks import LANES, block_of
from jaxneuron.population.jumps import train_by_jumps
from jaxneuron.population.place import Place, place_at
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, init_all, init_neuron
from jaxneuron.population.steps import take_some_steps

# Neurons that are trained again at a time, where there are more than a few; and steps between looks.
GROUP = 1024
STEPS = 96


def with_diverge_steps(
    trained: Trained,
    places: Callable[[], Place],
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int | float,
) -> Trained:
    """The results of neurons at some places, with the `diverge_step` of each."""
    (diverged,) = np.nonzero(np.asarray(trained.fate) == Fate.diverged)
    if not len(diverged):
        return trained
    of_diverged = jax.tree.map(lambda values: np.asarray(values)[diverged], places())
    steps = np.full(trained.fate.shape, NO_STEP, np.asarray(trained.diverge_step).dtype)
    steps[diverged] = _diverge_steps(of_diverged, start, examples, config, num_steps)
    return trained._replace(diverge_step=jnp.asarray(steps))


def _diverge_steps(
    places: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> Int[np.ndarray, " neurons"]:
    """The `diverge_step` of neurons that diverged, found in groups of one of two sizes; of copies of a
    neuron, which pad chunks, one is trained again."""
    diverge_steps_of = _by_jumps if config.method == "jumps" else _by_steps
    number = places.cell.astype(np.uint64) << np.uint64(32) | places.replicate
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    size = block_of(config.gradient, GROUP if len(first) > LANES else LANES)
    groups = [np.resize(first[i : i + size], size) for i in range(0, len(first), size)]
    shared = (start, examples, config, num_steps)
    found = [
        diverge_steps_of(jax.tree.map(lambda v, group=group: v[group], places), *shared) for group in groups
    ]
    return np.concatenate(found)[inverse]


def _by_jumps(
    places: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> Int[np.ndarray, " neurons"]:
    """The `diverge_step` of a group of neurons, trained again by jumps."""
    return np.asarray(compiled(_jump, config)(places, start, examples, np.float64(num_steps)))


def _jump(
    config: Config, places: Place, start: Start, examples: Examples, num_steps: Array
) -> Int[Array, " neurons"]:
    def init(number: Array) -> tuple[TrainState, Hyperparams]:
        return init_neuron(place_at(number, places, None), start, examples, config)

    number = len(places.cell)
    return train_by_jumps(init, number, examples, config, num_steps, finds_divergence=True).diverge_step


def _by_steps(
    places: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> Int[np.ndarray, " neurons"]:
    """The `diverge_step` of a group of neurons, trained again by steps."""
    num_steps = int(num_steps)
    data = (start, examples)
    state, _ = compiled(init_all, config)(places, *data)
    limit = compiled(_limits, config)(places, state, *data)
    take, look = compiled(take_some_steps, config, STEPS), compiled(_look, config)
    bounded_until = np.zeros(len(places.cell), np.int32)
    for step in range(0, num_steps, STEPS):
        taken = min(STEPS, num_steps - step)
        state, states = take(places, state, taken, *data)
        last, can_return = map(np.asarray, look(places, state, states, limit, *data))
        bounded_until = np.where(last > 0, step + last, bounded_until)
        if not can_return.any():
            break
    # Rounded otherwise here, a loss may still be within its limit at the end.
    return np.minimum(bounded_until, num_steps)


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
