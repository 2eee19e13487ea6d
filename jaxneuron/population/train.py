"""Training many neurons: those at given places of a study, or one chunk, each with its values and key."""

from collections.abc import Mapping
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Float, UInt

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Config, Trained, TrainState
from jaxneuron.population.blocks import train_blocks
from jaxneuron.population.divergence import with_diverge_steps
from jaxneuron.population.jumps import train_by_jumps
from jaxneuron.population.place import Bounds, Layout, Place, place_in_chunk, places_in_chunk
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, set_out


def train_population(
    cells: UInt[Array | np.ndarray, " neurons"],
    replicates: UInt[Array | np.ndarray, " neurons"],
    swept: Mapping[str, Float[Array | np.ndarray, "neurons ..."]],
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int | float,
    *,
    finish_early: bool = True,
) -> Trained:
    """Train the neurons at the given places of a study; every result has a leading axis of neurons.

    A neuron's result depends on its own cell, replicate and swept values and on what all share, never on
    its neighbours. One compilation serves every value of a hyperparameter and any number of steps.
    Finishing early leaves out what would change no bit. By jumps, the steps may be infinitely many.
    """
    program = compiled(_train_places, config, finish_early)
    places = Place(cells, replicates, dict(swept))  # pyright: ignore[reportArgumentType]
    trained = program(places, start, examples, _as_number(num_steps, config))
    return with_diverge_steps(trained, lambda: places, start, examples, config, num_steps)


def train_for(
    place: Place,
    num_steps: Float[np.ndarray, " steps"],
    start: Start,
    examples: Examples,
    config: Config,
) -> Trained:
    """Train one neuron by jumps for each of some numbers of steps; every result has an axis of them. (When it
    diverged is not found.)"""
    number = len(num_steps)
    places = jax.tree.map(lambda value: np.broadcast_to(value, (number, *np.shape(value))), place)
    return compiled(_train_places, config, True)(places, start, examples, num_steps)


def train_chunk(
    bounds: Bounds,
    layout: Layout,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int | float,
) -> Trained:
    """Train the neurons of one chunk of a study, padding included; one compilation serves all its chunks."""
    program = compiled(_train_chunk, config, layout)
    trained = program(bounds, start, examples, _as_number(num_steps, config))
    places = partial(places_in_chunk, bounds, layout)
    return with_diverge_steps(trained, places, start, examples, config, num_steps)


def _as_number(num_steps: int | float, config: Config) -> np.number:
    return np.float64(num_steps) if config.method == "jumps" else np.int32(num_steps)


def _train_places(
    config: Config, finish_early: bool, places: Place, start: Start, examples: Examples, num_steps: Array
) -> Trained:
    def set_out_neuron(number: Array) -> tuple[TrainState, Hyperparams]:
        place = jax.tree.map(lambda values: values[number], places)
        return set_out(place, start, examples, config)

    if config.method == "jumps":
        return train_by_jumps(set_out_neuron, len(places.cell), examples, config, num_steps)
    return train_blocks(set_out_neuron, len(places.cell), examples, config, num_steps, finish_early)


def _train_chunk(
    config: Config, layout: Layout, bounds: Bounds, start: Start, examples: Examples, num_steps: Array
) -> Trained:
    def set_out_neuron(number: Array) -> tuple[TrainState, Hyperparams]:
        return set_out(place_in_chunk(number, bounds, layout), start, examples, config)

    if config.method == "jumps":
        return train_by_jumps(set_out_neuron, layout.chunk_size, examples, config, num_steps)
    return train_blocks(set_out_neuron, layout.chunk_size, examples, config, num_steps, True)
