"""Training many neurons: those at given places of a study, or one chunk, each with its values and key."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from jaxtyping import Array, Float, UInt

from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Trained, TrainState
from jaxneuron.population.blocks import train_blocks
from jaxneuron.population.divergence import with_diverge_steps
from jaxneuron.population.jumps import train_by_jumps
from jaxneuron.population.place import Bounds, Layout, Place, place_at, repeated
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, init_neuron


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
    find_diverge_steps: bool = True,
) -> Trained:
    """Train the neurons at the given places of a study; every result has a leading axis of neurons.

    A neuron's result depends on its own cell, replicate and swept values and on what all share, never on
    its neighbours. One compilation serves every value of a hyperparameter and any number of steps.
    Finishing early leaves out what would change no bit. By jumps, the steps may be infinitely many. Where
    nobody asks when neurons diverged, those need not be trained again to find it.
    """
    places = Place(cells, replicates, dict(swept))  # pyright: ignore[reportArgumentType]
    number = as_number(num_steps, config)
    trained = compiled(_train, config, None, finish_early)(places, start, examples, number)
    if not find_diverge_steps:
        return trained
    return with_diverge_steps(trained, places, None, start, examples, config, number)


def train_for(
    place: Place, num_steps: Float[np.ndarray, " steps"], start: Start, examples: Examples, config: Config
) -> Trained:
    """Train one neuron by jumps for each of some numbers of steps; every result has an axis of them. (When it
    diverged is not found.)"""
    return compiled(_train, config, None, True)(repeated(place, len(num_steps)), start, examples, num_steps)


def train_chunk(
    bounds: Bounds,
    layout: Layout,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int | float,
    *,
    find_diverge_steps: bool = True,
) -> Trained:
    """Train the neurons of one chunk of a study, padding included; one compilation serves all its chunks.

    Where nobody asks when neurons diverged, those need not be trained again to find it.
    """
    number = as_number(num_steps, config)
    trained = compiled(_train, config, layout, True)(bounds, start, examples, number)
    if not find_diverge_steps:
        return trained
    return with_diverge_steps(trained, bounds, layout, start, examples, config, number)


def as_number(num_steps: int | float, config: Config) -> np.number:
    """The number of steps as programs take it: by jumps there may be infinitely many."""
    return np.float64(num_steps) if config.method == "jumps" else np.int32(num_steps)


def _train(
    config: Config,
    layout: Layout | None,
    finish_early: bool,
    where: Place | Bounds,
    start: Start,
    examples: Examples,
    num_steps: Array,
) -> Trained:
    """What becomes of the neurons at some places, or of those within the bounds of a chunk of a layout."""

    def init(number: Array) -> tuple[TrainState, Hyperparams]:
        return init_neuron(place_at(number, where, layout), start, examples, config)

    num_neurons = layout.chunk_size if layout is not None else len(cast(Place, where).cell)
    if config.method == "jumps":
        return train_by_jumps(init, num_neurons, examples, config, num_steps)
    return train_blocks(init, num_neurons, examples, config, num_steps, finish_early)
