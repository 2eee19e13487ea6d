"""When a number on its way crosses a level: the first step below 0, the last step off 0.

After even numbers of steps, and after odd ones, such a number is begin − Σₖ reachₖ·(1 − λₖ²ⁿ) after n pairs
of steps. It turns at most once, at a time that is known; before and after it crosses a level at most once.
So what is asked of all of them together changes once, and bisection finds where.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.jumps import MOST_STEPS
from jaxneuron.neuron.jumps.flight import Course, Modes, Powers, Steps, powers_after_pairs


def count_bits(most: Steps) -> Int[Array, ""]:
    """How often a search among so many steps halves."""
    pairs = jnp.minimum(most, MOST_STEPS) / 2
    # A logarithm may be rounded down to just below a whole number.
    return jnp.floor(jnp.log2(jnp.maximum(pairs, 1)) + 1e-9).astype(jnp.int32) + 1


def first_below(
    courses: Sequence[Course],
    with_0: Sequence[Bool[Array, ""]],
    modes: Modes,
    most: Steps,
    num_bits: Int[Array, ""],
) -> Steps:
    """The first of `most` steps, from 1 on, after which one of the courses is below 0, or at 0 where that
    counts too; infinity if there is none. Before the first step none may be.

    `num_bits` is that of `most`, or of more.
    """
    if not courses:
        return jnp.full_like(most, jnp.inf)
    odd = [_one_step_on(course, modes) for course in courses]
    all_of = list(zip((*courses, *odd), (*with_0, *with_0), strict=True))
    turns = [turn_of(course, modes) for course, _ in all_of]
    # One that falls first is below 0 when it turns, or never. Behind its turn that counts.
    ends = [jnp.where(falls, turn, jnp.inf) for turn, falls in turns]
    at_end = [powers_after_pairs(modes, jnp.where(jnp.isfinite(end), end, 0)) for end in ends]
    sticks = [
        _is_below(course.after(powers), at_0) & jnp.isfinite(end)
        for (course, at_0), end, powers in zip(all_of, ends, at_end, strict=True)
    ]

    def are_below(pairs: Steps) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
        """Whether one is after so many pairs, or has been: of even steps, and of odd ones."""
        powers = powers_after_pairs(modes, pairs)
        found = [
            jnp.where(pairs <= end, _is_below(course.after(powers), at_0), stick)
            for (course, at_0), end, stick in zip(all_of, ends, sticks, strict=True)
        ]
        half = len(courses)
        return _any(found[:half]), _any(found[half:])

    def is_above(pairs: Steps) -> Bool[Array, ""]:
        return ~_any(are_below(pairs))

    last = jnp.floor(most / 2)
    first = last_that(is_above, last, num_bits) + 1
    even_is, odd_is = are_below(first)
    steps = jnp.where(even_is, 2 * first, 2 * first + 1)
    found = jnp.where((even_is | odd_is) & (steps <= most), steps, jnp.inf)
    begins = _any([_is_below(course.begin, at_0) for course, at_0 in all_of[len(courses) :]])
    return jnp.where(begins & (most >= 1), 1.0, found)


def any_falls(courses: Sequence[Course], modes: Modes) -> Bool[Array, ""]:
    """Whether one of the courses is below 0 in the end."""
    grow = [mode.rate > 0 for mode in modes]
    # What grows alternates.
    alternate = [_any([g & (r != 0) for g, r in zip(grow, course.reach, strict=True)]) for course in courses]
    fall = [~_any(grow) & (course.limit < 0) for course in courses]
    return _any([*alternate, *fall, jnp.bool(False)])


def last_outside(
    courses: Sequence[Course],
    tolerance: Float[Array, ""] | float,
    modes: Modes,
    most: Steps,
    num_bits: Int[Array, ""],
) -> Steps:
    """The last of the steps 0 to `most` − 1 before which one of the courses is off 0 by more than the
    tolerance; -1 if there is none."""
    odd = [_one_step_on(course, modes) for course in courses]
    last_even, last_odd = jnp.floor((most - 1) / 2), jnp.floor((most - 2) / 2)
    halves = [*((course, last_even) for course in courses), *((course, last_odd) for course in odd)]

    def is_outside(course: Course, powers: Powers) -> Bool[Array, ""]:
        return jnp.abs(course.after(powers)) > tolerance

    ends = []
    for course, last in halves:
        turn, end = jnp.minimum(turn_of(course, modes)[0], last), jnp.maximum(last, 0)
        at_turn, at_end = (powers_after_pairs(modes, pairs) for pairs in (jnp.maximum(turn, 0), end))
        ends.append((turn, is_outside(course, at_turn), is_outside(course, at_end)))

    def are_outside(pairs: Steps) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
        """Whether one is before so many pairs, or will be: of even steps, and of odd ones."""
        powers = powers_after_pairs(modes, pairs)
        found = [
            (pairs <= last) & (is_outside(course, powers) | at_end | ((pairs <= turn) & at_turn))
            for (course, last), (turn, at_turn, at_end) in zip(halves, ends, strict=True)
        ]
        half = len(courses)
        return _any(found[:half]), _any(found[half:])

    pairs = last_that(lambda pairs: _any(are_outside(pairs)), last_even, num_bits)
    even_is, odd_is = are_outside(pairs)
    return jnp.where(odd_is, 2 * pairs + 1, jnp.where(even_is, 2 * pairs, -1.0))


def _any(values: Sequence[Bool[Array, ""]]) -> Bool[Array, ""]:
    return reduce(operator.or_, values)


def _is_below(value: Float[Array, ""], at_0: Bool[Array, ""]) -> Bool[Array, ""]:
    return (value < 0) | ((value == 0) & at_0)


def _one_step_on(course: Course, modes: Modes) -> Course:
    """The number on its way from after one step on; after pairs of steps more, those are odd ones."""
    powers = Powers((modes[0].step, modes[1].step), (1 - modes[0].step, 1 - modes[1].step))
    reach = course.reach[0] * powers.left[0], course.reach[1] * powers.left[1]
    return Course(course.after(powers), course.limit, reach)


def turn_of(course: Course, modes: Modes) -> tuple[Steps, Bool[Array, ""]]:
    """The number of pairs after which it turns, infinity where it does not, and whether it falls until then.

    It turns when its two parts, which the next pair changes by reachₖ·(λₖ² − 1)·λₖ²ⁿ, have made up for one
    another.
    """
    one, other = (
        reach * mode.step * (mode.step - 2) for reach, mode in zip(course.reach, modes, strict=True)
    )
    share = -other / one
    # Of 1 the logarithm is 0, which is no turn; where it is no number, a CPU takes long to say so.
    log_share = jnp.log(jnp.where(share > 0, share, 1))
    turn = log_share / (2 * (modes[0].log_ratio - modes[1].log_ratio))
    is_turn = (turn > 0) & (turn < MOST_STEPS)  # not so where it is not a number
    return jnp.where(is_turn, jnp.ceil(turn), jnp.inf), one + other < 0


def last_that(holds: Callable[[Steps], Bool[Array, ""]], most: Steps, num_bits: Int[Array, ""]) -> Steps:
    """The largest whole number up to `most` for which it holds; 0 if for none. Where it ends it must not hold
    again."""

    def halve(i: Array, low: Steps) -> Steps:
        middle = low + jnp.left_shift(jnp.int64(1), num_bits - 1 - i).astype(low.dtype)
        return jnp.where((middle <= most) & holds(middle), middle, low)

    return jax.lax.fori_loop(0, num_bits, halve, jnp.zeros_like(most))
