"""Taking the steps of a few neurons with the states between them kept."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Config, TrainState, update_step
from jaxneuron.population.place import Place
from jaxneuron.population.start import Start, set_out

# Each of these works out the hyperparams from the neuron's place, as the program for many does: a value
# that all neurons share then enters the arithmetic in the same way, and rounds in the same way.


@partial(jax.jit, static_argnames="config")
def set_out_all(
    place: Place, start: Start, examples: Examples, config: Config
) -> tuple[TrainState, Hyperparams]:
    """The states before step 0, and the hyperparams, of the neurons at some places."""

    def set_out_neuron(place: Place) -> tuple[TrainState, Hyperparams]:
        return set_out(place, start, examples, config)

    return jax.vmap(set_out_neuron)(place)


@partial(jax.jit, static_argnames=("config", "most"))
def take_some_steps(
    place: Place,
    state: TrainState,
    num_steps: int,
    start: Start,
    examples: Examples,
    config: Config,
    most: int,
) -> tuple[TrainState, TrainState]:
    """The states after `num_steps`, at most `most`, and before each of `most` steps.

    One compilation for any number of steps: those beyond it leave the state as it is. What a step tells
    is not asked for here: having to show the update, the compiler would round it.
    """

    def follow_neuron(place: Place, state: TrainState) -> tuple[TrainState, TrainState]:
        _, hyperparams = set_out(place, start, examples, config)

        def step(state: TrainState, i: Array) -> tuple[TrainState, TrainState]:
            after = jax.lax.cond(
                i < num_steps,
                lambda state: update_step(state, hyperparams, examples, config)[0],
                lambda state: state,
                state,
            )
            return after, state

        return jax.lax.scan(step, state, jnp.arange(most))

    return jax.vmap(follow_neuron)(place, state)
