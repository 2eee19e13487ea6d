"""Training many neurons: those at given places of a study, or one chunk, each with its values and key."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, UInt

from jaxneuron.neuron.draws import Distribution
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params, init
from jaxneuron.neuron.train import Config, Trained, TrainState, init_state
from jaxneuron.population.blocks import LANES, train_blocks
from jaxneuron.population.keys import neuron_key, stream
from jaxneuron.population.place import Bounds, Layout, Place, place_in_chunk


class Start(NamedTuple):
    """Where the values of all neurons of a study come from, apart from those that are swept.

    `fixed` values are the same for all; `drawn` ones are drawn by each neuron from its own key. Both
    hold hyperparams, `init_bias` and `init_weight`, by name.
    """

    seed: Key[Array, ""]
    fixed: Mapping[str, Float[Array, "..."]]
    drawn: Mapping[str, Distribution]


def train_population(
    cells: UInt[Array, " neurons"],
    replicates: UInt[Array, " neurons"],
    swept: Mapping[str, Float[Array, " neurons"]],
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int,
    *,
    finish_early: bool = True,
) -> Trained:
    """Train the neurons at the given places of a study; every result has a leading axis of neurons.

    A neuron's result depends on its own cell, replicate and swept values and on what all share, never on
    its neighbours. One compilation serves every value of a hyperparameter and any number of steps.
    Finishing early leaves out what would change no bit.
    """
    num_neurons = cells.shape[0]
    index = jnp.minimum(jnp.arange(-(-num_neurons // LANES) * LANES), num_neurons - 1)
    places = jax.tree.map(lambda values: values[index], Place(cells, replicates, dict(swept)))
    trained = _train_places(places, start, examples, config, np.int32(num_steps), finish_early)
    return jax.tree.map(lambda values: values[:num_neurons], trained)


def train_chunk(
    bounds: Bounds,
    layout: Layout,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int,
) -> Trained:
    """Train the neurons of one chunk of a study, padding included; one compilation serves all its chunks."""
    return _train_chunk(bounds, layout, start, examples, config, np.int32(num_steps))


@partial(jax.jit, static_argnames=("config", "finish_early"))
def _train_places(places, start, examples, config, num_steps, finish_early) -> Trained:
    def set_out_lane(lane):
        place = jax.tree.map(lambda values: values[lane], places)
        return set_out(place, start, examples, config)

    return train_blocks(set_out_lane, len(places.cell), examples, config, num_steps, finish_early)


@partial(jax.jit, static_argnames=("layout", "config"))
def _train_chunk(bounds, layout, start, examples, config, num_steps) -> Trained:
    def set_out_lane(lane):
        return set_out(place_in_chunk(lane, bounds, layout), start, examples, config)

    return train_blocks(set_out_lane, layout.chunk_size, examples, config, num_steps, finish_early=True)


def set_out(place: Place, start: Start, examples: Examples, config: Config) -> tuple[TrainState, Hyperparams]:
    """One neuron before step 0, and its hyperparams: given, swept, or drawn from its own key."""
    num_inputs, dtype = examples.x.shape[1], examples.x.dtype
    key = neuron_key(start.seed, place.cell, place.replicate)
    values = {**start.fixed, **place.swept}
    for name, distribution in start.drawn.items():
        if name != "init_weight":
            values[name] = distribution.sample(stream(key, name), (), dtype)
    bias = values.pop("init_bias")
    if "init_weight" in values:
        params = Params(jnp.broadcast_to(values.pop("init_weight"), (num_inputs,)), bias)
    else:
        params = init(stream(key, "init_weight"), num_inputs, start.drawn["init_weight"], bias, dtype)
    hyperparams = Hyperparams(**values)
    return init_state(stream(key, "batches"), params, hyperparams, config), hyperparams
