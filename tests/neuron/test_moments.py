"""Moments against autodiff: the same loss, gradient and active examples, whatever the data."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.autodiff import evaluate_at_once, evaluate_in_order
from jaxneuron.neuron.gradient import choose_form
from jaxneuron.neuron.half_lines import find_half_lines
from jaxneuron.neuron.moments import evaluate as evaluate_on
from jaxneuron.neuron.moments import find_piece
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.neuron.train import Config
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from tests.conftest import examples_of

# Whole numbers make ties, z = 0 and thresholds on examples; halves and thirds make what lies between.
values = st.one_of(st.integers(-3, 3).map(float), st.floats(-4, 4, width=32, allow_subnormal=False))
inputs = st.one_of(values, st.sampled_from([1e6, -1e6]))
# Of few lengths: each has a program compiled for it.
lists = st.sampled_from([1, 2, 12]).flatmap(
    lambda size: st.lists(st.tuples(inputs, values), min_size=size, max_size=size)
)


# As many probes as the data of these tests can need: all of one length have one program.
NUM_PROBES = 4
STRAIGHT = ("relu", "leaky_relu", "identity")


def by_moments(params, half_lines, activation="relu", negative_slope=0.01, train_bias=True):
    return evaluate_on(params, find_piece(params, half_lines), activation, negative_slope, train_bias)


@jax.jit
def by_both(params, examples):
    """What moments find and what autodiff finds, for every straight activation, the bias trained and not."""
    return {
        (activation, train_bias): (
            by_moments(params, examples.half_lines, activation, 0.25, train_bias),
            evaluate_in_order(params, examples, activation, 0.25, train_bias),
        )
        for activation in STRAIGHT
        for train_bias in (False, True)
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
def test_moments_are_autodiff(precision):
    with jax.enable_x64(precision == "float64"):

        @settings(max_examples=60, deadline=None, derandomize=True)
        @given(lists, values, values)
        def check(pairs, w, b):
            x, y = np.array(pairs).T
            params = Params(jnp.asarray([w], precision), jnp.asarray(b, precision))
            half_lines = find_half_lines(x, y, precision, NUM_PROBES)
            found = by_both(params, examples_of(x, y, precision)._replace(half_lines=half_lines))
            for (_, train_bias), (got, want) in jax.device_get(found).items():
                assert_close(got, want, x, y, w, b, precision)
                if not train_bias:
                    assert got.grads.bias == 0

        check()


# Inputs that are equal, and so close or so far that differences or buckets per unit are no numbers.
EXTREME = ([1.0], [-2.0, -2.0], [1.0, 1.5], [0.0, 1e-38], [0.0, 1e-38, 1.0], [-3e38, 3e38])


@pytest.mark.parametrize("x", EXTREME)
def test_at_the_ends_of_the_numbers_they_are_autodiff_too(x, precision):
    """Where −b/W is beyond all numbers, or b² is: who is active is the same, and silence has its loss."""
    limits, y = np.finfo(precision), np.linspace(1.0, 2.0, len(x))
    scales = (2 * float(limits.tiny), 1.0, 2 * float(limits.max) ** 0.5)
    half_lines = find_half_lines(np.array(x), y, precision, NUM_PROBES)
    examples = examples_of(x, y, precision)._replace(half_lines=half_lines)
    num_silent = 0
    for w, b in itertools.product([sign * scale for sign in (-1, 1) for scale in scales], repeat=2):
        params = Params(jnp.asarray([w], precision), jnp.asarray(b, precision))
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
    by = by_moments(params, examples.half_lines), evaluate_in_order(params, examples)
    return tuple(found.num_active for found in by)


@pytest.mark.parametrize("num_examples", [1, 2, 64, 1000])
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
    # Some kinds need that many probes, and the others do as well with them.
    half_lines = find_half_lines(x, rng.normal(size=num_examples), precision, num_probes=10)
    # Thresholds everywhere, and on every example: to the last bit there.
    w = (np.round(rng.normal(size=4000) * 2**8) / 2**8).astype(precision)
    w[w == 0] = 1
    b = (3 * rng.normal(size=4000)).astype(precision)
    on = rng.integers(0, num_examples, 2000)
    b[:2000] = -(w[:2000] * x.astype(precision)[on])
    w[-3:], b[-3:] = (0.0, 0.0, -0.0), (1.0, -1.0, 2.0)
    examples = examples_of(x, np.zeros(num_examples), precision)._replace(half_lines=half_lines)
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
    x = np.linspace(-1, 1, 50)
    params = Params(jnp.float32([2.0]), jnp.float32(5.0))
    got = by_moments(params, find_half_lines(x, 2 * x + 5, "float32"))
    assert got.loss < 1e-12


@jax.jit
def at_once_and_in_order(params, examples):
    return tuple(evaluate(params, examples) for evaluate in (evaluate_at_once, evaluate_in_order))


@pytest.mark.parametrize("num_examples", [5, 512, 1100])
def test_matrix_products_are_the_ordered_sum(num_examples, precision):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(num_examples, 7)), rng.normal(size=num_examples)
    params = Params(jnp.asarray(rng.normal(size=7), precision), jnp.asarray(0.3, precision))
    got, want = at_once_and_in_order(params, examples_of(x, y, precision))
    tolerance = 1e-5 if precision == "float32" else 1e-13
    assert got.num_active == want.num_active
    np.testing.assert_allclose(got.loss, want.loss, rtol=tolerance)
    np.testing.assert_allclose(got.grads.weight, want.grads.weight, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(got.grads.bias, want.grads.bias, rtol=tolerance, atol=tolerance)


def test_the_form_is_chosen_in_one_place():
    assert choose_form("auto", "relu", 1, "cpu") == choose_form("moments", "relu", 1, "gpu") == "moments"
    assert choose_form("autodiff", "relu", 1, "cpu") == choose_form("auto", "tanh", 1, "cpu") == "in_order"
    assert choose_form("auto", "relu", 2, "cpu") == choose_form("auto", "tanh", 1, "gpu") == "at_once"
    with pytest.raises(ValueError, match="one input"):
        choose_form("moments", "relu", 2, "cpu")
    with pytest.raises(ValueError, match="straight"):
        choose_form("moments", "gelu", 1, "cpu")


@pytest.mark.parametrize("activation", ["relu", pytest.param("leaky_relu", marks=pytest.mark.thorough)])
def test_training_with_moments_ends_in_the_fates_of_autodiff(activation):
    # Rates below the stability limit: beyond it neurons are chaotic, and the last bit decides.
    init_weight, init_bias = np.random.default_rng(0).normal(size=(2, 64))
    cells = np.arange(64, dtype=np.uint32)
    num_compared = 0

    with jax.enable_x64(True):

        @settings(max_examples=12, deadline=None, derandomize=True)
        @given(st.lists(st.tuples(values, values), min_size=12, max_size=12))
        def check(pairs):
            nonlocal num_compared
            x, y = np.array(pairs).T
            examples = examples_of(x, y, "float64")
            examples = examples._replace(half_lines=find_half_lines(x, y, "float64", NUM_PROBES))
            rates = np.geomspace(0.01, 0.8, 64) * min(stability_limit(x[:, None]), 10)
            swept = {"learning_rate": rates, "init_weight": init_weight, "init_bias": init_bias}
            start = Start(jax.random.key(0), {}, {})
            moments, autodiff = (
                train_population(
                    *(cells, cells), swept, start, examples, Config(activation, gradient=form), 300
                )
                for form in ("moments", "in_order")
            )
            # Where a neuron comes to rest on a kink, with an example at z = 0, the last bit decides.
            weight, bias = map(np.asarray, autodiff.params)
            is_clear = np.abs(weight * x + bias[:, None]).min(1) > 1e-9
            num_compared += is_clear.sum()
            for name in ("fate", "death_step", "num_active"):
                got, want = (np.asarray(getattr(trained, name)) for trained in (moments, autodiff))
                np.testing.assert_array_equal(got[is_clear], want[is_clear], err_msg=name)
            np.testing.assert_allclose(moments.params.weight, autodiff.params.weight, rtol=1e-8, atol=1e-8)
            np.testing.assert_allclose(moments.params.bias, autodiff.params.bias, rtol=1e-8, atol=1e-8)

        check()
        assert num_compared > 6 * 64
