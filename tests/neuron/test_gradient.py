"""The loss, and its gradient by autodiff: against the chain rule by hand, and against differences."""

import operator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jaxneuron.neuron.autodiff import evaluate_in_order
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.gradient import choose_form, evaluate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import loss, silent_loss
from jaxneuron.neuron.params import Params
from tests.conftest import examples_of
from tests.neuron.neurons import params_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(1100, 3)), RNG.normal(size=1100)
WEIGHT, BIAS = np.array([0.5, -1.0, 2.0]), 0.1
SLOPE = Hyperparams(0.0, negative_slope=0.2)
numbers = st.floats(-4, 4, allow_subnormal=False)
evaluated = jax.jit(evaluate, static_argnums=3)


@jax.jit
def in_order(params, examples):
    return evaluate_in_order(params, SLOPE, examples, Config())


@pytest.mark.parametrize("form", ["in_order", "at_once"])
@pytest.mark.parametrize(
    ("num_examples", "precision"),
    [(37, "float64"), (512, "float32"), (1100, "float32"), (1100, "float64")],
    indirect=["precision"],
)
def test_gradient_is_the_chain_rule(form, num_examples, precision):
    tolerance = 1e-6 if precision == "float32" else 1e-14
    if num_examples > 37:  # rounding adds up
        tolerance *= 10
    x, y = X[:num_examples], Y[:num_examples]
    config, params = Config(gradient=form), params_of(WEIGHT, BIAS, precision)
    got = evaluated(params, SLOPE, examples_of(x, y, precision), config)
    z = x @ WEIGHT + BIAS
    passes = z > 0
    error = np.where(passes, z, 0) - y
    np.testing.assert_allclose(got.loss, np.mean(0.5 * error**2), rtol=tolerance)
    weight = (error * passes) @ x / num_examples
    np.testing.assert_allclose(got.grads.weight, weight, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(got.grads.bias, np.mean(error * passes), rtol=tolerance, atol=tolerance)
    assert got.num_active == passes.sum()


def test_accumulation_is_the_gradient_of_the_loss():
    with jax.enable_x64(True):
        examples = examples_of(X[:37], Y[:37], "float64")
        params = params_of([0.3, -0.2, 0.8], -0.1, "float64")

        def of_every_activation(function):
            return jax.jit(
                lambda p: {name: function(p, SLOPE, examples, Config(name)) for name in ACTIVATIONS}
            )

        by_jax = of_every_activation(jax.value_and_grad(loss))(params)
        by_sum = of_every_activation(evaluate_in_order)
        found = by_sum(params)
        for name, (value, grads) in by_jax.items():
            got = found[name]
            np.testing.assert_allclose(got.loss, value, rtol=1e-14, err_msg=name)
            np.testing.assert_allclose(got.grads.weight, grads.weight, rtol=1e-13, atol=1e-16, err_msg=name)
            np.testing.assert_allclose(got.grads.bias, grads.bias, rtol=1e-13, err_msg=name)
        # Differences of the loss along a line, on which X keeps every z well away from the kink.
        line, step = params_of([0.6, 0.5, -0.4], 0.3, "float64"), 1e-6
        before, after = (
            by_sum(jax.tree.map(lambda p, along, side=side: p + side * step * along, params, line))
            for side in (-1, 1)
        )
        for name, (_, grads) in by_jax.items():
            slope = (after[name].loss - before[name].loss) / (2 * step)
            want = jax.tree.reduce(operator.add, jax.tree.map(jnp.vdot, grads, line))
            np.testing.assert_allclose(slope, want, rtol=1e-6, atol=1e-9, err_msg=name)


def test_at_the_kink_no_gradient_passes():
    examples = examples_of([1.0, 2.0, -3.0], [1.0, 1.0, 1.0])
    got = in_order(Params(jnp.zeros(1), jnp.zeros(())), examples)
    assert got.num_active == 0
    assert got.grads == Params(jnp.zeros(1), jnp.zeros(()))
    assert got.loss == 0.5 == silent_loss(examples)


@pytest.mark.parametrize("form", ["in_order", "at_once"])
def test_a_bias_that_is_not_trained_has_no_gradient(form):
    params, examples = params_of(1.0, 0.5), examples_of([1.0, 2.0], [1.0, 1.0])
    trained, untrained = (
        evaluated(params, SLOPE, examples, Config(train_bias=train_bias, gradient=form))
        for train_bias in (True, False)
    )
    assert trained.grads.bias != 0
    assert untrained.grads.bias == 0
    assert trained.grads.weight == untrained.grads.weight


@settings(max_examples=60, deadline=None, derandomize=True)
@given(arrays(np.float32, 9, elements=st.floats(-4, 4, width=32)), numbers, numbers)
def test_silence_is_a_gradient_of_exactly_zero(x, w, b):
    got = in_order(params_of(w, b), examples_of(x, np.ones(9)))
    if got.num_active == 0:
        assert got.grads.weight == 0
        assert got.grads.bias == 0
        assert got.loss == 0.5


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.permutations(range(9)), numbers, numbers)
def test_the_order_of_examples_changes_nothing_but_rounding(order, w, b):
    x, y, params = X[:9, 0], Y[:9], params_of(w, b)
    one, other = (in_order(params, examples_of(x[o], y[o])) for o in (np.arange(9), list(order)))
    assert one.num_active == other.num_active
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-6)
    np.testing.assert_allclose(one.grads.weight, other.grads.weight, rtol=1e-5, atol=1e-5)


def test_the_form_is_chosen_in_one_place():
    assert choose_form("auto", "relu", 1, "cpu") == choose_form("moments", "relu", 1, "gpu") == "moments"
    assert choose_form("autodiff", "relu", 1, "cpu") == choose_form("auto", "tanh", 1, "cpu") == "in_order"
    assert choose_form("auto", "relu", 2, "cpu") == choose_form("auto", "tanh", 1, "gpu") == "at_once"
    with pytest.raises(ValueError, match="one input"):
        choose_form("moments", "relu", 2, "cpu")
    with pytest.raises(ValueError, match="straight"):
        choose_form("moments", "gelu", 1, "cpu")
