"""Following one neuron of a population: trained beside copies of itself, so that it has the bits it has
among many, and with every step kept."""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Config, StepInfo, Trained, TrainState, conclude, update_step
from jaxneuron.population.blocks import LANES, block_of
from jaxneuron.population.place import Place
from jaxneuron.population.train import Start, set_out

# Steps per call of the compiled program; whether anything more will come is looked at between calls.
BLOCK = 512


def follow(
    cell: int,
    replicate: int,
    swept: Mapping[str, Float[Array, ""]],
    start: Start,
    examples: Examples,
    config: Config,
    num_steps: int,
) -> tuple[Hyperparams, StepInfo, Trained]:
    """A neuron's hyperparams, what each of its steps told, and what became of it, as NumPy arrays.

    The last row is the neuron at the end, with the update it would make next. It ends after `num_steps`,
    or before where its loss has converged: every component of the gradient and of the update is at most
    the tolerance, and for a silent neuron, which has no gradient, the update is exactly 0; or where a number
    is not finite. Mini-batches, whose gradients do not speak for all examples, are followed through all
    steps.
    """
    num_lanes = block_of(config.gradient, LANES)
    place = jax.tree.map(
        lambda value: jnp.broadcast_to(value, (num_lanes, *value.shape)),
        Place(jnp.uint32(cell), jnp.uint32(replicate), dict(swept)),
    )
    shared = (start, examples, config)
    begin, hyperparams = _set_out(place, *shared)
    state, infos, left, has_ended = begin, [], num_steps, False
    while left > 0 and not has_ended:
        taken = min(left, BLOCK)
        after, states = _take_some_steps(place, state, taken, *shared)
        info = _tell(place, states, *shared)
        ends = np.flatnonzero(_has_ended(info, config)[:taken])
        if has_ended := len(ends) > 0:
            taken = int(ends[0])
            after, _ = _take_some_steps(place, state, taken, *shared)
        infos.append(jax.tree.map(lambda values, taken=taken: values[:taken], info))
        state, left = after, left - taken
    _, states = _take_some_steps(place, state, 0, *shared)
    infos.append(jax.tree.map(lambda values: values[:1], _tell(place, states, *shared)))
    history = jax.tree.map(lambda *parts: np.concatenate(parts), *infos)
    trained = _conclude(place, begin.params, state, *shared)
    hyperparams, trained = jax.tree.map(lambda values: np.asarray(values[0]), (hyperparams, trained))
    return hyperparams, history, trained


# Each of these works out the hyperparams from the neuron's place, as the program for many does: a value
# that all neurons share then enters the arithmetic in the same way, and rounds in the same way.


@partial(jax.jit, static_argnames="config")
def _set_out(
    place: Place, start: Start, examples: Examples, config: Config
) -> tuple[TrainState, Hyperparams]:
    def set_out_neuron(place: Place) -> tuple[TrainState, Hyperparams]:
        return set_out(place, start, examples, config)

    return jax.vmap(set_out_neuron)(place)


@partial(jax.jit, static_argnames="config")
def _take_some_steps(
    place: Place, state: TrainState, num_steps: int, start: Start, examples: Examples, config: Config
) -> tuple[TrainState, TrainState]:
    """The state after `num_steps`, at most BLOCK, and the states before each of BLOCK steps.

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

        return jax.lax.scan(step, state, jnp.arange(BLOCK))

    return jax.vmap(follow_neuron)(place, state)


def _tell(place: Place, states: TrainState, start: Start, examples: Examples, config: Config) -> StepInfo:
    """What the neuron's steps from each of its states tell."""
    place, states = jax.tree.map(lambda values: values[0], (place, states))
    return jax.tree.map(np.asarray, _tell_alone(place, states, start, examples, config))


@partial(jax.jit, static_argnames="config")
def _tell_alone(
    place: Place, states: TrainState, start: Start, examples: Examples, config: Config
) -> StepInfo:
    _, hyperparams = set_out(place, start, examples, config)
    return jax.vmap(lambda state: update_step(state, hyperparams, examples, config)[1])(states)


@partial(jax.jit, static_argnames="config")
def _conclude(
    place: Place,
    init_params: Params,
    state: TrainState,
    start: Start,
    examples: Examples,
    config: Config,
) -> Trained:
    def conclude_neuron(place: Place, init_params: Params, state: TrainState) -> Trained:
        _, hyperparams = set_out(place, start, examples, config)
        return conclude(init_params, state, hyperparams, examples, config)

    return jax.vmap(conclude_neuron)(place, init_params, state)


def _has_ended(info: StepInfo, config: Config) -> np.ndarray:
    """For each step, whether the loss has converged or diverged for good."""
    finite = np.isfinite(info.loss) & np.isfinite(info.params.bias)
    finite &= np.isfinite(info.params.weight).all(-1)
    if config.batch_size is not None:
        return ~finite
    grad, update = (
        np.maximum(np.abs(part.weight).max(-1), np.abs(part.bias)) for part in (info.grads, info.updates)
    )
    # A silent neuron has no gradient; momentum or weight decay may move it all the same, and revive it.
    is_still = np.where(info.num_active > 0, update <= config.tolerance, update == 0)
    return ~finite | ((grad <= config.tolerance) & is_still)
