"""What lies before a neuron: the flight of its params, and what would end it."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.half_lines import HalfLine, HalfLines, examples_below, find_active_row
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.jumps.crossing import Guard
from jaxneuron.neuron.jumps.flight import Course, Flight, Modes, Pair, Steps, flight_of
from jaxneuron.neuron.jumps.quadratic import gradient_of, loss_line, with_decay
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.moments import Piece, piece_of
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import TrainState

HUGE = 2.0**500  # of params


class Scene(NamedTuple):
    """A neuron's flight as it is known at its beginning."""

    piece: Piece
    loss_line: HalfLine
    flight: Flight
    guards: list[Guard]  # the active examples change when one ends the flight
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
    assert isinstance(half_lines, HalfLines), "jumps need half-lines"
    row = find_active_row(half_lines, params.weight[0], params.bias)
    piece = piece_of(row, half_lines)
    line = loss_line(piece, hyperparams, config)
    descended = with_decay(line, hyperparams, config)
    flight = flight_of(params, descended, hyperparams.learning_rate, config.train_bias)
    # The identity has no kink: the loss is one quadratic, whichever examples are active.
    guards = [] if config.activation == "identity" else _guards(row, half_lines, flight)
    return Scene(piece, line, flight, guards, num_steps - state.step.astype(num_steps.dtype))


def _guards(row: Int[Array, ""], half_lines: HalfLines, flight: Flight) -> list[Guard]:
    """z at the active example nearest the threshold, and −z at the nearest silent one; where all examples are
    active, or all silent, at both ends of the data. A z of 0 is silent, so that it counts for an active
    one."""
    num_examples, flight = half_lines.num_examples, _within_numbers(flight)
    params = flight.begin
    is_upper, below = row <= num_examples, examples_below(half_lines, row)
    are_alike = (below == 0) | (below == num_examples)
    are_active = are_alike & (is_upper == (below == 0))
    active = jnp.where(are_alike, 0, jnp.where(is_upper, below, below - 1))
    silent = jnp.where(are_alike, num_examples - 1, jnp.where(is_upper, below - 1, below))
    guards = []
    for place, is_active in ((active, ~are_alike | are_active), (silent, are_active)):
        x, sign = half_lines.x[place], jnp.where(is_active, 1.0, -1.0)
        begin = sign * (params.weight[0] * x + params.bias)
        size = jnp.abs(params.weight[0] * x) + jnp.abs(params.bias)
        course = _snapped(begin, size, flight.reach(sign * x, sign), flight.modes)
        guards.append(Guard(course, is_active))
    return guards


def _within_numbers(flight: Flight) -> Flight:
    """The same flight in other units where the params are huge: a sum of what they are multiplied by would
    overflow, and no sign be seen to change."""
    one, other = flight.modes
    weight, bias = flight.begin.weight[0], flight.begin.bias
    size = jnp.abs(weight) + jnp.abs(bias) + jnp.abs(one.off) + jnp.abs(other.off)
    unit = jnp.where(size > HUGE, 1 / HUGE, 1.0)
    modes = one._replace(off=one.off * unit), other._replace(off=other.off * unit)
    return flight._replace(begin=Params((weight * unit)[None], bias * unit), modes=modes)


def _snapped(begin: Float[Array, ""], size: Float[Array, ""], reach: Pair, modes: Modes) -> Course:
    """The course of a z, which is a sum of terms of a size.

    A limit that is 0 but for rounding is 0: what tends to it stays on its side of 0 for ever. What is so
    close to it that rounding hides the rest of its course stays there.
    """
    of_reach, limit = jnp.abs(reach[0]) + jnp.abs(reach[1]), begin - (reach[0] + reach[1])
    eps = 4 * jnp.finfo(limit.dtype).eps
    is_0 = jnp.abs(limit) <= eps * (size + of_reach)
    is_there = is_0 & (jnp.abs(begin) + of_reach <= eps * size)
    one, other = (
        jnp.where(is_there & (mode.log_ratio < 0), 0, r) for r, mode in zip(reach, modes, strict=True)
    )
    return Course(begin, jnp.where(is_0, 0, limit), (one, other))
