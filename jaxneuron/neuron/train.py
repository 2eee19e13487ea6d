"""Training one neuron: a step is one full pass and one update, and training is a scan of steps."""

from functools import partial
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, Key

from jaxneuron.neuron.absorbed import is_absorbed
from jaxneuron.neuron.autodiff import evaluate_in_order
from jaxneuron.neuron.batches import draw_batch
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.gradient import evaluate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import (
    Silence,
    find_diverge_step,
    has_diverged,
    judge,
    loss_limit,
    never_silent,
    watch,
)
from jaxneuron.neuron.loss import Evaluation, Examples, largest, silent_loss
from jaxneuron.neuron.optimizers import has_memory, optimizer
from jaxneuron.neuron.params import Params, preactivation
from jaxneuron.neuron.schedules import FACTORS


class TrainState(NamedTuple):
    """What the next step needs."""

    step: Int[Array, ""]
    key: Key[Array, ""]
    params: Params
    opt_state: optax.OptState
    silence: Silence | None  # None where the final params show it
    unchanged_since: Int[Array, ""]  # first step from which the params are what they are now
    moving_until: Int[Array, ""] | None  # step after the last with a gradient above tolerance; None: unknown


class StepInfo(NamedTuple):
    """What is known of a step, all of it about the params before the update."""

    params: Params
    loss: Float[Array, ""]  # over all examples
    grads: Params  # over the step's examples: all, or its mini-batch
    num_active: Int[Array, ""]  # of all examples
    updates: Params


class Trained(NamedTuple):
    """One neuron at the end of its training."""

    init_params: Params
    params: Params
    initial_loss: Float[Array, ""]
    loss: Float[Array, ""]
    gradient_norm: Float[Array, ""]  # the largest component, in absolute value
    num_active: Int[Array, ""]
    fate: Int[Array, ""]
    death_step: Int[Array, ""]
    diverge_step: Int[Array, ""]
    settle_step: Int[Array, ""]
    revivals: Int[Array, ""]
    fixed_step: Int[Array, ""]  # first step from which the params stay the same to the end; -1 if none
    nearly_silent: Bool[Array, ""]
    absorbed: Bool[Array, ""]
    # Where it was trained by jumps: the steps of the cycle it ends in (1 at rest, 0 unknown, -1 no cycle is
    # known), and whether its fate is unknown.
    period: Int[Array, ""] | None = None
    undecided: Bool[Array, ""] | None = None


def init_state(key: Key[Array, ""], params: Params, hyperparams: Hyperparams, config: Config) -> TrainState:
    """The state before step 0; `key` draws the mini-batches."""
    opt_state = optimizer(config.optimizer, hyperparams, config.train_bias).init(params)
    silence = never_silent() if is_watched(config, hyperparams) else None
    # With mini-batches, no step need pass over all examples, to know the gradient over them.
    sees_all = config.batch_size is None or silence is not None or config.gradient == "moments"
    moving_until = jnp.int32(0) if sees_all else None
    return TrainState(jnp.int32(0), key, params, opt_state, silence, jnp.int32(0), moving_until)


def is_watched(config: Config, hyperparams: Hyperparams) -> bool:
    """Whether silence has to be looked for at every step.

    It need not be where nothing moves a silent neuron: then it has been silent from the step on from which
    its params have stayed what they are. An optimizer's memory moves it, and so does weight decay.
    """
    moves_when_silent = has_memory(config.optimizer) or hyperparams.weight_decay is not None
    is_batched = config.batch_size is not None  # a batch may rest without all examples resting
    return ACTIVATIONS[config.activation].can_die and (moves_when_silent or is_batched)


@partial(jax.jit, static_argnames="config", inline=True)
def update_step(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config
) -> tuple[TrainState, StepInfo]:
    """One pass over the examples and one update."""
    everything = evaluate(state.params, hyperparams, examples, config)
    grads = everything.grads
    if config.batch_size is not None:
        batch = draw_batch(state.key, state.step, examples, config.batch_size)
        grads = evaluate_in_order(state.params, hyperparams, batch, config).grads
    scheduled = at_step(state.step, hyperparams, config)
    transformation = optimizer(config.optimizer, scheduled, config.train_bias)
    updates, opt_state = transformation.update(grads, state.opt_state, state.params)
    params, updates = cast(Params, optax.apply_updates(state.params, updates)), cast(Params, updates)
    silence = state.silence and watch(state.silence, state.step, everything.num_active == 0)
    unchanged_since = jnp.where(_is_same(params, state.params), state.unchanged_since, state.step + 1)
    moving_until = state.moving_until
    if moving_until is not None:
        is_moving = gradient_norm(everything.grads) > config.tolerance
        moving_until = jnp.where(is_moving, state.step + 1, moving_until)
    info = StepInfo(state.params, everything.loss, grads, everything.num_active, updates)
    after = TrainState(state.step + 1, state.key, params, opt_state, silence, unchanged_since, moving_until)
    return after, info


