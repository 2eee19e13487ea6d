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
from jaxneuron.neuron.train import Config, Trained, TrainState, conclude, init_state
from jaxneuron.population import lockstep, own_pace
from jaxneuron.population.blocks import SetOut, TakeAllSteps, block_of, compiler_options, whole_lanes
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
    with _one_at_a_time:
        decays = "weight_decay" in {**start.fixed, **start.drawn, **swept}
        at_own_pace = finish_early and own_pace.pays(config, examples.y.shape[0], decays)
        program = _compiled(_train_places, config, finish_early, at_own_pace)
    places = Place(cells, replicates, dict(swept))  # pyright: ignore[reportArgumentType]
    return program(places, start, examples, np.int32(num_steps))


def train_chunk(
    bounds: Bounds,
    layout: Layout,
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int,
    *,
    is_short: bool = False,
) -> Trained:
    """Train the neurons of one chunk of a study, padding included; one compilation serves all its chunks.

    A short study has the program that is compiled sooner. It gives the same bits.
    """
    with _one_at_a_time:
        decays = "weight_decay" in {**start.fixed, **start.drawn, **bounds.values}
        at_own_pace = not is_short and own_pace.pays(config, examples.y.shape[0], decays)
        program = _compiled(_train_chunk, config, True, at_own_pace, layout)
    return program(bounds, start, examples, np.int32(num_steps))


# Of two threads that found no program at the same time, each would make and compile its own.
_one_at_a_time = Lock()


# Few are kept: each holds hundreds of memory maps, of which a process may have only so many.
@lru_cache(maxsize=8)
def _compiled(
    function: Callable[..., Trained], config: Config, finish_early: bool, at_own_pace: bool, *static: Layout
) -> Callable[..., Trained]:
    if at_own_pace:
        take_all_steps = own_pace.take_all_steps
    else:
        take_all_steps = partial(lockstep.take_all_steps, finish_early=finish_early)
    program = partial(function, *static, config, take_all_steps)
    return jax.jit(program, compiler_options=compiler_options(config))


def _train_places(
    config: Config,
    take_all_steps: TakeAllSteps,
    places: Place,
    start: Start,
    examples: Examples,
    num_steps: Array,
) -> Trained:
    def set_out_lane(lane: Array) -> tuple[TrainState, Hyperparams]:
        place = jax.tree.map(lambda values: values[lane], places)
        return set_out(place, start, examples, config)

    return _train_lanes(set_out_lane, len(places.cell), examples, config, num_steps, take_all_steps)


def _train_chunk(
    layout: Layout,
    config: Config,
    take_all_steps: TakeAllSteps,
    bounds: Bounds,
    start: Start,
    examples: Examples,
    num_steps: Array,
) -> Trained:
    def set_out_lane(lane: Array) -> tuple[TrainState, Hyperparams]:
        return set_out(place_in_chunk(lane, bounds, layout), start, examples, config)

    return _train_lanes(set_out_lane, layout.chunk_size, examples, config, num_steps, take_all_steps)


def _train_lanes(
    set_out_lane: SetOut,
    num_neurons: int,
    examples: Examples,
    config: Config,
    num_steps: Array,
    take_all_steps: TakeAllSteps,
) -> Trained:
    """Train the neurons at lanes 0, 1, …, and say what became of them, block by block."""

    def set_out(lane: Array) -> tuple[TrainState, Hyperparams]:
        # Lanes that only fill a block hold the last neuron again.
        return set_out_lane(jnp.minimum(lane, num_neurons - 1))

    def conclude_lane(lane: Array, state: TrainState) -> Trained:
        start, hyperparams = set_out(lane)
        state = state._replace(step=num_steps, key=start.key)
        return conclude(start.params, state, hyperparams, examples, config)

    block = block_of(config.gradient, num_neurons)
    lanes = jnp.arange(whole_lanes(num_neurons, block), dtype=jnp.int32)
    end = take_all_steps(set_out, num_neurons, len(lanes), examples, config, num_steps)
    in_blocks = jax.tree.map(lambda values: values.reshape(-1, block, *values.shape[1:]), (lanes, end))
    trained = jax.lax.map(lambda lanes: jax.vmap(conclude_lane)(*lanes), in_blocks)
    return jax.tree.map(lambda values: values.reshape(-1, *values.shape[2:])[:num_neurons], trained)


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
