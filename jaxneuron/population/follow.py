"""Following one neuron of a population: trained beside copies of itself, so that it has the bits it has
among many, and with every step kept."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.judge import has_diverged, until_last
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import (
    Config,
    StepInfo,
    Trained,
    TrainState,
    conclude,
    loss_limit,
    update_step,
)
from jaxneuron.population.blocks import LANES, block_of, map_in_blocks
from jaxneuron.population.place import Place
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, set_out
from jaxneuron.population.steps import set_out_all, take_some_steps

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
        lambda value: np.broadcast_to(value, (num_lanes, *np.shape(value))),
        Place(np.uint32(cell), np.uint32(replicate), dict(swept)),  # pyright: ignore[reportArgumentType]
    )
    data = (start, examples)
    begin, hyperparams = compiled(set_out_all, config)(place, *data)
    take, tell_first = compiled(take_some_steps, config, BLOCK), compiled(_tell_first, config)
    state, infos, left, has_ended = begin, [], num_steps, False
    while left > 0 and not has_ended:
        taken = min(left, BLOCK)
        after, states = take(place, state, taken, *data)
        info = jax.tree.map(np.asarray, tell_first(place, states, *data))
        ends = np.flatnonzero(_has_ended(info, config)[:taken])
        if has_ended := len(ends) > 0:
            taken = int(ends[0])
            after, _ = take(place, state, taken, *data)
        infos.append(jax.tree.map(lambda values, taken=taken: values[:taken], info))
        state, left = after, left - taken
    _, states = take(place, state, 0, *data)
    infos.append(jax.tree.map(lambda values: np.asarray(values)[:1], tell_first(place, states, *data)))
    history = jax.tree.map(lambda *parts: np.concatenate(parts), *infos)
    trained = compiled(_conclude_all, config)(place, begin.params, state, *data)
    hyperparams, trained = jax.tree.map(lambda values: np.asarray(values)[0], (hyperparams, trained))
    diverge_step = NO_STEP
    if trained.fate == Fate.diverged:
        limit = loss_limit(jnp.asarray(trained.initial_loss), hyperparams, examples, config)
        is_beyond = has_diverged(jnp.asarray(_are_finite(history)), jnp.asarray(history.loss), limit)
        diverge_step = until_last(~is_beyond)
    return hyperparams, history, trained._replace(diverge_step=np.int32(diverge_step))


def _tell_first(
    config: Config, place: Place, states: TrainState, start: Start, examples: Examples
) -> StepInfo:
    """What the steps of the first of some neurons tell, from each of its states."""
    place, states = jax.tree.map(lambda values: values[0], (place, states))
    return tell(config, place, states, start, examples)


def tell(config: Config, place: Place, states: TrainState, start: Start, examples: Examples) -> StepInfo:
    """What a neuron's steps from each of some states tell."""
    _, hyperparams = set_out(place, start, examples, config)
    return jax.vmap(lambda state: update_step(state, hyperparams, examples, config)[1])(states)


def _conclude_all(
    config: Config,
    place: Place,
    init_params: Params,
    states: TrainState,
    start: Start,
    examples: Examples,
) -> Trained:
    def conclude_neuron(place: Place, init_params: Params, state: TrainState) -> Trained:
        _, hyperparams = set_out(place, start, examples, config)
        return conclude(init_params, state, hyperparams, examples, config)

    arguments = jax.tree.map(lambda v: jnp.concatenate([v, v]), (place, init_params, states))
    return map_in_blocks(conclude_neuron, len(init_params.bias), *arguments)


def _has_ended(info: StepInfo, config: Config) -> np.ndarray:
    """For each step, whether the loss has converged or diverged for good."""
    finite = _are_finite(info)
    if config.batch_size is not None:
        return ~finite
    grad, update = (
        np.maximum(np.abs(part.weight).max(-1), np.abs(part.bias)) for part in (info.grads, info.updates)
    )
    # A silent neuron has no gradient; momentum or weight decay may move it all the same, and revive it.
    is_still = np.where(info.num_active > 0, update <= config.tolerance, update == 0)
    return ~finite | ((grad <= config.tolerance) & is_still)


def _are_finite(info: StepInfo) -> Bool[np.ndarray, " steps"]:
    """For each step, whether params and loss are."""
    weight, bias = info.params
    return np.isfinite(weight).all(-1) & np.isfinite(bias) & np.isfinite(info.loss)
