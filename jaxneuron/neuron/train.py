"""Training one neuron: a step is one full pass and one update, and training is a scan of steps."""

import dataclasses
from functools import partial
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from jaxneuron.neuron.fate import Silence, judge, never_silent, watch
from jaxneuron.neuron.gradient import Evaluation, evaluate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples, silent_loss
from jaxneuron.neuron.optimizers import optimizer
from jaxneuron.neuron.params import ACTIVATIONS, Params


@dataclasses.dataclass(frozen=True)
class Config:
    """What is the same for all neurons of a study and static under jit."""

    activation: str = "relu"
    train_bias: bool = True
    optimizer: str = "sgd"
    batch_size: int | None = None  # None: every step passes over all examples
    tolerance: float = 1e-5  # for the fate `converged`: of the gradient's largest component
    divergence_factor: float = 1e6  # multiple of max(initial loss, ½·mean y²), for the fate `diverged`


class TrainState(NamedTuple):
    """What the next step needs."""

    step: Int[Array, ""]
    key: Key[Array, ""]
    params: Params
    opt_state: optax.OptState
    silence: Silence


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


def init_state(key: Key[Array, ""], params: Params, hyperparams: Hyperparams, config: Config) -> TrainState:
    """The state before step 0; `key` draws the mini-batches."""
    opt_state = optimizer(config.optimizer, hyperparams, config.train_bias).init(params)
    return TrainState(jnp.int32(0), key, params, opt_state, never_silent())


@partial(jax.jit, static_argnames="config", inline=True)
def update_step(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config
) -> tuple[TrainState, StepInfo]:
    """One pass over the examples and one update."""
    everything = _evaluate(state.params, hyperparams, examples, config)
    grads = everything.grads
    if config.batch_size is not None:
        batch = draw_batch(state.key, state.step, examples, config.batch_size)
        grads = _evaluate(state.params, hyperparams, batch, config).grads
    transformation = optimizer(config.optimizer, hyperparams, config.train_bias)
    updates, opt_state = transformation.update(grads, state.opt_state, state.params)
    params = cast(Params, optax.apply_updates(state.params, updates))
    silence = _watch(state.silence, state.step, everything.num_active, config)
    info = StepInfo(state.params, everything.loss, grads, everything.num_active, cast(Params, updates))
    return TrainState(state.step + 1, state.key, params, opt_state, silence), info


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
    evaluations = jax.vmap(lambda params: _evaluate(params, hyperparams, examples, config))(both)
    start, end = (jax.tree.map(lambda values, i=i: values[i], evaluations) for i in (0, 1))
    silence = _watch(state.silence, state.step, end.num_active, config)
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
    )


def _evaluate(params: Params, hyperparams: Hyperparams, examples: Examples, config: Config) -> Evaluation:
    return evaluate(params, examples, config.activation, hyperparams.negative_slope, config.train_bias)


def _watch(silence: Silence, step: Int[Array, ""], num_active: Int[Array, ""], config: Config) -> Silence:
    if not ACTIVATIONS[config.activation].can_die:
        return silence
    return watch(silence, step, num_active == 0)
