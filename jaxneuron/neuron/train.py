"""Training one neuron: a step is one full pass and one update, and training is a scan of steps."""

import dataclasses
import operator
from functools import partial, reduce
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from jaxneuron.neuron.fate import Silence, judge, never_silent, watch
from jaxneuron.neuron.gradient import evaluate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Evaluation, Examples, silent_loss
from jaxneuron.neuron.optimizers import optimizer
from jaxneuron.neuron.params import ACTIVATIONS, Params


@dataclasses.dataclass(frozen=True)
class Config:
    """What is the same for all neurons of a study and static under jit."""

    activation: str = "relu"
    train_bias: bool = True
    optimizer: str = "sgd"
    batch_size: int | None = None  # None: every step passes over all examples
    gradient: str = "in_order"  # one of FORMS; mini-batches are always passed over in order
    tolerance: float = 1e-5  # for the fate `converged`: of the gradient's largest component
    divergence_factor: float = 1e6  # multiple of max(initial loss, ½·mean y²), for the fate `diverged`


class TrainState(NamedTuple):
    """What the next step needs."""

    step: Int[Array, ""]
    key: Key[Array, ""]
    params: Params
    opt_state: optax.OptState
    silence: Silence
    unchanged_since: Int[Array, ""]  # first step from which the params are bit for bit what they are now


class StepInfo(NamedTuple):
    """What a step tells its reader: all of it about the params before the update."""

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
    revivals: Int[Array, ""]
    fixed_step: Int[Array, ""]  # first step from which the params stay the same to the end; -1 if none


def init_state(key: Key[Array, ""], params: Params, hyperparams: Hyperparams, config: Config) -> TrainState:
    """The state before step 0; `key` draws the mini-batches."""
    opt_state = optimizer(config.optimizer, hyperparams, config.train_bias).init(params)
    return TrainState(jnp.int32(0), key, params, opt_state, never_silent(), jnp.int32(0))


@partial(jax.jit, static_argnames="config", inline=True)
def update_step(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config
) -> tuple[TrainState, StepInfo]:
    """One pass over the examples and one update."""
    everything = _evaluate(config.gradient, state.params, hyperparams, examples, config)
    grads = everything.grads
    if config.batch_size is not None:
        batch = draw_batch(state.key, state.step, examples, config.batch_size)
        grads = _evaluate("in_order", state.params, hyperparams, batch, config).grads
    params, opt_state, updates = update(state.params, state.opt_state, grads, hyperparams, config)
    silence = watch_active(state.silence, state.step, everything.num_active, config)
    is_unchanged = has_same_bits(params, state.params)
    unchanged_since = jnp.where(is_unchanged, state.unchanged_since, state.step + 1)
    info = StepInfo(state.params, everything.loss, grads, everything.num_active, updates)
    return TrainState(state.step + 1, state.key, params, opt_state, silence, unchanged_since), info


def update(
    params: Params, opt_state: optax.OptState, grads: Params, hyperparams: Hyperparams, config: Config
) -> tuple[Params, optax.OptState, Params]:
    """Params and the optimizer's state after an update, and what was added to the params."""
    transformation = optimizer(config.optimizer, hyperparams, config.train_bias)
    updates, opt_state = transformation.update(grads, opt_state, params)
    return cast(Params, optax.apply_updates(params, updates)), opt_state, cast(Params, updates)


def has_same_bits(one: PyTree[Array], other: PyTree[Array]) -> Bool[Array, ""]:
    """Whether two trees of numbers are the same bit for bit: NaN is itself, and -0 is not 0."""

    def differ(a: Array, b: Array) -> Array:
        bits = jnp.dtype(f"int{8 * a.dtype.itemsize}")
        difference = jax.lax.bitcast_convert_type(a, bits) ^ jax.lax.bitcast_convert_type(b, bits)
        # Of whole numbers, which vector units reduce; one of truth values goes one by one.
        return jnp.bitwise_or.reduce(difference, axis=None)

    # Not a reduction over all of them: it would be a loop of its own.
    differences = jax.tree.leaves(jax.tree.map(differ, one, other))
    return ~reduce(operator.or_, (difference != 0 for difference in differences))


def draw_batch(key: Key[Array, ""], step: Int[Array, ""], examples: Examples, batch_size: int) -> Examples:
    """The step's mini-batch: examples drawn uniformly and with replacement from the neuron's own key."""
    chosen = jax.random.randint(jax.random.fold_in(key, step), (batch_size,), 0, examples.y.shape[0])
    return Examples(examples.x[chosen], examples.y[chosen])


@partial(jax.jit, static_argnames=("config", "num_steps"), inline=True)
def take_steps(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: int
) -> tuple[TrainState, StepInfo]:
    """`num_steps` steps, and what each of them told, stacked."""
    return jax.lax.scan(
        lambda state, _: update_step(state, hyperparams, examples, config), state, length=num_steps
    )


def train(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: int
) -> Trained:
    """Train one neuron for `num_steps` steps and say what became of it."""
    # What the steps tell is not read here, so the compiler never makes it.
    end, _ = take_steps(state, hyperparams, examples, config, num_steps)
    return conclude(state.params, end, hyperparams, examples, config)


def conclude(
    init_params: Params, state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config
) -> Trained:
    """What became of a neuron that went from `init_params` to `state`."""
    # Both through one loop: alone, the first would be compiled without its gradient and round otherwise.
    both = jax.tree.map(lambda *values: jnp.stack(values), init_params, state.params)
    evaluations = jax.vmap(lambda params: _evaluate(config.gradient, params, hyperparams, examples, config))(
        both
    )
    start, end = (jax.tree.map(lambda values, i=i: values[i], evaluations) for i in (0, 1))
    silence = watch_active(state.silence, state.step, end.num_active, config)
    is_finite = jnp.isfinite(end.loss) & jnp.isfinite(state.params.bias)
    is_finite &= jnp.all(jnp.isfinite(state.params.weight))
    gradient_norm = jnp.maximum(jnp.max(jnp.abs(end.grads.weight)), jnp.abs(end.grads.bias))
    loss_limit = config.divergence_factor * jnp.maximum(start.loss, silent_loss(examples))
    fate, death_step = judge(silence, is_finite, end.loss, loss_limit, gradient_norm, config.tolerance)
    return Trained(
        init_params=init_params,
        params=state.params,
        initial_loss=start.loss,
        loss=end.loss,
        gradient_norm=gradient_norm,
        num_active=end.num_active,
        fate=fate,
        death_step=death_step,
        revivals=silence.revivals,
        fixed_step=jnp.where(state.unchanged_since < state.step, state.unchanged_since, -1),
    )


def _evaluate(
    form: str, params: Params, hyperparams: Hyperparams, examples: Examples, config: Config
) -> Evaluation:
    return evaluate(form, params, examples, config.activation, hyperparams.negative_slope, config.train_bias)


def watch_active(
    silence: Silence, step: Int[Array, ""], num_active: Int[Array, ""], config: Config
) -> Silence:
    """The record of silence after a step's active examples have been counted."""
    if not ACTIVATIONS[config.activation].can_die:
        return silence
    return watch(silence, step, num_active == 0)
