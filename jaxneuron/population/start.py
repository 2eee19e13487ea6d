"""Where the values of neurons come from, and neurons before step 0."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from jaxneuron.neuron.draws import Distribution
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params, init
from jaxneuron.neuron.sample import sample
from jaxneuron.neuron.train import TrainState, init_state
from jaxneuron.population.keys import neuron_key, stream
from jaxneuron.population.place import Place

# From the number of a neuron: its state before step 0, and its hyperparams.
InitNeuron = Callable[[Int[Array, ""]], tuple[TrainState, Hyperparams]]


class Start(NamedTuple):
    """Where the values of all neurons of a study come from, apart from those that are swept.

    `fixed` values are the same for all; `drawn` ones are drawn by each neuron from its own key. Both
    hold hyperparams, `init_bias` and `init_weight`, by name.
    """

    seed: Key[Array, ""]
    fixed: Mapping[str, Float[Array, "..."]]
    drawn: Mapping[str, Distribution]


def init_neuron(
    place: Place, start: Start, examples: Examples, config: Config
) -> tuple[TrainState, Hyperparams]:
    """The state of one neuron before step 0, and its hyperparams: given, swept, or drawn from its own key."""
    num_inputs, dtype = examples.x.shape[1], examples.x.dtype
    key = neuron_key(start.seed, place.cell, place.replicate)
    values = {**start.fixed, **place.swept}
    for name, distribution in start.drawn.items():
        if name != "init_weight":
            values[name] = sample(distribution, stream(key, name), (), dtype)
    bias = values.pop("init_bias")
    if "init_weight" in values:
        params = Params(jnp.broadcast_to(values.pop("init_weight"), (num_inputs,)), bias)
    else:
        params = init(stream(key, "init_weight"), num_inputs, start.drawn["init_weight"], bias, dtype)
    hyperparams = Hyperparams(**values)
    return init_state(stream(key, "batches"), params, hyperparams, config), hyperparams


def init_all(
    config: Config, places: Place, start: Start, examples: Examples
) -> tuple[TrainState, Hyperparams]:
    """The states before step 0, and the hyperparams, of the neurons at some places."""
    return jax.vmap(lambda place: init_neuron(place, start, examples, config))(places)
