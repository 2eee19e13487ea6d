"""The quadratic that a neuron descends while the same examples are active, written as the squared error of
one half-line, whatever it is made of."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.half_lines import HalfLine
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.moments import Piece, with_scaled_targets
from jaxneuron.neuron.scalar import Scalar
from jaxneuron.neuron.traced_once import traced_once


def loss_line(piece: Piece, hyperparams: Hyperparams, config: Config) -> HalfLine:
    """The half-line whose squared error is the loss on the piece, apart from a constant."""
    piece = with_scaled_targets(piece, hyperparams)
    if ACTIVATIONS[config.activation].can_die:
        return piece.active
    slope = hyperparams.negative_slope if config.activation == "leaky_relu" else 1.0
    return joined(piece.active, stretched(piece.silent, slope))


def with_decay(line: HalfLine, hyperparams: Hyperparams, config: Config) -> HalfLine:
    """The half-line with the penalty of weight decay, ½·λ·(W² + b²), as if examples asked for 0."""
    if hyperparams.weight_decay is None:
        return line
    decay, zero = jnp.asarray(hyperparams.weight_decay, line.share.dtype), jnp.zeros_like(line.share)
    return joined(line, HalfLine(decay if config.train_bias else zero, zero, zero, jnp.sqrt(decay), zero))


def stretched(line: HalfLine, slope: Scalar) -> HalfLine:
    """The half-line on which the output is slope·(W·x + b), as one for W·x + b."""
    size = jnp.abs(jnp.asarray(slope, line.share.dtype))
    sign = jnp.where(slope < 0, -1.0, 1.0)
    return HalfLine(
        share=size**2 * line.share,
        mean_x=line.mean_x,
        mean_y=sign * line.mean_y / jnp.where(size == 0, 1, size),
        spread=size * line.spread,
        rise=sign * line.rise,
    )


@traced_once()
def joined(one: HalfLine, other: HalfLine) -> HalfLine:
    """The examples of both as one: between them they are spread by what lies between their means."""
    share = one.share + other.share
    apart_x, apart_y = other.mean_x - one.mean_x, other.mean_y - one.mean_y
    between = one.share * ratio(other.share, share)

    def between_means(mean: Array, other_mean: Array, apart: Array) -> Array:
        # From the larger share on, for the means of a small one may be far away.
        on, back = ratio(other.share, share) * apart, ratio(one.share, share) * apart
        return jnp.where(one.share >= other.share, mean + on, other_mean - back)

    spread = jnp.sqrt(one.spread**2 + other.spread**2 + between * apart_x**2)
    product = one.spread * one.rise + other.spread * other.rise + between * apart_x * apart_y
    return HalfLine(
        share=share,
        mean_x=between_means(one.mean_x, other.mean_x, apart_x),
        mean_y=between_means(one.mean_y, other.mean_y, apart_y),
        spread=spread,
        rise=ratio(product, spread),
    )


@traced_once("train_bias")
def gradient_of(
    line: HalfLine, weight: Float[Array, ""], bias: Float[Array, ""], train_bias: bool
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """(by the weight, by the bias) of the squared error ½·(share·(W·x̄ + b − ȳ)² + (S·W − rise)²)."""
    off_mean = weight * line.mean_x + bias - line.mean_y
    by_weight = line.share * off_mean * line.mean_x + line.spread * (line.spread * weight - line.rise)
    by_bias = line.share * off_mean
    return by_weight, by_bias if train_bias else jnp.zeros_like(by_bias)


def ratio(a: Float[Array, ""], b: Float[Array, ""]) -> Float[Array, ""]:
    """a/b, or 0 where b is 0: the share of nothing."""
    return jnp.where(b == 0, 0, a / jnp.where(b == 0, 1, b))
