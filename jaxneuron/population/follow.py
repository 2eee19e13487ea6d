"""Following one neuron of a population: trained beside copies of itself, so that it has the bits it has
among many, and with every step kept."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import find_diverge_step, loss_limit
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import StepInfo, Trained, TrainState, conclude, update_step
from jaxneuron.population.blocks import LANES, block_of, map_in_blocks
from jaxneuron.population.place import Place, repeated
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, init_all, init_neuron
from jaxneuron.population.steps import take_some_steps

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
    """A neuron's hyperparams, the StepInfo of its steps, and what became of it, as NumPy arrays.

    The last row of the steps is the neuron at the end, with the update it would make next. It ends after
    `num_steps`, or before where its loss has converged: every component of the gradient and of the update is
    at most the tolerance, and for a silent neuron without a gradient the update is exactly 0; or where a
    number is not finite. Mini-batches, whose gradients do not speak for all examples, are followed through
    all steps.
    """
    place = Place(np.uint32(cell), np.uint32(replicate), dict(swept))  # pyright: ignore[reportArgumentType]
    place = repeated(place, block_of(config.gradient, LANES))
    data = (start, examples)
    begin, hyperparams = compiled(init_all, config)(place, *data)
    take, info_of = compiled(take_some_steps, config, BLOCK), compiled(_first_info, config)
    state, infos, left, has_ended = begin, [], num_steps, False
    while left > 0 and not has_ended:
        taken = min(left, BLOCK)
        after, states = take(place, state, taken, *data)
        info = jax.tree.map(np.asarray, info_of(place, states, *data))
        ends = np.flatnonzero(_has_ended(info, config)[:taken])
        if has_ended := len(ends) > 0:
            taken = int(ends[0])
            after, _ = take(place, state, taken, *data)
        infos.append(jax.tree.map(lambda values, taken=taken: values[:taken], info))
        state, left = after, left - taken
    _, states = take(place, state, 0, *data)
    infos.append(jax.tree.map(lambda values: np.asarray(values)[:1], info_of(place, states, *data)))
    history = jax.tree.map(lambda *parts: np.concatenate(parts), *infos)
    trained = compiled(_conclude_all, config)(place, begin.params, state, *data)
    hyperparams, trained = jax.tree.map(lambda values: np.asarray(values)[0], (hyperparams, trained))
    diverge_step = NO_STEP
    if trained.fate == Fate.diverged:
        find = compiled(_diverge_step, config)
        diverge_step = find(history.params, history.loss, trained.initial_loss, hyperparams, examples)
    return hyperparams, history, trained._replace(diverge_step=np.int32(diverge_step))


def _first_info(
    config: Config, place: Place, states: TrainState, start: Start, examples: Examples
) -> StepInfo:
    """The steps of the first of some neurons from each of its states."""
    place, states = jax.tree.map(lambda values: values[0], (place, states))
    return info_of_steps(config, place, states, start, examples)


def info_of_steps(
    config: Config, place: Place, states: TrainState, start: Start, examples: Examples
) -> StepInfo:
    """The steps of a neuron from each of some states."""
    _, hyperparams = init_neuron(place, start, examples, config)
    return jax.vmap(lambda state: update_step(state, hyperparams, examples, config)[1])(states)


def _conclude_all(
    config: Config, place: Place, init_params: Params, states: TrainState, start: Start, examples: Examples
) -> Trained:
    """What became of some neurons, by the loop that concludes many."""

    def conclude_neuron(place: Place, init_params: Params, state: TrainState) -> Trained:
        _, hyperparams = init_neuron(place, start, examples, config)
        return conclude(init_params, state, hyperparams, examples, config)

    arguments = jax.tree.map(lambda v: jnp.concatenate([v, v]), (place, init_params, states))
    return map_in_blocks(conclude_neuron, len(init_params.bias), *arguments)


def _diverge_step(
    config: Config,
    params: Params,
    loss: Float[Array, " steps"],
    initial_loss: Float[Array, ""],
    hyperparams: Hyperparams,
    examples: Examples,
) -> Int[Array, ""]:
    """The first of a neuron's steps from which it has diverged to the last of them."""
    limit = loss_limit(initial_loss, hyperparams, examples, config)
    return find_diverge_step(params, loss, limit)


def _has_ended(info: StepInfo, config: Config) -> np.ndarray:
    """For each step, whether the loss has converged or diverged for good."""
    weight, bias = info.params
    is_finite = np.isfinite(weight).all(-1) & np.isfinite(bias) & np.isfinite(info.loss)
    if config.batch_size is not None:
        return ~is_finite
    grad, update = (
        np.maximum(np.abs(part.weight).max(-1), np.abs(part.bias)) for part in (info.grads, info.updates)
    )
    # Where no gradient passes, momentum or weight decay may move the neuron all the same, and wake it. That
    # no example has z > 0 does not suffice: many activations pass a gradient at z ≤ 0.
    passes_none = (info.num_active == 0) & (grad == 0)
    is_still = np.where(passes_none, update == 0, update <= config.tolerance)
    return ~is_finite | ((grad <= config.tolerance) & is_still)
