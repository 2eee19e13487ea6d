"""The first step below 0 and the last step off 0: those that a look at every step finds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.half_lines import HalfLine
from jaxneuron.neuron.jumps import MOST_STEPS
from jaxneuron.neuron.jumps.crossing import Guard, count_bits, first_below, last_outside, last_that
from jaxneuron.neuron.jumps.flight import Course, flight_of
from jaxneuron.neuron.params import Params
from tests.conftest import REPEAT


def modes_of(steps):
    """Two modes with nothing but what a step does: η·μ = 1 − λ."""

    def mode(step):
        line = HalfLine(*map(jnp.asarray, (0.0, 0.0, 0.0, 1.0, 0.0)))
        return flight_of(Params(jnp.ones(1), jnp.zeros(())), line, step, train_bias=False).modes[0]

    return mode(steps[0]), mode(steps[1])


def courses_of(begins, limits, reaches):
    return [Course(begins[i], limits[i], (reaches[i][0], reaches[i][1])) for i in (0, 1)]


def floats(values):
    return np.asarray(values, float)


@jax.jit
def cross(begins, limits, reaches, steps, zero_counts, most, more_bits):
    """Searched with so many bits more than are enough."""
    num_bits = count_bits(most) + more_bits
    guards = list(map(Guard, courses_of(begins, limits, reaches), zero_counts))
    return first_below(guards, modes_of(steps), most, num_bits)


@jax.jit
def leave(begins, limits, reaches, steps, tolerance, most, more_bits):
    num_bits = count_bits(most) + more_bits
    return last_outside(courses_of(begins, limits, reaches), tolerance, modes_of(steps), most, num_bits)


def numbers_of(begin, reach, step, most):
    t = np.arange(most + 1, dtype=np.longdouble)
    return begin - sum(r * (1 - (1 - np.longdouble(s)) ** t) for r, s in zip(reach, step, strict=True))


# η·μ: growing to and fro, alternating, falling to and fro, gone at once, falling, still.
steps = st.tuples(
    *[st.one_of(st.sampled_from([2.2, 2.0, 1.9, 1.3, 1.0, 0.8, 0.3, 0.05, 0.001, 0.0]), st.floats(1e-4, 2.3))]
    * 2
)
numbers = st.one_of(st.sampled_from([-3.0, -1.0, -0.4, 0.0, 0.3, 1.0, 2.5]), st.floats(-3, 3))
reaches = st.tuples(numbers, numbers)
courses = st.tuples(st.sampled_from([0.01, 0.5, 1.0, 2.0]), reaches)


@settings(max_examples=250 * REPEAT, deadline=None, derandomize=True)
@given(
    st.tuples(courses, courses),
    steps,
    st.tuples(st.booleans(), st.booleans()),
    st.integers(0, 60),
    st.integers(0, 20),
)
def test_the_first_step_below_0(both, step, zero_counts, most, more_bits):
    begins, reach = zip(*both, strict=True)
    values = [numbers_of(b, r, step, most) for b, r in both]
    # Where a number is 0 but for rounding, either answer is right.
    if any(np.any(np.abs(v[1:]) < 1e-12) for v in values):
        return
    below = np.any([v[1:] < 0 for v in values], axis=0)
    want = 1 + np.argmax(below) if below.any() else np.inf
    limits = [b - sum(r) for b, r in both]
    arguments = map(floats, (begins, limits, reach, step))
    assert cross(*arguments, np.asarray(zero_counts), float(most), more_bits) == want


@settings(max_examples=250 * REPEAT, deadline=None, derandomize=True)
@given(
    st.tuples(reaches, reaches),
    steps,
    st.sampled_from([1e-3, 0.1, 0.5]),
    st.integers(0, 60),
    st.integers(0, 20),
)
def test_the_last_step_outside(reach, step, tolerance, most, more_bits):
    begins = [sum(r) for r in reach]  # they come to rest at 0, as gradients do
    values = [numbers_of(b, r, step, most)[:most] for b, r in zip(begins, reach, strict=True)]
    if any(np.any(np.abs(np.abs(v) - tolerance) < 1e-12) for v in values):
        return
    outside = np.any([np.abs(v) > tolerance for v in values], axis=0)
    want = np.flatnonzero(outside)[-1] if outside.any() else -1
    arguments = map(floats, (begins, [0.0, 0.0], reach, step))
    assert leave(*arguments, tolerance, float(most), more_bits) == want


@settings(max_examples=150 * REPEAT, deadline=None, derandomize=True)
@given(st.floats(0.2, 0.9), st.floats(0.005, 0.1), st.floats(0.5, 3), st.floats(1e-4, 0.1), st.booleans())
def test_a_dip_below_0_is_found(fast, slow, reach, depth, is_first):
    """One mode pulls down at once and the other up later: between, for some steps, the number is below 0."""
    reaches = [reach, -reach * 1.5]
    path = numbers_of(0.0, reaches, (fast, slow), 200)
    begin = float(-path.min() * (1 - depth))
    values = begin + path
    if np.any(np.abs(values) < 1e-12) or begin <= 0:
        return
    still = (1.0, 1.0, [0.0, 0.0])
    both = [(begin, begin - sum(reaches), reaches), still][:: 1 if is_first else -1]
    begins, limits, reaches = map(floats, zip(*both, strict=True))
    found = cross(begins, limits, reaches, np.array([fast, slow]), np.array([False, False]), 1e6, 0)
    assert found == 1 + np.argmax(values[1:] < 0)


@settings(max_examples=150 * REPEAT, deadline=None, derandomize=True)
@given(st.floats(0.2, 0.9), st.floats(0.005, 0.1), st.floats(0.5, 3), st.floats(1e-4, 0.1), st.booleans())
def test_a_way_out_and_back_is_found(fast, slow, reach, depth, is_first):
    """One mode goes at once and the other stays behind: between, for some steps, the number is outside."""
    reaches = [-reach, reach]  # begins at 0, where it comes to rest
    path = numbers_of(0.0, reaches, (fast, slow), 4000)
    tolerance = float(path.max() * (1 - depth))
    if np.any(np.abs(path - tolerance) < 1e-12):
        return
    ways = [reaches, [0.0, 0.0]][:: 1 if is_first else -1]
    zeros, rates = np.zeros(2), np.array([fast, slow])
    for most in (4000, 10**6):
        found = leave(zeros, zeros, np.array(ways), rates, tolerance, float(most), 0)
        assert found == np.flatnonzero(path > tolerance)[-1]


@settings(max_examples=150 * REPEAT, deadline=None, derandomize=True)
@given(st.floats(1e-14, 0.5), st.floats(0.1, 3), st.floats(0.001, 0.99), st.booleans())
def test_a_crossing_far_off_is_found_to_the_step(step, begin, part, zero_counts):
    """What falls at one rate is below 0 when so much of its way is gone: trillions of steps on, too."""
    reach = begin / part  # it passes 0 after a part of its way
    exact = np.log1p(-np.longdouble(begin) / np.longdouble(reach)) / np.log1p(-np.longdouble(step))
    if abs(exact - np.round(exact)) < 1e-9 * exact:
        return
    want = float(np.ceil(exact)) if exact < 2.0**52 else None
    arguments = [begin, 1.0], [begin - reach, 1.0], [[reach, 0], [0, 0]], [step, 0]
    found = cross(*map(floats, arguments), np.array([zero_counts, False]), 2.0**53, 0)
    if want is not None:
        assert found == want


@pytest.mark.parametrize("step", [0.3, 0.999, 1.0, 1.7])
@pytest.mark.parametrize("zero_counts", [True, False])
def test_what_comes_to_0_from_above_is_never_below(step, zero_counts):
    """Its limit is 0, and while anything of its way is left it is on its side, or on both in turn."""
    arguments = [0.7, 1.0], [0.0, 1.0], [[0.7, 0], [0, 0]], [step, 0]
    found = cross(*map(floats, arguments), np.array([False, zero_counts]), 500.0, 0)
    assert found == (1 if step > 1 else np.inf)


@pytest.mark.parametrize("zero_counts", [True, False])
def test_0_counts_for_some_guards(zero_counts):
    """One number is at exactly 0 from step 2 on."""
    for order in (slice(None), slice(None, None, -1)):
        arguments = [1.0, 1.0][order], [0.0, 1.0][order], [[1.0, 0.0], [0.0, 0.0]][order], [1.0, 0.0]
        found = cross(*map(floats, arguments), np.array([zero_counts, False][order]), 10.0, 0)
        assert found == (1 if zero_counts else np.inf)


@jax.jit
def search(last, most, more_bits):
    return last_that(lambda i: i <= last, most, count_bits(2 * most) + more_bits)


@settings(max_examples=150 * REPEAT, deadline=None, derandomize=True)
@given(st.integers(0, 70), st.integers(0, 60), st.integers(0, 20))
def test_bisection_finds_the_last(last, most, more_bits):
    assert search(float(last), float(most), more_bits) == min(last, most)


def test_on_a_gpu_bits_are_enough_for_all_steps(monkeypatch):
    """They are counted when the search is compiled, so that none of them asks the host."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    search = jax.jit(lambda last, most: last_that(lambda i: i <= last, most, jnp.int32(0)))
    for last, most in [(0, 5), (3, 5), (7, 5), (MOST_STEPS - 2, MOST_STEPS), (MOST_STEPS, MOST_STEPS - 1)]:
        assert search(float(last), float(most)) == min(last, most)


def test_bits_are_enough_and_not_many_more():
    for most in (*range(100), 2**20, 2**31 + 3, 2**45):
        pairs, bits = most // 2, int(count_bits(jnp.float64(most)))
        assert 2**bits > pairs
        assert 2**bits <= 4 * max(pairs, 1)
    assert count_bits(jnp.float64("inf")) == 53
