"""The loss and its gradient from the moments of the half-line of active examples: at a cost that does not
grow with the number of examples. For one input and an activation that is straight on either side of 0."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Integer

from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.half_lines import (
    Errors,
    HalfLine,
    Tables,
    find_active_row,
    half_line,
    num_examples_on,
    other_row,
)
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Evaluation, Examples
from jaxneuron.neuron.params import Params, trained
from jaxneuron.neuron.traced_once import traced_once


class Piece(NamedTuple):
    """A piece of the params' plane on which the same examples are active, and the loss one quadratic."""

    active: HalfLine
    silent: HalfLine
    active_errors: Errors
    silent_errors: Errors
    num_active: Int[Array, ""]


def why_not(activation: str, num_inputs: int) -> str | None:
    """The reason why moments cannot be had, if there is one."""
    if num_inputs != 1:
        return f"are for one input, and the data has {num_inputs}"
    if not ACTIVATIONS[activation].is_piecewise_linear:
        straight = ", ".join(name for name, a in ACTIVATIONS.items() if a.is_piecewise_linear)
        return f"are for activations that are straight on either side of 0 ({straight}), not {activation}"
    return None


def find_piece(params: Params, half_lines: Tables) -> Piece:
    """The piece that the params lie on."""
    return piece_of(find_active_row(half_lines, params.weight[0], params.bias), half_lines)


@traced_once()
def piece_of(row: Integer[Array, ""], half_lines: Tables) -> Piece:
    """The piece on which the examples of a row are active."""
    active, active_errors = half_line(half_lines, row)
    silent, silent_errors = half_line(half_lines, other_row(half_lines, row))
    return Piece(active, silent, active_errors, silent_errors, num_examples_on(half_lines, row))


def evaluate(params: Params, hyperparams: Hyperparams, examples: Examples, config: Config) -> Evaluation:
    """Loss and gradient over all examples, which must have half-lines."""
    assert examples.half_lines is not None, "moments need half-lines"
    return evaluate_on(find_piece(params, examples.half_lines), params, hyperparams, config)


def evaluate_on(piece: Piece, params: Params, hyperparams: Hyperparams, config: Config) -> Evaluation:
    """Loss and gradient over all examples, for params on the piece."""

    def trained_loss(params: Params) -> Float[Array, ""]:
        return loss_on(piece, trained(params, config), hyperparams, config)

    value, grads = jax.value_and_grad(trained_loss)(params)
    return Evaluation(value, grads, piece.num_active)


def loss_on(piece: Piece, params: Params, hyperparams: Hyperparams, config: Config) -> Float[Array, ""]:
    """The mean of ½(ŷ − γ·y)² over the examples: the quadratic in (W, b) that it is on the piece."""
    piece = with_scaled_targets(piece, hyperparams)
    active_loss = _squared_error(piece.active, *params) + piece.active_errors.residual
    if ACTIVATIONS[config.activation].can_die:
        return active_loss + piece.active_errors.beyond
    slope = hyperparams.negative_slope if config.activation == "leaky_relu" else 1.0
    silent_loss = _squared_error(piece.silent, slope * params.weight, slope * params.bias)
    return active_loss + silent_loss + piece.silent_errors.residual


def with_scaled_targets(piece: Piece, hyperparams: Hyperparams) -> Piece:
    """The piece for targets γ·y: its least-squares lines are γ times as high, what is off them γ² times."""
    scale = hyperparams.target_scale
    if scale is None:
        return piece

    def line(line: HalfLine) -> HalfLine:
        return line._replace(mean_y=scale * line.mean_y, rise=scale * line.rise)

    def errors(errors: Errors) -> Errors:
        return Errors(scale**2 * errors.residual, scale**2 * errors.beyond)

    return piece._replace(
        active=line(piece.active),
        silent=line(piece.silent),
        active_errors=errors(piece.active_errors),
        silent_errors=errors(piece.silent_errors),
    )


def _squared_error(line: HalfLine, weight: Float[Array, " 1"], bias: Float[Array, ""]) -> Float[Array, ""]:
    """½(W·x + b − least-squares line)², summed over the half-line's examples and divided by all."""
    # Where there is no example nothing is off, however large the square of a bias: 0·∞ is not a number.
    off_mean = jnp.where(line.share > 0, weight[0] * line.mean_x + bias - line.mean_y, 0)
    off_slope = line.spread * weight[0] - line.rise
    return 0.5 * (line.share * off_mean**2 + off_slope**2)
