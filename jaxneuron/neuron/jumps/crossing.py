"""When a number on its course crosses a level: the first step below 0, the last step off 0.

After even numbers of steps, and after odd ones, such a number is begin − Σₖ reachₖ·(1 − λₖ²ⁿ) after n pairs
of steps. It turns at most once, at a time that is known; before and after it crosses a level at most once.
So a condition on all of them together changes once, and bisection finds where.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jaxneuron.neuron.jumps import MOST_STEPS
from jaxneuron.neuron.jumps.flight import Course, Modes, Powers, Steps, powers_after_pairs

Value = TypeVar("Value")

# Halvings that find every number below 2⁵⁴, more than MOST_STEPS; and how many of them a GPU takes in a turn:
# more would hardly save a kernel.
MOST_BITS, BITS_A_TURN = 54, 3


class Guard(NamedTuple):
    """A number on its course that ends a flight when it is below 0, or at 0 where that counts."""

    course: Course
    zero_counts: Bool[Array, ""]

    def is_below(self, value: Float[Array, ""]) -> Bool[Array, ""]:
        """Whether a value of the number ends the flight."""
        return (value < 0) | ((value == 0) & self.zero_counts)


def count_bits(most: Steps) -> Int[Array, ""]:
    """The number of halvings in a search among `most` steps."""
    pairs = jnp.minimum(most, MOST_STEPS) / 2
    # A logarithm may be rounded down to just below a whole number.
    return jnp.floor(jnp.log2(jnp.maximum(pairs, 1)) + 1e-9).astype(jnp.int32) + 1


def first_below(guards: Sequence[Guard], modes: Modes, most: Steps, num_bits: Int[Array, ""]) -> Steps:
    """The first of `most` steps, from 1 on, after which one of the guards is below 0, or at 0 where that
    counts; infinity if there is none. Before the first step none may be.

    `num_bits` is `count_bits(most)`, or more.
    """
    if not guards:
        return jnp.full_like(most, jnp.inf)
    number = len(guards)
    odd = [guard._replace(course=_one_step_on(guard.course, modes)) for guard in guards]
    both = _stacked([*guards, *odd])

    def end_of(guard: Guard) -> tuple[Steps, Bool[Array, ""]]:
        """When a guard that falls first turns, and whether it is below 0 then, or never: after its turn that
        counts."""
        turn, falls = turn_of(guard.course, modes)
        is_end = falls & jnp.isfinite(turn)
        powers = powers_after_pairs(modes, jnp.where(is_end, turn, 0))
        return jnp.where(falls, turn, jnp.inf), guard.is_below(guard.course.after(powers)) & is_end

    ends, stick = jax.vmap(end_of)(both)

    def are_below(pairs: Steps) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
        """Whether a guard is below 0 after `pairs` pairs, or has been: of even steps, and of odd ones."""
        powers = powers_after_pairs(modes, pairs)
        now = jax.vmap(lambda guard: guard.is_below(guard.course.after(powers)))(both)
        found = jnp.where(pairs <= ends, now, stick)
        return jnp.any(found[:number]), jnp.any(found[number:])

    first = last_that(lambda pairs: ~_any(are_below(pairs)), jnp.floor(most / 2), num_bits) + 1
    even_is, odd_is = are_below(first)
    steps = jnp.where(even_is, 2 * first, 2 * first + 1)
    found = jnp.where((even_is | odd_is) & (steps <= most), steps, jnp.inf)
    begins = _any([guard.is_below(guard.course.begin) for guard in odd])
    return jnp.where(begins & (most >= 1), 1.0, found)


def any_falls(guards: Sequence[Guard], modes: Modes) -> Bool[Array, ""]:
    """Whether one of the guards is below 0 in the end."""
    courses = [guard.course for guard in guards]
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
    number = len(courses)
    last_even, last_odd = jnp.floor((most - 1) / 2), jnp.floor((most - 2) / 2)
    halves = _stacked([*courses, *(_one_step_on(course, modes) for course in courses)])
    lasts = jnp.stack([last_even] * number + [last_odd] * number)

    def is_outside(course: Course, powers: Powers) -> Bool[Array, ""]:
        return jnp.abs(course.after(powers)) > tolerance

    def ends_of(course: Course, last: Steps) -> tuple[Steps, Bool[Array, ""], Bool[Array, ""]]:
        turn, end = jnp.minimum(turn_of(course, modes)[0], last), jnp.maximum(last, 0)
        at_turn, at_end = (powers_after_pairs(modes, pairs) for pairs in (jnp.maximum(turn, 0), end))
        return turn, is_outside(course, at_turn), is_outside(course, at_end)

    turns, at_turns, at_ends = jax.vmap(ends_of)(halves, lasts)

    def are_outside(pairs: Steps) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
        """Whether a course is outside before `pairs` pairs, or will be: of even steps, and of odd ones."""
        powers = powers_after_pairs(modes, pairs)
        now = jax.vmap(lambda course: is_outside(course, powers))(halves)
        found = (pairs <= lasts) & (now | at_ends | ((pairs <= turns) & at_turns))
        return jnp.any(found[:number]), jnp.any(found[number:])

    pairs = last_that(lambda pairs: _any(are_outside(pairs)), last_even, num_bits)
    even_is, odd_is = are_outside(pairs)
    return jnp.where(odd_is, 2 * pairs + 1, jnp.where(even_is, 2 * pairs, -1.0))


def _stacked(trees: Sequence[Value]) -> Value:
    """Trees of numbers as one of arrays."""
    return jax.tree.map(lambda *values: jnp.stack(values), *trees)


def _any(values: Sequence[Bool[Array, ""]]) -> Bool[Array, ""]:
    return reduce(operator.or_, values)


def _one_step_on(course: Course, modes: Modes) -> Course:
    """The course from after one step on: pairs of steps later come the odd steps."""
    powers = Powers((modes[0].step, modes[1].step), (1 - modes[0].step, 1 - modes[1].step))
    reach = course.reach[0] * powers.left[0], course.reach[1] * powers.left[1]
    return Course(course.after(powers), course.limit, reach)


def turn_of(course: Course, modes: Modes) -> tuple[Steps, Bool[Array, ""]]:
    """The number of pairs after which a course turns, infinity where it does not, and whether it falls until
    then.

    It turns when the changes of its two parts by the next pair, reachₖ·(λₖ² − 1)·λₖ²ⁿ, cancel.
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
    """The largest whole number from 1 to `most` for which a condition holds that, once it ends, never holds
    again; 0 if there is none."""

    # Before a turn that is not counted when it is compiled, a GPU asks the host. So it takes as many turns as
    # any search may need: the first ones look above `most`, where nothing is found.
    is_counted = jax.default_backend() != "cpu"
    bits = MOST_BITS if is_counted else num_bits

    def halve(i: Array, low: Steps) -> Steps:
        middle = low + jnp.left_shift(jnp.int64(1), bits - 1 - i).astype(low.dtype)
        return jnp.where((middle <= most) & holds(middle), middle, low)

    unroll = BITS_A_TURN if is_counted else None
    return jax.lax.fori_loop(0, bits, halve, jnp.zeros_like(most), unroll=unroll)
