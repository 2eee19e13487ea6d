"""The path of a neuron's params while the same examples stay active, in closed form. For one input.

There the loss is one quadratic, with a curvature μ along each of two orthogonal directions, and a step of
plain gradient descent multiplies the distance of the params from its minimum along each by λ = 1 − η·μ:

    θ(t) = θ(0) − Σₖ offₖ·(1 − λₖᵗ)·vₖ

Any number that is linear in the params, a z or a component of the gradient, is such a sum of two powers
too: a `Course`.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from jaxneuron.neuron.half_lines import HalfLine
from jaxneuron.neuron.jumps import MOST_STEPS
from jaxneuron.neuron.jumps.quadratic import ratio
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.scalar import Scalar
from jaxneuron.neuron.traced_once import traced_once

# λ = 0 is gone after one step; its logarithm must be a number, to be multiplied by 0 steps.
MIN_LOG = -800.0
# Powers are neither 0 nor infinite as long as they are between e⁻⁷⁰⁰ and e⁷⁰⁰.
MAX_LOG = 700.0

Steps = Float[Array, ""]  # a whole number, or infinity
Pair = tuple[Float[Array, ""], Float[Array, ""]]


class Mode(NamedTuple):
    """A principal direction of the quadratic, and what steps do along it."""

    weight: Float[Array, ""]  # the direction, of length 1
    bias: Float[Array, ""]
    off: Float[Array, ""]  # how far the params lie off the minimum
    step: Float[Array, ""]  # η·μ = 1 − λ
    log_ratio: Float[Array, ""]  # log |λ|

    @property
    def alternates(self) -> Bool[Array, ""]:
        """Whether λ < 0."""
        return self.step > 1

    @property
    def rate(self) -> Float[Array, ""]:
        """log |λ|, the rate of growth of a distance along the mode; 0 where there is none."""
        return jnp.where(self.off == 0, 0, self.log_ratio)


Modes = tuple[Mode, Mode]


class Powers(NamedTuple):
    """The shares of the distance along each mode after some steps: what is gone, 1 − λᵗ, and what is left,
    λᵗ; each is exact where it is small."""

    gone: Pair
    left: Pair


class Course(NamedTuple):
    """A number that moves from `begin` to `limit`: begin − Σₖ reachₖ·(1 − λₖᵗ) = limit + Σₖ reachₖ·λₖᵗ."""

    begin: Float[Array, ""]
    limit: Float[Array, ""]
    reach: Pair

    def after(self, powers: Powers) -> Float[Array, ""]:
        """The number after some steps. Late it is computed from what is left: a number that tends to 0 does
        so from one side, and keeps its sign as long as anything is left."""
        parts = [(r == 0, r * g, r * p) for r, g, p in zip(self.reach, *powers, strict=True)]
        (still_0, gone_0, left_0), (still_1, gone_1, left_1) = parts
        is_late = (still_0 | (jnp.abs(powers.left[0]) < 0.5)) & (still_1 | (jnp.abs(powers.left[1]) < 0.5))
        is_late &= ~(still_0 & still_1)  # what does not move is where it was
        # Powers that overflow must not enter a part whose reach is 0.
        early = self.begin - (jnp.where(still_0, 0, gone_0) + jnp.where(still_1, 0, gone_1))
        late = self.limit + (jnp.where(still_0, 0, left_0) + jnp.where(still_1, 0, left_1))
        return jnp.where(is_late, late, early)


class Flight(NamedTuple):
    """Where the params begin, where they would come to rest, and how they move."""

    begin: Params
    rest: Params
    modes: Modes

    def reach(self, by_weight: Float[Array, ""], by_bias: Float[Array, ""]) -> Pair:
        """How far a number that is linear in the params moves along each mode."""
        one, other = ((by_weight * mode.weight + by_bias * mode.bias) * mode.off for mode in self.modes)
        return one, other

    @property
    def is_at_rest(self) -> Bool[Array, ""]:
        """Whether a step is too small to change a bit of the params."""
        weight, bias = self.after(jnp.ones_like(self.begin.bias))
        return (weight[0] == self.begin.weight[0]) & (bias == self.begin.bias)

    def after(self, steps: Steps) -> Params:
        """The params after some steps; infinitely many lead to rest, or beyond all numbers."""
        powers = powers_after(self.modes, steps)
        one, zero = jnp.ones_like(steps), jnp.zeros_like(steps)
        weight = Course(self.begin.weight[0], self.rest.weight[0], self.reach(one, zero)).after(powers)
        bias = Course(self.begin.bias, self.rest.bias, self.reach(zero, one)).after(powers)
        return Params(weight[None], bias)


def powers_after(modes: Modes, steps: Steps) -> Powers:
    """The powers of both modes after some steps."""
    is_odd = 2 * jnp.floor(steps / 2) != steps  # infinitely many are not
    gone, left = powers_after_pairs(modes, steps / 2)
    turned = [mode.alternates & is_odd for mode in modes]
    return Powers(
        (jnp.where(turned[0], 1 + left[0], gone[0]), jnp.where(turned[1], 1 + left[1], gone[1])),
        (jnp.where(turned[0], -left[0], left[0]), jnp.where(turned[1], -left[1], left[1])),
    )


@traced_once()
def powers_after_pairs(modes: Modes, pairs: Steps) -> Powers:
    """The powers of both modes after some pairs of steps: those of λ²."""
    # What neither grows nor shrinks does not do so in infinitely many steps either.
    one, other = (jnp.where(mode.log_ratio == 0, 0, 2 * pairs * mode.log_ratio) for mode in modes)
    left = jnp.exp(one), jnp.exp(other)
    # As 1 − eˣ = −(1 + eˣ)·tanh(x/2): two such functions cost less than expm1 does.
    gone = -(1 + left[0]) * jnp.tanh(one / 2), -(1 + left[1]) * jnp.tanh(other / 2)
    return Powers(gone, left)


def flight_of(params: Params, line: HalfLine, learning_rate: Scalar, train_bias: bool) -> Flight:
    """The flight down the squared error ½·(share·(W·x̄ + b − ȳ)² + (S·W − rise)²)."""
    fly = _flight_of_both if train_bias else _flight_of_weight
    return fly(params, line, learning_rate)


def _flight_of_weight(params: Params, line: HalfLine, learning_rate: Scalar) -> Flight:
    weight, bias = params.weight[0], params.bias
    curvature = line.share * line.mean_x**2 + line.spread**2
    best = ratio(line.share * line.mean_x * (line.mean_y - bias) + line.spread * line.rise, curvature)
    off = jnp.where(curvature > 0, weight - best, 0)
    one, zero = jnp.ones_like(off), jnp.zeros_like(off)
    modes = _mode(one, zero, off, curvature, learning_rate), _mode(zero, one, zero, zero, learning_rate)
    return Flight(params, Params(jnp.where(curvature > 0, best, weight)[None], bias), modes)


def _flight_of_both(params: Params, line: HalfLine, learning_rate: Scalar) -> Flight:
    weight, bias, share, mean_x, spread = params.weight[0], params.bias, line.share, line.mean_x, line.spread
    off_mean = weight * mean_x + bias - line.mean_y
    off_slope = spread * weight - line.rise
    of_weight, both = share * mean_x**2 + spread**2, share * mean_x
    half = (of_weight - share) / 2
    root = jnp.sqrt(half**2 + both**2)
    # Of two ways to write the steeper direction, the one in which nothing cancels.
    across, along = jnp.where(half >= 0, root + half, both), jnp.where(half >= 0, both, root - half)
    length = jnp.sqrt(across**2 + along**2)
    w, b = jnp.where(length > 0, ratio(across, length), 1), ratio(along, length)
    steeper = (of_weight + share) / 2 + root
    flatter = ratio(share * spread**2, steeper)
    # Equal inputs do not distinguish weight and bias, which are off along (x̄, 1).
    are_equal, norm = spread == 0, mean_x**2 + 1
    off_weight = jnp.where(are_equal, off_mean * mean_x / norm, ratio(off_slope, spread))
    off_bias = jnp.where(are_equal, off_mean / norm, off_mean - mean_x * off_weight)
    is_pulled = share > 0
    off_steeper = jnp.where(is_pulled, w * off_weight + b * off_bias, 0)
    off_flatter = jnp.where(is_pulled & ~are_equal, w * off_bias - b * off_weight, 0)
    # Rest is not computed as params minus their distance from it: what is 0 there is exactly 0.
    slope = ratio(line.rise, spread)
    rest_weight = jnp.where(are_equal, weight - off_weight, slope)
    rest_bias = jnp.where(are_equal, bias - off_bias, line.mean_y - mean_x * slope)
    rest = jnp.where(is_pulled, rest_weight, weight)[None], jnp.where(is_pulled, rest_bias, bias)
    modes = (
        _mode(w, b, off_steeper, steeper, learning_rate),
        _mode(-b, w, off_flatter, flatter, learning_rate),
    )
    return Flight(params, Params(*rest), modes)


def _mode(weight: Array, bias: Array, off: Array, curvature: Array, learning_rate: Scalar) -> Mode:
    step = learning_rate * curvature
    # Close to λ = 1, and to λ = −1, what counts is how far it is from there.
    log_ratio = jnp.log1p(jnp.where(step < 1, -step, step - 2))
    return Mode(weight, bias, off, step, jnp.maximum(log_ratio, MIN_LOG))


def steps_that_count(modes: Modes, most: Steps) -> Steps:
    """As many of `most` steps as can change the sign of a number on its course: as long as what grows is
    finite, or else as the slowest of what shrinks is not 0."""
    grows = jnp.maximum(jnp.maximum(modes[0].rate, modes[1].rate), 0)
    falls = jnp.minimum(*(jnp.where(mode.rate < 0, -mode.rate, jnp.inf) for mode in modes))
    # What neither grows nor shrinks, but alternates, returns after two steps.
    of_turns = jnp.where((modes[0].off != 0) & modes[0].alternates, 2.0, 0.0)
    slowest = jnp.where(grows > 0, grows, falls)
    number = jnp.where(jnp.isfinite(slowest), jnp.floor(MAX_LOG / slowest), of_turns)
    return jnp.minimum(jnp.minimum(most, jnp.maximum(number, 1)), MOST_STEPS)
