"""tanh and gelu in float32 against float64's, by SciPy and NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.rational_functions.errors import errors_of_gelu, errors_of_tanh, floats
from jaxneuron.neuron import rational

FLOATS = floats(every=3989)


def test_tanh_is_within_its_bound_and_never_beyond_one():
    errors = errors_of_tanh(rational.tanh, FLOATS)
    assert errors.value < 5e-7
    assert errors.slope < 8e-7
    y, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(rational.tanh)))(FLOATS))
    assert abs(y).max() == 1  # so that the slope has no wrong sign
    assert slope.min() == 0
    assert (abs(y)[abs(FLOATS) > 9] == 1).all()


def test_gelu_is_within_its_bound_and_relu_in_the_tails():
    errors = errors_of_gelu(rational.gelu, FLOATS)
    assert errors.value < 5e-7
    assert errors.slope < 8e-7
    far = FLOATS[abs(FLOATS) > rational.GELU_END]
    y, slope = jax.jit(jax.vmap(jax.value_and_grad(rational.gelu)))(far)
    np.testing.assert_array_equal(y, np.maximum(far, 0))
    np.testing.assert_array_equal(slope, far > 0)


@pytest.mark.parametrize("function", [rational.tanh, rational.gelu])
def test_what_is_not_a_number_stays_so_and_nothing_else_becomes_it(function):
    z = np.array([np.nan, np.inf, -3e38, -1e20, 1e20, 3e38], np.float32)
    y, slope = map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(function)))(z))
    assert np.isnan(y[0])
    assert y[1] == (1 if function is rational.tanh else jnp.inf)
    assert np.isfinite([y[2:], slope[2:]]).all()


def test_the_reciprocal_is_within_two_roundings():
    x = np.exp2(np.random.default_rng(0).uniform(0, 120, 1_000_000)).astype(np.float32)
    reciprocal = np.asarray(jax.jit(rational.reciprocal)(x)).astype(float)
    assert abs(reciprocal * x - 1).max() < 2.0**-22
