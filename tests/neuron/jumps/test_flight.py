"""The way of the params in closed form: that of the plain recursion, step by step in extended precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.half_lines import HalfLine
from jaxneuron.neuron.jumps.flight import flight_of, powers_after, steps_that_count
from jaxneuron.neuron.params import Params
from tests.conftest import REPEAT
from tests.neuron.jumps.drawn import arrays, gradient_by_hand, lines

# XLA takes subnormal numbers for 0.
places = st.tuples(*[st.floats(-3, 3, allow_subnormal=False)] * 2)
# η·μ from nearly 0 to beyond 2, with the values at which something changes.
rates = st.one_of(st.sampled_from([0.0, 1e-12, 1.0, 2.0]), st.floats(1e-6, 2.5))


def params_at(place):
    return Params(jnp.asarray([float(place[0])]), jnp.asarray(float(place[1])))


def descended(line, place, rate, train_bias, num_steps):
    """The params after each of some steps of the plain recursion."""
    w, b = np.longdouble(place)
    line = HalfLine(*map(np.longdouble, line))
    found = [(w, b)]
    for _ in range(num_steps):
        grad_w, grad_b = gradient_by_hand(line, w, b)
        w, b = w - rate * grad_w, b - rate * grad_b * train_bias
        found.append((w, b))
    return np.array(found)


def largest_curvature(line, train_bias):
    """Of a line: rates are relative to it."""
    if not train_bias:
        return line.share * line.mean_x**2 + line.spread**2
    u = np.array([line.mean_x, 1.0])
    return np.linalg.eigvalsh(line.share * np.outer(u, u) + np.diag([line.spread**2, 0.0]))[-1]


def size_of(line, path):
    """An ill-conditioned minimum may lie far off, and is as uncertain as it is far."""
    return max(1.0, np.abs(path).max(), abs(line.rise / line.spread) if line.spread else 0.0)


def cancelled(line, place, rate):
    """What may cancel in a step, and leave its rounding."""
    off_mean = abs(place[0] * line.mean_x) + abs(place[1]) + abs(line.mean_y)
    return rate * line.share * abs(line.mean_x) * off_mean


fly = jax.jit(
    lambda params, line, rate, train_bias, steps: flight_of(params, line, rate, train_bias).after(steps),
    static_argnums=3,
)


@settings(max_examples=150 * REPEAT, deadline=None, derandomize=True)
@given(lines, places, rates, st.booleans(), st.integers(0, 60))
def test_the_params_are_those_of_the_recursion(line, place, rate, train_bias, num_steps):
    growth = max(1.0, rate - 1) ** num_steps  # of what lies off the minimum, were it by rounding
    rate = rate / (largest_curvature(line, train_bias) or 1.0)
    path = descended(line, place, rate, train_bias, num_steps)
    got = fly(params_at(place), arrays(line), rate, train_bias, float(num_steps))
    atol = 1e-11 * max(size_of(line, path), cancelled(line, place, rate))
    atol += 1e-14 * growth * size_of(line, path[0])
    np.testing.assert_allclose([got.weight[0], got.bias], path[-1].astype(float), atol=atol, rtol=0)


@settings(max_examples=100 * REPEAT, deadline=None, derandomize=True)
@given(lines, places, st.floats(0.01, 1.9), st.booleans())
def test_infinitely_many_steps_lead_to_rest(line, place, rate, train_bias):
    """Rest is where the gradient is 0, and where the part along which nothing pulls is what it was."""
    rate = rate / (largest_curvature(line, train_bias) or 1.0)
    end = fly(params_at(place), arrays(line), rate, train_bias, float("inf"))
    w, b = float(end.weight[0]), float(end.bias)
    size = size_of(line, [w, b])
    grad_w, grad_b = gradient_by_hand(line, w, b)
    assert abs(grad_w) <= 1e-12 * size
    if train_bias:
        assert abs(grad_b) <= 1e-12 * size
    else:
        assert b == place[1]
    if line.share == 0:
        assert (w, b) == place
    elif line.spread == 0 and train_bias:
        # The way goes along (x̄, 1).
        across = (w - place[0]) - line.mean_x * (b - place[1])
        np.testing.assert_allclose(across, 0, atol=1e-13)


@pytest.mark.parametrize("train_bias", [True, False])
def test_very_many_steps_keep_their_precision(train_bias):
    """After 10⁹ steps at a rate of 10⁻¹⁰ the params are within rounding; products of powers would not be."""
    line, place, rate, num_steps = HalfLine(0.7, 1.3, -0.4, 0.9, 0.8), (1.1, -0.6), 1e-10, 1e9
    u = np.array([1.3, 1.0])
    hessian = 0.7 * np.outer(u, u) + np.diag([0.81, 0.0])
    if not train_bias:
        hessian[1] = hessian[:, 1] = 0.0
    gradient = by_hand = 0.7 * (place[0] * 1.3 + place[1] + 0.4) * u + [0.9 * (0.9 * place[0] - 0.8), 0.0]
    if not train_bias:
        gradient = by_hand * [1.0, 0.0]
    curvature, basis = np.linalg.eigh(hessian)
    curvature, slope = curvature.astype(np.longdouble), (basis.T @ gradient).astype(np.longdouble)
    gone = -np.expm1(num_steps * np.log1p(-rate * curvature))
    way = np.where(curvature > 1e-12, slope * gone / np.where(curvature > 1e-12, curvature, 1), 0)
    want = place - basis @ way.astype(float)
    got = fly(params_at(place), arrays(line), rate, train_bias, num_steps)
    np.testing.assert_allclose([got.weight[0], got.bias], want, rtol=1e-14)


def test_two_flights_in_a_row_are_one():
    line, rate = HalfLine(0.7, 1.3, -0.4, 0.9, 0.8), 0.9
    for first, then in ((1.0, 1.0), (3.0, 4.0), (7.0, 10.0), (0.0, 5.0)):
        middle = fly(params_at((1.1, -0.6)), arrays(line), rate, True, first)
        apart = fly(middle, arrays(line), rate, True, then)
        at_once = fly(params_at((1.1, -0.6)), arrays(line), rate, True, first + then)
        np.testing.assert_allclose(apart.weight, at_once.weight, rtol=1e-13)
        np.testing.assert_allclose(apart.bias, at_once.bias, rtol=1e-13)


count = jax.jit(
    lambda rate, most: steps_that_count(
        flight_of(params_at((1.0, 0.5)), arrays((0.0, 0.0, 0.0, 1.0, 0.0)), rate, False).modes, most
    )
)


@pytest.mark.parametrize("step", [1e-12, 1e-3, 0.5, 0.999, 1.0, 1.5, 2.001, 3.0])
def test_the_steps_that_count_are_those_that_leave_a_number(step):
    """After them what falls is not 0 yet, and what grows is a number; not many more do."""
    number = float(count(step, float("inf")))
    assert number == np.floor(number) >= 1
    log_ratio = np.log1p(-step if step < 1 else step - 2) if step != 1 else 0.0
    assert number * abs(log_ratio) <= 700 * (1 + 1e-14)
    if step != 1:
        assert (number + 1) * abs(log_ratio) > 700 * (1 - 1e-14)
    assert count(step, 1.0) == 1


def test_what_alternates_comes_back_after_two_steps():
    assert count(2.0, float("inf")) == 2
    assert count(0.0, float("inf")) == 1


powers = jax.jit(
    lambda rate, steps: powers_after(
        flight_of(params_at((1.0, 0.5)), arrays((0.3, 0.0, 0.0, 1.0, 0.0)), rate, True).modes, steps
    )
)


@pytest.mark.parametrize("step", [0.0, 1e-14, 0.3, 1.0, 1.7, 2.0, 2.2])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 10, 11])
def test_powers_are_exact_where_they_are_small(step, number):
    gone, left = powers(step, float(number))
    for mode, curvature in enumerate((1.0, 0.3)):
        power = (1 - np.longdouble(step) * curvature) ** number
        np.testing.assert_allclose(float(left[mode]), float(power), rtol=1e-13, atol=1e-300)
        # The power of a small step is 1 but for little; what is gone is that little.
        exact = np.sum(
            [
                np.longdouble(step) * curvature * (1 - np.longdouble(step) * curvature) ** i
                for i in range(number)
            ]
        )
        np.testing.assert_allclose(float(gone[mode]), float(exact), rtol=1e-13, atol=1e-15 if step else 0)
