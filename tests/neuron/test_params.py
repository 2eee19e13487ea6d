"""The forward pass and its slope."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.params import FUNCTIONS, Params, apply, init, preactivation
from jaxneuron.neuron.sample import sample

Z = np.array([-30.0, -2.0, -1e-3, 0.0, 1e-3, 0.7, 30.0])
FORMULAS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "gelu": lambda z: z * scipy.stats.norm.cdf(z),
    "softplus": lambda z: np.logaddexp(0, z),
    "sigmoid": scipy.special.expit,
    "tanh": np.tanh,
    "identity": lambda z: z,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_is_its_formula(name, precision):
    tolerance = 1e-6 if precision == "float32" else 1e-14
    out = jax.jit(FUNCTIONS[name])(jnp.asarray(Z, precision), jnp.asarray(0.2, precision))
    assert out.dtype == precision
    np.testing.assert_allclose(out, FORMULAS[name](Z), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_only_a_slope_of_exactly_zero_can_kill(name):
    z = jnp.linspace(-5, 0, 101)
    slopes = jax.jit(jax.vmap(jax.grad(lambda z: FUNCTIONS[name](z, 0.2))))(z)
    assert ACTIVATIONS[name].can_die == bool((slopes == 0).all())


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.2)])
def test_the_negative_side_owns_zero(name, slope, precision):
    zero = jnp.zeros((), precision)
    assert jax.jit(jax.grad(lambda z: FUNCTIONS[name](z, 0.2)))(zero) == jnp.asarray(slope, precision)


def test_apply_is_activation_of_the_affine_map():
    params = Params(jnp.array([2.0, -1.0, 0.5]), jnp.array(0.25))
    x = jnp.array([1.0, 0.0, 2.0])
    assert preactivation(params, x) == 3.25
    assert apply(params, x) == 3.25
    assert apply(params, -x) == 0.0
    assert apply(params, -x, "leaky_relu", 0.1) == pytest.approx(-0.275)


def test_init_draws_a_weight_for_each_input(precision):
    params = init(jax.random.key(3), 5, Uniform(2.0, 3.0), 0.5, precision)
    assert params.weight.shape == (5,)
    assert params.weight.dtype == params.bias.dtype == precision
    assert ((params.weight >= 2) & (params.weight < 3)).all()
    assert len(set(params.weight.tolist())) == 5
    assert params.bias == 0.5


@pytest.mark.parametrize(
    ("draw", "cdf"),
    [
        (Normal(1.0, 2.0), scipy.stats.norm(1, 2).cdf),
        (Uniform(-1.0, 3.0), scipy.stats.uniform(-1, 4).cdf),
        (LogUniform(1e-3, 10.0), scipy.stats.loguniform(1e-3, 10).cdf),
    ],
)
def test_draws_follow_their_distribution(draw, cdf):
    drawn = np.asarray(sample(draw, jax.random.key(0), (20_000,)))
    assert scipy.stats.kstest(drawn, cdf).pvalue > 1e-3
    probabilities = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(cdf(draw.quantile(probabilities)), probabilities, rtol=1e-10)
