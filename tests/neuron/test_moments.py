"""Moments against autodiff: the same loss, gradient and active examples, whatever the data."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron import moments
from jaxneuron.neuron.autodiff import evaluate_in_order
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.neuron.stability import stability_limit
from tests.neuron.neurons import params_of, with_half_lines
from tests.population.trained import train_values

# Whole numbers make ties, z = 0 and thresholds on examples; halves and thirds make what lies between.
values = st.one_of(st.integers(-3, 3).map(float), st.floats(-4, 4, width=32, allow_subnormal=False))
inputs = st.one_of(values, st.sampled_from([1e6, -1e6]))
# Of few lengths: each has a program compiled for it.
FEW, MANY = 1, 12
lists = st.sampled_from([FEW, MANY]).flatmap(
    lambda size: st.lists(st.tuples(inputs, values), min_size=size, max_size=size)
)


SLOPE = Hyperparams(0.0, negative_slope=0.25)
SETTINGS = [("relu", True), ("relu", False), ("leaky_relu", True), ("identity", True)]


@jax.jit
def by_both(params, examples):
    """What moments and autodiff find, for every straight activation, and with a bias that is not trained."""
    return {
        setting: (
            moments.evaluate(params, SLOPE, examples, Config(*setting)),
            evaluate_in_order(params, SLOPE, examples, Config(*setting)),
        )
        for setting in SETTINGS
    }


def assert_close(got, want, x, y, w, b, precision):
    """Equal but for rounding, which is a few last bits of the largest term of each sum."""
    eps = 32 * np.finfo(precision).eps
    x, y = np.abs(x).max(), np.abs(y).max()
    error = abs(w) * x + abs(b) + y
    assert got.num_active == want.num_active
    np.testing.assert_allclose(got.loss, want.loss, atol=eps * error**2, rtol=0)
    np.testing.assert_allclose(got.grads.weight, want.grads.weight, atol=eps * error * x, rtol=0)
    np.testing.assert_allclose(got.grads.bias, want.grads.bias, atol=eps * error, rtol=0)


@pytest.mark.parametrize("precision", ["float32", pytest.param("float64", marks=pytest.mark.thorough)])
def test_moments_agree_with_autodiff(precision):
    with jax.enable_x64(precision == "float64"):

        @settings(max_examples=60, deadline=None, derandomize=True)
        @given(lists, values, values)
        def check(pairs, w, b):
            x, y = np.array(pairs).T
            params = params_of(w, b, precision)
            found = by_both(params, with_half_lines(x, y, precision))
            for (_, train_bias), (got, want) in jax.device_get(found).items():
                assert_close(got, want, x, y, w, b, precision)
                if not train_bias:
                    assert got.grads.bias == 0

        check()


# Inputs that are equal, and so close or so far that differences or buckets per unit are no numbers.
EXTREME = ([1.0], [-2.0, -2.0], [1.0, 1.5], [0.0, 1e-38], [0.0, 1e-38, 1.0], [-3e38, 3e38])


@pytest.mark.parametrize("x", EXTREME)
def test_extreme_numbers_agree_too(x, precision):
    """Where −b/W is beyond all numbers, or b² is: the active examples are the same, and silence has its
    loss."""
    if len(x) > FEW:
        x = np.resize(x, MANY)
    limits, y = np.finfo(precision), np.linspace(1.0, 2.0, len(x))
    scales = (2 * float(limits.tiny), 1.0, 2 * float(limits.max) ** 0.5)
    examples = with_half_lines(x, y, precision)
    num_silent = 0
    for w, b in itertools.product([sign * scale for sign in (-1, 1) for scale in scales], repeat=2):
        params = params_of(w, b, precision)
        for (activation, _), (got, want) in jax.device_get(by_both(params, examples)).items():
            assert got.num_active == want.num_active, (activation, w, b)
            if activation == "relu" and got.num_active == 0:
                num_silent += 1
                np.testing.assert_allclose(got.loss, np.mean(y**2) / 2, rtol=1e-6)
                assert got.grads.weight == got.grads.bias == 0
    assert num_silent


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None))
def numbers_active(w, b, examples):
    params = Params(w[None], b)
    return tuple(
        evaluate(params, SLOPE, examples, Config()).num_active
        for evaluate in (moments.evaluate, evaluate_in_order)
    )


@pytest.mark.parametrize("num_examples", [1, 64, 1000])
@pytest.mark.parametrize("kind", ["normal", "outlier", "equal", "log-normal", "ties"])
def test_the_cut_is_where_z_changes_its_sign(num_examples, kind, precision):
    rng = np.random.default_rng(num_examples)
    x = rng.normal(size=num_examples)
    if kind == "outlier":
        x[-1] = 1e6
    elif kind == "equal":
        x[:] = 0.1
    elif kind == "log-normal":
        x = np.exp(3 * x)
    elif kind == "ties":
        x = np.round(2 * x) / 2
    # Of twelve bits, so that W·x is exact: where it is rounded, z is 0 or not as the compiler fuses it.
    mantissa, exponent = np.frexp(x)
    x = np.ldexp(np.round(mantissa * 2**11), exponent - 11)
    # Thresholds everywhere, and on every example: to the last bit there.
    w = (np.round(rng.normal(size=4000) * 2**8) / 2**8).astype(precision)
    w[w == 0] = 1
    b = (3 * rng.normal(size=4000)).astype(precision)
    on = rng.integers(0, num_examples, 2000)
    b[:2000] = -(w[:2000] * x.astype(precision)[on])
    w[-3:], b[-3:] = (0.0, 0.0, -0.0), (1.0, -1.0, 2.0)
    # Some kinds need that many probes, and the others do as well with them.
    examples = with_half_lines(x, np.zeros(num_examples), precision, num_probes=10)
    counts, want = numbers_active(jnp.asarray(w), jnp.asarray(b), examples)
    np.testing.assert_array_equal(counts, want)


def test_an_outlier_costs_no_more_than_a_binary_search():
    x = np.random.default_rng(0).normal(size=4096)
    assert find_half_lines(x, x, "float32").probes.shape[0] <= 4
    x[0] = 1e6
    assert find_half_lines(x, x, "float32").probes.shape[0] <= 4
    x[:2000] = np.geomspace(1, 1e12, 2000)
    assert find_half_lines(x, x, "float32").probes.shape[0] <= 12


def test_a_perfect_fit_has_no_loss():
    x = np.linspace(-1, 1, MANY)
    for got, _ in by_both(params_of(2.0, 5.0), with_half_lines(x, 2 * x + 5, "float32")).values():
        assert got.loss < 1e-12


@pytest.mark.parametrize("activation", ["relu", pytest.param("leaky_relu", marks=pytest.mark.thorough)])
def test_training_with_moments_ends_in_the_fates_of_autodiff(activation):
    # Rates below the stability limit: beyond it neurons are chaotic, and the last bit decides.
    init_weight, init_bias = np.random.default_rng(0).normal(size=(2, 64))
    num_compared = 0

    with jax.enable_x64(True):

        @settings(max_examples=12, deadline=None, derandomize=True)
        @given(st.lists(st.tuples(values, values), min_size=12, max_size=12))
        def check(pairs):
            nonlocal num_compared
            x, y = np.array(pairs).T
            examples = with_half_lines(x, y, "float64")
            rates = np.geomspace(0.01, 0.8, 64) * min(stability_limit(x[:, None]), 10)
            swept = {"learning_rate": rates, "init_weight": init_weight, "init_bias": init_bias}
            by_moments, in_order = (
                train_values(swept, examples, Config(activation, gradient=form), 300)
                for form in ("moments", "in_order")
            )
            # Where a neuron comes to rest on a kink, with an example at z = 0, the last bit decides.
            weight, bias = in_order.params
            is_clear = np.abs(weight * x + bias[:, None]).min(1) > 1e-9
            num_compared += is_clear.sum()
            for name in ("fate", "death_step", "num_active"):
                got, want = (getattr(trained, name) for trained in (by_moments, in_order))
                np.testing.assert_array_equal(got[is_clear], want[is_clear], err_msg=name)
            np.testing.assert_allclose(by_moments.params.weight, in_order.params.weight, rtol=1e-8, atol=1e-8)
            np.testing.assert_allclose(by_moments.params.bias, in_order.params.bias, rtol=1e-8, atol=1e-8)

        check()
        assert num_compared > 6 * 64
