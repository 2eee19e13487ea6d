"""Training many neurons: those at given places of a study, or one chunk, each with its values and key."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from threading import Lock
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
from jaxneuron.population.blocks import compiler_options, train_blocks
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
    cells: UInt[Array | np.ndarray, " neurons"],
    replicates: UInt[Array | np.ndarray, " neurons"],
    swept: Mapping[str, Float[Array | np.ndarray, "neurons ..."]],
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
    program = _compiled(_train_places, config, finish_early)
    places = Place(cells, replicates, dict(swept))  # pyright: ignore[reportArgumentType]
    return program(places, start, examples, np.int32(num_steps))


def train_chunk(
    bounds: Bounds,
    layout: Layout,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int,
) -> Trained:
    """Train the neurons of one chunk of a study, padding included; one compilation serves all its chunks."""
    program = _compiled(_train_chunk, config, layout)
    return program(bounds, start, examples, np.int32(num_steps))


def _compiled(
    function: Callable[..., Trained], config: Config, *static: bool | Layout
) -> Callable[..., Trained]:
    # Of two threads that found no program at the same time, each would make and compile its own.
    with _one_at_a_time:
        return _compiled_once(function, config, *static)


_one_at_a_time = Lock()


# Few are kept: each holds hundreds of memory maps, of which a process may have only so many.
@lru_cache(maxsize=8)
def _compiled_once(
    function: Callable[..., Trained], config: Config, *static: bool | Layout
) -> Callable[..., Trained]:
    return jax.jit(partial(function, config, *static), compiler_options=compiler_options(config))


def _train_places(
    config: Config, finish_early: bool, places: Place, start: Start, examples: Examples, num_steps: Array
) -> Trained:
    def set_out_neuron(number: Array) -> tuple[TrainState, Hyperparams]:
        place = jax.tree.map(lambda values: values[number], places)
        return set_out(place, start, examples, config)

    return train_blocks(set_out_neuron, len(places.cell), examples, config, num_steps, finish_early)


def _train_chunk(
    config: Config, layout: Layout, bounds: Bounds, start: Start, examples: Examples, num_steps: Array
) -> Trained:
    def set_out_neuron(number: Array) -> tuple[TrainState, Hyperparams]:
        return set_out(place_in_chunk(number, bounds, layout), start, examples, config)

    return train_blocks(set_out_neuron, layout.chunk_size, examples, config, num_steps, True)


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
