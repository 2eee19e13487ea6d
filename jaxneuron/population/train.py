"""Training many neurons: `neuron.train` mapped over a chunk, each neuron with its own values and key."""

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
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Config, Trained, train
from jaxneuron.population.keys import neuron_key, stream

Value = Float[Array, "..."] | np.ndarray | float


class Start(NamedTuple):
    """Where the values of all neurons of a study come from, apart from those that are swept.

    `fixed` values are the same for all; `drawn` ones are drawn by each neuron from its own key. Both
    hold hyperparams, `init_bias` and `init_weight`, by name.
    """

    seed: Key[Array, ""]
    fixed: Mapping[str, Value]
    drawn: Mapping[str, Distribution]


@partial(jax.jit, static_argnames=("config", "num_steps"))
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

    def train_neuron(cell, replicate, swept) -> Trained:
        key = neuron_key(start.seed, cell, replicate)
        params, hyperparams = prepare(key, {**start.fixed, **swept}, start.drawn, examples)
        return train(stream(key, "batches"), params, hyperparams, examples, config, num_steps)

    return jax.vmap(train_neuron)(cells, replicates, swept)


def prepare(
    key: Key[Array, ""],
    given: Mapping[str, Value],
    drawn: Mapping[str, Distribution],
    examples: Examples,
) -> tuple[Params, Hyperparams]:
    """A neuron's params before step 0 and its hyperparams, from given values and its own draws."""
    num_inputs, dtype = examples.x.shape[1], examples.x.dtype
    values = {name: jnp.asarray(value, dtype) for name, value in given.items()}
    for name, distribution in drawn.items():
        shape = (num_inputs,) if name == "init_weight" else ()
        values[name] = distribution.sample(stream(key, name), shape, dtype)
    params = Params(
        weight=jnp.broadcast_to(values.pop("init_weight"), (num_inputs,)), bias=values.pop("init_bias")
    )
    return params, Hyperparams(**values)
