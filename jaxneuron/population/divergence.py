"""When neurons diverged: those that did are trained again, until nothing of them is a number any more.

To look at every neuron's loss at every step would take three quarters more time where the gradient comes from
moments, which does without it. Most of what diverges is soon beyond all numbers.
"""

from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.fate import NOT_SO, Fate
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Config, Trained, TrainState, full_pass, is_number, loss_limit
from jaxneuron.population.blocks import LANES, block_of
from jaxneuron.population.place import Bounds, Layout, Place, place_in_chunk
from jaxneuron.population.steps import set_out_all, take_some_steps
from jaxneuron.population.train import Start, set_out

# Neurons that are trained again at a time, where there are more than a few; and steps between looks.
GROUP = 1024
STEPS = 96


def with_diverge_steps(
    trained: Trained,
    bounds: Bounds,
    layout: Layout,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int,
) -> Trained:
    """The results of a chunk's neurons, as NumPy arrays, with the `diverge_step` of each."""
    (diverged,) = np.nonzero(np.asarray(trained.fate) == Fate.diverged)
    steps = np.full(trained.fate.shape, NOT_SO, np.int32)
    most = GROUP if len(diverged) > LANES else LANES
    size = block_of(config.gradient, most)
    for first in range(0, len(diverged), size):
        lanes = diverged[first : first + size]
        padded = np.resize(lanes, size).astype(np.int32)
        places = _places_at(padded, bounds, layout)
        steps[lanes] = diverge_steps(places, start, examples, config, num_steps)[: len(lanes)]
    return trained._replace(diverge_step=steps)


@partial(jax.jit, static_argnames="layout")
def _places_at(lanes: Int[Array, " neurons"], bounds: Bounds, layout: Layout) -> Place:
    return jax.vmap(lambda lane: place_in_chunk(lane, bounds, layout))(lanes)


def diverge_steps(
    places: Place, start: Start, examples: Examples, config: Config, num_steps: int
) -> Int[np.ndarray, " neurons"]:
    """The first step from which the neurons at some places are beyond the limit of their loss to the end;
    `num_steps` for one that is not so at the end."""
    shared = (start, examples, config)
    state, _ = set_out_all(places, *shared)
    limit = _limits(places, state, *shared)
    bounded_until = np.zeros(len(places.cell), np.int32)
    for step in range(0, num_steps + 1, STEPS):
        taken = min(STEPS, num_steps - step)
        state, states = take_some_steps(places, state, taken, *shared, STEPS)
        is_bounded, can_return = map(np.asarray, _look(places, state, states, limit, *shared))
        bounded_until = np.where(is_bounded.any(1), step + until_last(is_bounded), bounded_until)
        if not can_return.any():
            break
    # After the end the state stays as it is.
    return np.minimum(bounded_until, num_steps).astype(np.int32)


def until_last(is_so: Bool[np.ndarray, "*neurons steps"]) -> Int[np.ndarray, "*neurons"]:
    """How many steps there are up to the last at which it is so; 0 where it never is."""
    num_steps = is_so.shape[-1]
    return (num_steps - np.argmax(is_so[..., ::-1], axis=-1)) * is_so.any(-1)


@partial(jax.jit, static_argnames="config")
def _limits(
    places: Place, state: TrainState, start: Start, examples: Examples, config: Config
) -> Float[Array, " neurons"]:
    def limit(place: Place, state: TrainState) -> Float[Array, ""]:
        _, hyperparams = set_out(place, start, examples, config)
        initial_loss = full_pass(config.gradient, state.params, hyperparams, examples, config).loss
        return loss_limit(initial_loss, hyperparams, examples, config)

    return jax.vmap(limit)(places, state)


@partial(jax.jit, static_argnames="config")
def _look(
    places: Place,
    state: TrainState,
    states: TrainState,
    limit: Float[Array, " neurons"],
    start: Start,
    examples: Examples,
    config: Config,
) -> tuple[Bool[Array, "neurons steps"], Bool[Array, " neurons"]]:
    """Whether each neuron is within its limit before each step, and whether it can be so after the last."""

    def look(place: Place, states: TrainState, limit: Float[Array, ""]) -> Bool[Array, " steps"]:
        _, hyperparams = set_out(place, start, examples, config)

        def is_bounded(state: TrainState) -> Bool[Array, ""]:
            loss = full_pass(config.gradient, state.params, hyperparams, examples, config).loss
            return is_number(state.params) & (loss <= limit)

        return jax.vmap(is_bounded)(states)

    return jax.vmap(look)(places, states, limit), jax.vmap(is_number)(state.params)
