"""When neurons diverged: those that did are trained again, until nothing of them is a number any more.

To look at every neuron's loss at every step would take three quarters more time where the gradient comes from
moments, which does without it. Most of what diverges is soon beyond all numbers.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.judge import has_diverged, until_last
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Config, Trained, TrainState, are_finite, full_pass, loss_limit
from jaxneuron.population.blocks import LANES, block_of
from jaxneuron.population.jumps import train_by_jumps
from jaxneuron.population.place import Place
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, set_out
from jaxneuron.population.steps import set_out_all, take_some_steps

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
    """Group by group, each of one of two sizes; a neuron that pads a chunk is in none of its own."""
    diverge_steps_of = _by_jumps if config.method == "jumps" else _by_steps
    number = places.cell.astype(np.uint64) << np.uint64(32) | places.replicate
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    size = block_of(config.gradient, GROUP if len(first) > LANES else LANES)
    groups = [np.resize(first[i : i + size], size) for i in range(0, len(first), size)]
    found = [
        diverge_steps_of(
            jax.tree.map(lambda values, group=group: values[group], places),
            start,
            examples,
            config,
            num_steps,
        )
        for group in groups
    ]
    return np.concatenate(found)[inverse]


def _by_jumps(
    places: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> Int[np.ndarray, " neurons"]:
    """The first step from which a group of neurons is beyond the limit of its losses to the end."""
    return np.asarray(compiled(_jump, config)(places, start, examples, np.float64(num_steps)))


def _jump(
    config: Config, places: Place, start: Start, examples: Examples, num_steps: Array
) -> Int[Array, " neurons"]:
    def set_out_neuron(number: Array) -> tuple[TrainState, Hyperparams]:
        return set_out(jax.tree.map(lambda values: values[number], places), start, examples, config)

    number = len(places.cell)
    return train_by_jumps(
        set_out_neuron, number, examples, config, num_steps, dates_divergence=True
    ).diverge_step


def _by_steps(
    places: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> Int[np.ndarray, " neurons"]:
    """The first step from which a group of neurons is beyond the limit of its losses to the end."""
    num_steps = int(num_steps)
    data = (start, examples)
    state, _ = compiled(set_out_all, config)(places, *data)
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
    def limit(place: Place, state: TrainState) -> Float[Array, ""]:
        _, hyperparams = set_out(place, start, examples, config)
        initial_loss = full_pass(config.gradient, state.params, hyperparams, examples, config).loss
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
    """Up to which of the states each neuron is within its limit, and whether it can be so after the last."""

    def look(place: Place, states: TrainState, limit: Float[Array, ""]) -> Int[Array, ""]:
        _, hyperparams = set_out(place, start, examples, config)

        def is_beyond(state: TrainState) -> Bool[Array, ""]:
            loss = full_pass(config.gradient, state.params, hyperparams, examples, config).loss
            return has_diverged(are_finite(state.params, loss), loss, limit)

        return until_last(~jax.vmap(is_beyond)(states))

    can_return = jax.vmap(are_finite)(state.params, jnp.zeros_like(limit))
    return jax.vmap(look)(places, states, limit), can_return
