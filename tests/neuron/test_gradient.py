"""The loss, and its gradient against the chain rule by hand, against jax.grad, and against differences."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jax.test_util import check_grads

from jaxneuron.neuron.autodiff import evaluate_in_order as evaluate
from jaxneuron.neuron.loss import loss, silent_loss
from jaxneuron.neuron.params import ACTIVATIONS, Params
from tests.conftest import examples_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(37, 3)), RNG.normal(size=37)
numbers = st.floats(-4, 4, allow_subnormal=False)
evaluate_compiled = jax.jit(evaluate)


def test_gradient_is_the_chain_rule(precision):
    tolerance = 1e-6 if precision == "float32" else 1e-14
    params = Params(jnp.asarray([0.5, -1.0, 2.0], precision), jnp.asarray(0.1, precision))
    got = evaluate(params, examples_of(X, Y, precision))
    z = X @ [0.5, -1.0, 2.0] + 0.1
    passes = z > 0
    error = np.where(passes, z, 0) - Y
    np.testing.assert_allclose(got.loss, np.mean(0.5 * error**2), rtol=tolerance)
    np.testing.assert_allclose(got.grads.weight, (error * passes) @ X / 37, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(got.grads.bias, np.mean(error * passes), rtol=tolerance, atol=tolerance)
    assert got.num_active == passes.sum()


def test_accumulation_is_the_gradient_of_the_loss():
    with jax.enable_x64(True):
        examples = examples_of(X, Y, "float64")
        params = Params(jnp.array([0.3, -0.2, 0.8]), jnp.array(-0.1))

        def of_every_activation(function):
            return jax.jit(lambda p: {name: function(p, examples, name, 0.2) for name in ACTIVATIONS})

        by_jax = of_every_activation(jax.value_and_grad(loss))(params)
        by_hand = of_every_activation(evaluate)(params)
        for name, (value, grads) in by_jax.items():
            got = by_hand[name]
            np.testing.assert_allclose(got.loss, value, rtol=1e-14, err_msg=name)
            np.testing.assert_allclose(got.grads.weight, grads.weight, rtol=1e-13, atol=1e-16, err_msg=name)
            np.testing.assert_allclose(got.grads.bias, grads.bias, rtol=1e-13, err_msg=name)
        # X keeps every z well away from the kink.
        check_grads(of_every_activation(loss), (params,), order=1, modes=["rev"])


def test_at_the_kink_no_gradient_passes():
    examples = examples_of([1.0, 2.0, -3.0], [1.0, 1.0, 1.0])
    got = evaluate(Params(jnp.zeros(1), jnp.zeros(())), examples)
    assert got.num_active == 0
    assert got.grads == Params(jnp.zeros(1), jnp.zeros(()))
    assert got.loss == 0.5 == silent_loss(examples)


def test_a_bias_that_is_not_trained_has_no_gradient():
    params = Params(jnp.array([1.0]), jnp.array(0.5))
    examples = examples_of([1.0, 2.0], [1.0, 1.0])
    trained, untrained = (evaluate(params, examples, train_bias=train_bias) for train_bias in (True, False))
    assert trained.grads.bias != 0
    assert untrained.grads.bias == 0
    assert trained.grads.weight == untrained.grads.weight


@settings(max_examples=60, deadline=None, derandomize=True)
@given(arrays(np.float32, 9, elements=st.floats(-4, 4, width=32)), numbers, numbers)
def test_silence_is_a_gradient_of_exactly_zero(x, w, b):
    params = Params(jnp.array([w], jnp.float32), jnp.float32(b))
    got = evaluate_compiled(params, examples_of(x, np.ones(9)))
    if got.num_active == 0:
        assert got.grads.weight == 0
        assert got.grads.bias == 0
        assert got.loss == 0.5


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.permutations(range(9)), numbers, numbers)
def test_the_order_of_examples_moves_nothing_but_rounding(order, w, b):
    x, y = X[:9, 0], Y[:9]
    params = Params(jnp.array([w], jnp.float32), jnp.float32(b))
    one, other = (evaluate_compiled(params, examples_of(x[o], y[o])) for o in (np.arange(9), list(order)))
    assert one.num_active == other.num_active
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-6)
    np.testing.assert_allclose(one.grads.weight, other.grads.weight, rtol=1e-5, atol=1e-5)
