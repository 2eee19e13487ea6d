"""The quadratic that is descended: put together from half-lines, it has the gradient of its parts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.half_lines import HalfLine, find_active_row
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.jumps.quadratic import gradient_of, joined, loss_line, ratio, stretched, with_decay
from jaxneuron.neuron.moments import piece_of
from jaxneuron.neuron.running_sums import find_half_lines
from tests.conftest import REPEAT
from tests.neuron.jumps.drawn import arrays, gradient_by_hand, lines

places = st.tuples(st.floats(-3, 3), st.floats(-3, 3))


def by_hand(line, weight, bias):
    return np.array(gradient_by_hand(line, weight, bias))


together = jax.jit(lambda one, other, slope: joined(one, stretched(other, slope)))
decayed = jax.jit(
    lambda line, decay, train_bias: with_decay(
        line, Hyperparams(0.0, weight_decay=decay), Config(train_bias=train_bias)
    ),
    static_argnums=2,
)


@settings(max_examples=150 * REPEAT, deadline=None, derandomize=True)
@given(places, lines, lines, st.sampled_from([0.0, 0.01, -0.5, 1.0, -3.0]))
def test_half_lines_are_joined(place, one, other, slope):
    """The sum of two squared errors, one of them of slope·(W·x + b)."""
    weight, bias = place
    both = HalfLine(*map(float, together(arrays(one), arrays(other), slope)))
    want = by_hand(one, weight, bias) + slope * by_hand(other, slope * weight, slope * bias)
    np.testing.assert_allclose(by_hand(both, weight, bias), want, atol=1e-10, rtol=0)
    assert np.all(np.isfinite(both))
    assert both.share >= 0
    assert both.spread >= 0


@settings(max_examples=100 * REPEAT, deadline=None, derandomize=True)
@given(places, lines, st.booleans(), st.sampled_from([0.0, 1e-6, 0.05, 2.0]))
def test_decay_pulls_towards_0(place, line, train_bias, decay):
    weight, bias = place
    both = HalfLine(*map(float, decayed(arrays(line), decay, train_bias)))
    want = by_hand(line, weight, bias) + np.array([decay * weight, decay * bias * train_bias])
    got = by_hand(both, weight, bias)
    np.testing.assert_allclose(got[: 1 + train_bias], want[: 1 + train_bias], atol=1e-10, rtol=0)


slopes = st.floats(1e-9, 3)
barely = jax.jit(lambda line, slope, decay: decayed(stretched(line, slope), decay, True))


@settings(max_examples=100 * REPEAT, deadline=None, derandomize=True)
@given(lines, slopes, st.sampled_from([1e-6, 0.05, 2.0]))
def test_what_hardly_pulls_may_be_far_away(line, slope, decay):
    """The line of a small slope is high, and its share small: the mean is as exact as its parts."""
    got = barely(arrays(line), slope, decay)
    share, slope, decay = np.longdouble(line.share), np.longdouble(slope), np.longdouble(decay)
    together = slope**2 * share + decay
    unit = 8 * np.finfo(np.float64).eps
    np.testing.assert_allclose(got.mean_y, slope * share * line.mean_y / together, rtol=unit, atol=0)
    np.testing.assert_allclose(got.mean_x, slope**2 * share * line.mean_x / together, rtol=unit, atol=0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(places, lines)
def test_the_gradient_is_that_of_the_formula(place, line):
    weight, bias = map(jnp.asarray, map(float, place))
    want = by_hand(line, *place)
    np.testing.assert_allclose(gradient_of(arrays(line), weight, bias, True), want, atol=1e-13, rtol=0)
    got = gradient_of(arrays(line), weight, bias, False)
    np.testing.assert_allclose(got, [want[0], 0], atol=1e-13, rtol=0)


def test_without_decay_nothing_is_joined():
    line = arrays(HalfLine(0.3, 1.0, 2.0, 0.5, 0.1))
    assert with_decay(line, Hyperparams(0.0), Config()) is line


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "identity"])
@pytest.mark.parametrize("scale", [None, -0.7])
def test_the_line_of_the_loss_has_the_gradient_over_the_examples(activation, scale):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 17))
    half_lines = find_half_lines(x, y, "float64")
    slope = {"relu": 0.0, "leaky_relu": -0.3, "identity": 1.0}[activation]
    hyperparams = Hyperparams(0.1, negative_slope=-0.3, target_scale=scale)

    @jax.jit
    def gradient(weight, bias):
        piece = piece_of(find_active_row(half_lines, weight, bias), half_lines)
        return jnp.stack(gradient_of(loss_line(piece, hyperparams, Config(activation)), weight, bias, True))

    for weight, bias in rng.normal(size=(60, 2)):
        z = weight * x + bias
        inner = np.where(z > 0, 1, slope)
        error = (inner * z - y * (1 if scale is None else scale)) * inner
        np.testing.assert_allclose(
            gradient(weight, bias), [np.mean(error * x), np.mean(error)], atol=1e-13, rtol=0
        )


def test_the_share_of_nothing_is_0():
    a, b = jnp.asarray([1.0, 0.0, -3.0, 0.0]), jnp.asarray([0.0, 0.0, 2.0, 5.0])
    np.testing.assert_array_equal([ratio(x, y) for x, y in zip(a, b, strict=True)], [0, 0, -1.5, 0])