def at_step(step: Int[Array, ""], hyperparams: Hyperparams, config: Config) -> Hyperparams:
    """The hyperparams with the learning rate that the schedule has at a step."""
    if config.schedule is None:
        return hyperparams
    name, num_steps = config.schedule
    rate = jnp.asarray(hyperparams.learning_rate)
    share = step.astype(rate.dtype) / max(num_steps, 1)
    return hyperparams._replace(learning_rate=rate * FACTORS[name](share, hyperparams))


def gradient_norm(grads: Params) -> Float[Array, ""]:
    """The largest component, in absolute value."""
    return jnp.maximum(jnp.max(jnp.abs(grads.weight)), jnp.abs(grads.bias))


def _is_same(params: Params, others: Params) -> Bool[Array, ""]:
    """Whether params are the same numbers: NaN is itself, and -0 is 0, so that silence keeps them."""

    def differ(a: Array, b: Array) -> Array:
        # Of whole numbers, which vector units reduce; one of truth values goes one by one.
        return jnp.max(((a != b) & ((a == a) | (b == b))).astype(jnp.int32))

    return (differ(params.weight, others.weight) == 0) & (differ(params.bias, others.bias) == 0)


@partial(jax.jit, static_argnames=("config", "num_steps"), inline=True)
def take_steps(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: int
) -> tuple[TrainState, StepInfo]:
    """The state after `num_steps` steps, and the StepInfo of each of them, stacked."""
    return jax.lax.scan(
        lambda state, _: update_step(state, hyperparams, examples, config), state, length=num_steps
    )


def train(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: int
) -> Trained:
    """What became of one neuron that takes `num_steps` steps from a state."""
    end, info = take_steps(state, hyperparams, examples, config, num_steps)
    trained = conclude(state.params, end, hyperparams, examples, config)
    limit = loss_limit(trained.initial_loss, hyperparams, examples, config)
    first = find_diverge_step(info.params, info.loss, limit)
    return trained._replace(diverge_step=jnp.where(trained.fate == Fate.diverged, first, NO_STEP))


def conclude(
    init_params: Params, state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config
) -> Trained:
    """What became of a neuron that went from `init_params` to `state`.

    Of one that has diverged no more is known here: its `diverge_step` is the last step until its steps are
    looked at.
    """
    # Both through one loop: alone, the first would be compiled without its gradient and round otherwise.
    both = jax.tree.map(lambda *values: jnp.stack(values), init_params, state.params)
    # One after the other: in a product of both, or a loop over pairs, XLA reads across its rows.
    evaluations = jax.lax.map(lambda params: evaluate(params, hyperparams, examples, config), both)
    start, end = (jax.tree.map(lambda values, i=i: values[i], evaluations) for i in (0, 1))
    return conclude_evaluated(init_params, state, start, end, hyperparams, examples, config)


def conclude_evaluated(
    init_params: Params,
    state: TrainState,
    start: Evaluation,
    end: Evaluation,
    hyperparams: Hyperparams,
    examples: Examples,
    config: Config,
) -> Trained:
    """What became of a neuron whose loss and gradient are known at the start and at the end."""
    silence = _silence_at_end(state, end.num_active == 0, config)
    norm, limit = gradient_norm(end.grads), loss_limit(start.loss, hyperparams, examples, config)
    fate, death_step = judge(silence, has_diverged(state.params, end.loss, limit), norm, config.tolerance)
    settle_step = jnp.full_like(state.step, NO_STEP)
    if state.moving_until is not None:
        settle_step = jnp.where(fate == Fate.converged, state.moving_until, NO_STEP)
    largest_z = largest(lambda x: preactivation(state.params, x), examples)
    size_of_targets = jnp.sqrt(2 * silent_loss(examples, hyperparams.target_scale))
    absorbed = jnp.bool(False)
    if ACTIVATIONS[config.activation].can_die:
        certified = is_absorbed(state.params, state.opt_state, hyperparams, examples, config)
        absorbed = certified & (death_step >= 0)
    return Trained(
        init_params=init_params,
        params=state.params,
        initial_loss=start.loss,
        loss=end.loss,
        gradient_norm=norm,
        num_active=end.num_active,
        fate=fate,
        death_step=death_step,
        diverge_step=jnp.where(fate == Fate.diverged, state.step, NO_STEP),
        settle_step=settle_step,
        revivals=silence.revivals,
        fixed_step=jnp.where(state.unchanged_since < state.step, state.unchanged_since, -1),
        nearly_silent=(largest_z <= config.silence_tolerance * size_of_targets) & (fate != Fate.diverged),
        absorbed=absorbed,
    )


def _silence_at_end(state: TrainState, is_silent: Bool[Array, ""], config: Config) -> Silence:
    """The record of silence after the last step, where `is_silent` is known of its params."""
    if not ACTIVATIONS[config.activation].can_die:
        return never_silent()
    if state.silence is not None:
        return watch(state.silence, state.step, is_silent)
    return never_silent()._replace(since=jnp.where(is_silent, state.unchanged_since, NO_STEP))
