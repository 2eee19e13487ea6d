"""The certificate that a silent neuron stays silent: no later step can ever give it a gradient again.

A silent neuron has no gradient, but its optimizer may go on moving it: momentum coasts, weight decay shrinks.
While no example is active, the way that it coasts is known beforehand. So it is enough that none is active
anywhere on that way, or in a box around it:

  sgd, adagrad, rmsprop  do not move, for every update is a multiple of the gradient (by rmsprop, where √v
                         underflows, of 0/√ε: not a number without an ε)
  momentum, nesterov     go straight on, in all by −η·β/(1 − β)·v and −η·β²/(1 − β)·v (v the velocity): the
                         geometric series of what is left of it
  adam, adamw            move each param by less than η·r/(1 − r)·|m|/√v/(1 − β₁ᵗ⁺¹) in all, r = β₁/√β₂, for
                         |m| shrinks by β₁ and √v by √β₂ a step; and by less than
                         η·β₁/(1 − β₁)·|m|/ε/(1 − β₁ᵗ⁺¹)
  sgd with weight decay  moves every decayed param towards 0 where 0 ≤ η·λ < 1, never across it. (That all of
                         them shrink in proportion proves nothing: once they underflow, they do not.)

With any other decay nothing is proved. Margins make up for rounding, so that the proof is one for the numbers
as they are computed, and not only for real ones.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples, largest
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.scalar import Scalar

# Rounding errors of a sum of shrinking moves, and of a z, in units of what they are known to be at most.
SAFETY = 8.0


class Coast(NamedTuple):
    """How far a silent neuron still moves, at most, if it stays silent."""

    move: Params  # of each param, with its sign
    slack: Params  # by how much rounding may change that, and z
    is_known: Bool[Array, ""]


def is_absorbed(
    params: Params, opt_state: optax.OptState, hyperparams: Hyperparams, examples: Examples, config: Config
) -> Bool[Array, ""]:
    """Whether it is proved that a silent neuron stays silent for ever."""
    optimizer, decay, dtype = config.optimizer, hyperparams.weight_decay, params.bias.dtype
    has_no_decay = jnp.asarray(True if decay is None else decay == 0)
    if optimizer in ("adagrad", "rmsprop") or (optimizer == "sgd" and decay is None):
        is_moved = optimizer == "rmsprop" and hyperparams.epsilon < jnp.finfo(dtype).tiny
        return has_no_decay & ~jnp.asarray(is_moved)
    if config.schedule is not None:  # how far it still moves hangs on all later learning rates
        return jnp.bool(False)
    coast = _coast(params, opt_state, hyperparams, config, has_no_decay)
    end = jax.tree.map(jnp.add, params, coast.move)
    is_straight = optimizer in ("momentum", "nesterov")

    def highest(x: Float[Array, " inputs"]) -> Float[Array, ""]:
        """A bound of every z on the way, for an example with inputs x."""
        at_ends = [Params(weight=p.weight * x, bias=p.bias) for p in (params, end)]
        slack = jnp.dot(coast.slack.weight, jnp.abs(x)) + coast.slack.bias
        if is_straight:
            return jnp.maximum(*(jnp.sum(p.weight) + p.bias for p in at_ends)) + slack
        corner = jax.tree.map(jnp.maximum, *at_ends)
        return jnp.sum(corner.weight) + corner.bias + slack

    # Moves too short to change a number in its last place never will: they only get shorter.
    stays = jax.tree.map(lambda p, d: jnp.all((p + 2 * d == p) & (p - 2 * d == p)), params, coast.move)
    return coast.is_known & ((stays.weight & stays.bias) | (largest(highest, examples) <= 0))


def _coast(
    params: Params,
    opt_state: optax.OptState,
    hyperparams: Hyperparams,
    config: Config,
    has_no_decay: Bool[Array, ""],
) -> Coast:
    """The coast of a neuron whose optimizer may move it; not known of an optimizer that is not named here."""
    optimizer, nowhere = config.optimizer, jax.tree.map(jnp.zeros_like, params)
    if optimizer in ("momentum", "nesterov"):
        return _of_momentum(params, opt_state, hyperparams, config, has_no_decay)
    if optimizer in ("adam", "adamw"):
        return _of_adam(params, opt_state, hyperparams, has_no_decay)
    if optimizer == "sgd" and hyperparams.weight_decay is not None:
        shrink = hyperparams.learning_rate * hyperparams.weight_decay
        decays = Params(jnp.bool(True), jnp.bool(config.train_bias))
        move = jax.tree.map(lambda p, is_decayed: jnp.where(is_decayed & (shrink > 0), -p, 0), params, decays)
        # Below 1 by more than the products η·(λ·param) round.
        return Coast(move, nowhere, jnp.asarray((shrink >= 0) & (shrink <= 0.999)))
    return Coast(nowhere, nowhere, jnp.bool(False))


def _of_momentum(
    params: Params,
    opt_state: optax.OptState,
    hyperparams: Hyperparams,
    config: Config,
    is_known: Bool[Array, ""],
) -> Coast:
    velocity = optax.tree_utils.tree_get(opt_state, "trace")
    beta = hyperparams.momentum
    # The next velocity is β·v; nesterov takes β times of that.
    factor = -hyperparams.learning_rate * beta / (1 - beta) * (beta if config.optimizer == "nesterov" else 1)
    move = jax.tree.map(lambda v: factor * v, velocity)
    return Coast(move, _slack(params, move, beta), is_known)


def _of_adam(
    params: Params, opt_state: optax.OptState, hyperparams: Hyperparams, is_known: Bool[Array, ""]
) -> Coast:
    mean, square, count = (optax.tree_utils.tree_get(opt_state, name) for name in ("mu", "nu", "count"))
    beta1, epsilon, dtype = hyperparams.beta1, hyperparams.epsilon, params.bias.dtype
    ratio = jnp.asarray(beta1 / jnp.sqrt(jnp.asarray(hyperparams.beta2, dtype)), dtype)
    is_shrinking = ratio < 1

    def move(m: Float[Array, "..."], v: Float[Array, "..."]) -> Float[Array, "..."]:
        first = hyperparams.learning_rate * m / (1 - jnp.asarray(beta1, dtype) ** (count + 1))
        by_root = jnp.where(is_shrinking, ratio / (1 - ratio), jnp.inf) / jnp.sqrt(v)
        by_epsilon = beta1 / (1 - beta1) / epsilon
        # A param that never had a gradient has m = 0, and v = 0.
        return jnp.where(m == 0, 0, -first * jnp.minimum(by_root, by_epsilon))

    moves = jax.tree.map(move, mean, square)
    slack = _slack(params, moves, jnp.where(is_shrinking, ratio, beta1))
    # √v may underflow, and is 0 where it does: ε must be what is larger by then.
    return Coast(moves, slack, is_known & (epsilon >= 2 * math.sqrt(jnp.finfo(dtype).tiny)))


def _slack(params: Params, move: Params, ratio: Scalar) -> Params:
    """What rounding adds to moves that shrink by the ratio from step to step, and to a z.

    With M the largest a param gets, a move u is rounded by at most ½ε·M, and by at most |u| itself. At most
    ln(4/ε)/(1 − ratio) moves are above ½ε·M, as all add up to less than 2·M, and those after them add up to
    ½ε·M/(1 − ratio). The moves themselves are powers of the ratio, whose relative error grows by ε a step:
    by ε·M/(1 − ratio) in all. A z is off by ε for each of its products and sums.
    """
    epsilon = jnp.finfo(params.bias.dtype).eps
    of_moves = (math.log(4 / epsilon) + SAFETY) / (1 - ratio)
    of_z = 2 * (params.weight.size + 2)
    return jax.tree.map(
        lambda p, d: epsilon * (of_moves + of_z) * jnp.maximum(jnp.abs(p), jnp.abs(p + d)), params, move
    )
