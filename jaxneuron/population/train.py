"""Training many neurons: `neuron.train` mapped over a chunk, each neuron with its own values and key."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, UInt

from jaxneuron.neuron.draws import Distribution
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params, init
from jaxneuron.neuron.train import Config, Trained, TrainState, init_state, train
from jaxneuron.population.keys import neuron_key, stream

# A program for a single neuron is compiled without vector instructions, and may round otherwise than the
# one for many (its multiply-adds fuse differently). Fewer neurons than this are trained beside copies.
LANES = 8


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
) -> Trained:
    """Train the neurons at the given places of a study; every result has a leading axis of neurons.

    A neuron's result depends on its own cell, replicate and swept values and on what all share, never on
    its neighbours. One compilation serves every chunk of a study and every value of a hyperparameter.
    """
    num_neurons = cells.shape[0]
    index = jnp.minimum(jnp.arange(max(num_neurons, LANES)), num_neurons - 1)
    cells, replicates, swept = jax.tree.map(lambda values: values[index], (cells, replicates, swept))
    trained = _train_many(cells, replicates, swept, start, examples, config, num_steps)
    return jax.tree.map(lambda values: values[:num_neurons], trained)


@partial(jax.jit, static_argnames=("config", "num_steps"))
def _train_many(cells, replicates, swept, start, examples, config, num_steps) -> Trained:
    def train_neuron(cell, replicate, swept) -> Trained:
        state, hyperparams = set_out(cell, replicate, swept, start, examples, config)
        return train(state, hyperparams, examples, config, num_steps)

    return jax.vmap(train_neuron)(cells, replicates, swept)


def set_out(
    cell: UInt[Array, ""],
    replicate: UInt[Array, ""],
    swept: Mapping[str, Float[Array, ""]],
    start: Start,
    examples: Examples,
    config: Config,
) -> tuple[TrainState, Hyperparams]:
    """One neuron before step 0, and its hyperparams: given, swept, or drawn from its own key."""
    num_inputs, dtype = examples.x.shape[1], examples.x.dtype
    key = neuron_key(start.seed, cell, replicate)
    values = {**start.fixed, **swept}
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
