"""The certificate that a neuron is held at a kink of its loss for ever, and slides along it to its place.

Where an example is at z = 0, the loss has a kink. If its target is negative the gradient may push z down as
soon as the example is active and up as soon as it is silent, so that z changes sign every few steps, for ever
(with steps ever smaller, the sliding mode of a discontinuous differential equation: Filippov 1988). The
gradients on either side differ along v = (x, 1) only, the direction in which z grows. So:

  z      moves up by at most η·a while silent and down by at most η·b while active, where a, b > 0 are how the
         gradients push it on either side of the kink: once within [−η·b, η·a], it stays there
  along  the kink, across v, the params move by one linear recursion whichever side they are on: towards the
         point at rest θ*, disturbed by z only, by no more than a fixed multiple of η

If a and b stay positive from here to θ*, and no other example comes near its own threshold on the way, all by
more than what z and the disturbance can do, then nothing will ever change this: the neuron never dies, never
diverges, and its gradient never vanishes. It circles about θ*.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from jaxneuron.neuron.half_lines import HalfLine, HalfLines, examples_below, find_active_row
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.jumps.flight import Steps
from jaxneuron.neuron.jumps.quadratic import gradient_of, loss_line, ratio, with_decay
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.moments import piece_of
from jaxneuron.neuron.params import Params

# What rounding may do to a margin, as a share of it.
ROUNDING = 1e-9

Vector = tuple[Float[Array, ""], Float[Array, ""]]  # (of the weight, of the bias)


class Hold(NamedTuple):
    """Whether a neuron is held at a kink for ever, and where on it: now, and in the end."""

    is_held: Bool[Array, ""]
    now: Vector
    end: Vector
    ratio: Float[Array, ""]  # what a step leaves of the way between them

    def params_after(self, steps: Steps) -> Params:
        """The params after some steps, to within a multiple of the learning rate: those on the kink."""
        left = jnp.where(self.ratio < 1, self.ratio**steps, 0)  # a bias that is not trained: no way to go
        weight, bias = (e + left * (n - e) for n, e in zip(self.now, self.end, strict=True))
        return Params(weight[None], bias)


def hold_of(params: Params, hyperparams: Hyperparams, examples: Examples, config: Config) -> Hold:
    """The hold of the kink that the params are at."""
    half_lines, train_bias = examples.half_lines, config.train_bias
    assert isinstance(half_lines, HalfLines), "jumps need half-lines"
    rate = jnp.asarray(hyperparams.learning_rate)
    x, below, above = _nearest_kink(params, half_lines)
    z = params.weight[0] * x + params.bias
    v = (x, jnp.ones_like(x)) if train_bias else (x, jnp.zeros_like(x))
    v_squared = _dot(v, v)
    # The params with z just below 0 and just above it, and the lines that they descend there.
    gap = jnp.minimum(x - below, above - x)
    scale = jnp.abs(params.bias) + jnp.abs(params.weight[0]) * (jnp.abs(x) + jnp.minimum(gap, 1.0))
    size = jnp.maximum(jnp.abs(z), 1e-12 * scale)
    now = _moved(params, v, -z / v_squared)
    sides = []
    for sign in (-1, 1):
        beside = _moved(params, v, (sign * size - z) / v_squared)
        row = find_active_row(half_lines, *beside)
        line = loss_line(piece_of(row, half_lines), hyperparams, config)
        sides.append((row, line, with_decay(line, hyperparams, config)))
    (silent_row, silent_loss, silent), (active_row, active_loss, active) = sides
    # Along the kink.
    along = ratio(-v[1], jnp.sqrt(v_squared)), ratio(v[0], jnp.sqrt(v_squared))
    along_curvature = _curvature(silent, along, along, train_bias)
    pull = _dot(gradient_of(silent, *now, train_bias), along)
    way = -ratio(pull, along_curvature) if train_bias else jnp.zeros_like(pull)
    end = now[0] + way * along[0], now[1] + way * along[1]
    # How the gradients push z on either side, here and in the end.
    up = [-_dot(gradient_of(silent, *at, train_bias), v) for at in (now, end)]
    down = [_dot(gradient_of(active, *at, train_bias), v) for at in (now, end)]
    most_push = jnp.maximum(jnp.maximum(*up), jnp.maximum(*down))
    # z disturbs the way along the kink, that the push, and that z.
    mixed = _curvature(silent, along, v, train_bias)
    back = rate * ratio(mixed**2, along_curvature * v_squared)
    most_z = jnp.maximum(jnp.abs(z), rate * most_push) / jnp.maximum(1 - back, ROUNDING)
    disturbance = ratio(jnp.abs(mixed) * most_z, along_curvature * v_squared)
    margin = jnp.abs(mixed) * disturbance + ROUNDING * (jnp.abs(up[0]) + jnp.abs(down[0]))
    is_pushed = jnp.minimum(jnp.minimum(*up), jnp.minimum(*down)) > margin
    # At the neighbouring examples z differs by W times their distance.
    least_weight = jnp.minimum(jnp.abs(now[0]), jnp.abs(end[0]))
    least_weight -= jnp.abs(along[0]) * disturbance + jnp.abs(v[0]) * most_z / v_squared
    are_far = (now[0] * end[0] > 0) & (least_weight * gap > most_z * (1 + ROUNDING))
    # One step goes no further than to where it would rest.
    steepest = rate * jnp.maximum(_curvature(active, v, v, train_bias), _curvature(silent, v, v, train_bias))
    is_small = (steepest <= v_squared) & (rate * along_curvature <= 1)
    # The loss's own gradient, without decay, must not come within the tolerance either.
    least_push = jnp.inf
    for line in (silent_loss, active_loss):
        here, there = (_dot(gradient_of(line, *at, train_bias), v) for at in (now, end))
        least_push = jnp.minimum(
            least_push, jnp.where(here * there > 0, jnp.minimum(jnp.abs(here), jnp.abs(there)), 0)
        )
    is_felt = least_push - margin > config.tolerance * (jnp.abs(v[0]) + jnp.abs(v[1]))
    is_along = (along_curvature > 0) | (not train_bias)
    is_held = (silent_row != active_row) & is_pushed & are_far & is_small & is_felt & is_along & (rate > 0)
    return Hold(is_held, now, end, 1 - rate * along_curvature)


def _nearest_kink(
    params: Params, half_lines: HalfLines
) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]]:
    """(x of the examples nearest the threshold, the next smaller x, the next larger one), which may be ∞."""
    num = half_lines.num_examples
    below = examples_below(half_lines, find_active_row(half_lines, params.weight[0], params.bias))
    threshold = -ratio(params.bias, params.weight[0])
    places = jnp.clip(below - 1, 0, num - 1), jnp.clip(below, 0, num - 1)
    left, right = (half_lines.x[place] for place in places)
    x = jnp.where(jnp.abs(left - threshold) <= jnp.abs(right - threshold), left, right)
    inputs = half_lines.x[:num]
    smaller = jnp.searchsorted(inputs, x, side="left") - 1
    larger = jnp.searchsorted(inputs, x, side="right")
    return (
        x,
        jnp.where(smaller >= 0, inputs[jnp.maximum(smaller, 0)], -jnp.inf),
        jnp.where(larger < num, inputs[jnp.minimum(larger, num - 1)], jnp.inf),
    )


def _moved(params: Params, v: Vector, by: Float[Array, ""]) -> Vector:
    """θ + by·v."""
    return params.weight[0] + by * v[0], params.bias + by * v[1]


def _dot(one: Vector, other: Vector) -> Float[Array, ""]:
    return one[0] * other[0] + one[1] * other[1]


def _curvature(line: HalfLine, one: Vector, other: Vector, train_bias: bool) -> Float[Array, ""]:
    """oneᵀ·A·other, A the Hessian."""
    flat = line._replace(mean_y=jnp.zeros_like(line.mean_y), rise=jnp.zeros_like(line.rise))
    return _dot(one, gradient_of(flat, *other, train_bias))
