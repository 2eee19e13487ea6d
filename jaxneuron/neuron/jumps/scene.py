"""What lies before a neuron: the flight of its params, and what would end it."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.half_lines import HalfLine, HalfLines, find_active_row
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.jumps.flight import Course, Flight, Modes, Pair, Steps, flight_of
from jaxneuron.neuron.jumps.quadratic import gradient_of, loss_line, with_decay
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.moments import Piece, piece_of
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Config, TrainState


class Scene(NamedTuple):
    """A neuron's flight, seen from its beginning."""

    piece: Piece
    loss_line: HalfLine
    flight: Flight
    guards: list[Course]  # the active examples change when one gets below 0,
    with_0: list[Bool[Array, ""]]  # or at 0 where that counts
    steps_left: Steps

    def slopes(self, train_bias: bool) -> list[Course]:
        """The components of the loss's gradient: as the params move, it changes by its Hessian."""
        line, flight = self.loss_line, self.flight
        both = line.share * line.mean_x

        def course(of: Callable[[Params], Array], by_weight: Array, by_bias: Array) -> Course:
            reach = flight.reach(by_weight, by_bias)
            return Course(of(flight.begin), of(flight.rest), reach)

        def component(number: int) -> Callable[[Params], Array]:
            return lambda params: gradient_of(line, params.weight[0], params.bias, train_bias)[number]

        weight = course(component(0), both * line.mean_x + line.spread**2, both)
        return [weight, course(component(1), both, line.share)] if train_bias else [weight]


def scene_of(
    state: TrainState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: Steps
) -> Scene:
    """What lies before a neuron."""
    params, half_lines = state.params, examples.half_lines
    assert half_lines is not None, "jumps need half-lines"
    row = find_active_row(half_lines, params.weight[0], params.bias)
    piece = piece_of(row, half_lines)
    line = loss_line(piece, hyperparams, config.activation)
    descended = with_decay(line, hyperparams.weight_decay, config.train_bias)
    flight = flight_of(params, descended, hyperparams.learning_rate, config.train_bias)
    # The identity has no kink: the loss is one quadratic, whichever examples are active.
    guards, with_0 = ([], []) if config.activation == "identity" else _guards(row, half_lines, flight)
    return Scene(piece, line, flight, guards, with_0, num_steps - state.step.astype(num_steps.dtype))


def _guards(
    row: Int[Array, ""], half_lines: HalfLines, flight: Flight
) -> tuple[list[Course], list[Bool[Array, ""]]]:
    """z at the active example nearest the threshold, and −z at the nearest silent one; where all are alike,
    at both ends of the data. The active examples change when one gets below 0, or a z to 0: whether 0 counts
    is told of each."""
    num_examples, params = half_lines.num_examples, flight.begin
    is_upper = row <= num_examples
    below = jnp.where(is_upper, row, row - (num_examples + 1))
    are_alike = (below == 0) | (below == num_examples)
    are_active = are_alike & (is_upper == (below == 0))
    active = jnp.where(are_alike, 0, jnp.where(is_upper, below, below - 1))
    silent = jnp.where(are_alike, num_examples - 1, jnp.where(is_upper, below - 1, below))
    guards, signs = [], [~are_alike | are_active, are_active]
    for place, is_active in zip((active, silent), signs, strict=True):
        x, sign = half_lines.x[place], jnp.where(is_active, 1.0, -1.0)
        begin = sign * (params.weight[0] * x + params.bias)
        size = jnp.abs(params.weight[0] * x) + jnp.abs(params.bias)
        guards.append(_snapped(begin, size, flight.reach(sign * x, sign), flight.modes))
    return guards, signs


def _snapped(begin: Float[Array, ""], size: Float[Array, ""], reach: Pair, modes: Modes) -> Course:
    """A z on its way, a sum of terms of a size.

    A limit that is 0 but for rounding is 0: what comes to it stays on its side of 0 for ever. What is so
    close to it that rounding hides the rest of its way stays there.
    """
    of_reach, limit = jnp.abs(reach[0]) + jnp.abs(reach[1]), begin - (reach[0] + reach[1])
    eps = 4 * jnp.finfo(limit.dtype).eps
    is_0 = jnp.abs(limit) <= eps * (size + of_reach)
    is_there = is_0 & (jnp.abs(begin) + of_reach <= eps * size)
    one, other = (
        jnp.where(is_there & (mode.log_ratio < 0), 0, r) for r, mode in zip(reach, modes, strict=True)
    )
    return Course(begin, jnp.where(is_0, 0, limit), (one, other))
