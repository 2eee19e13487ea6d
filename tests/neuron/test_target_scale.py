"""A target that is scaled by γ: the same as examples whose y was multiplied before."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.gradient import FORMS, evaluate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import loss, silent_loss
from jaxneuron.neuron.params import Params
from tests.conftest import examples_of
from tests.neuron.neurons import params_of, path_from, train_from, with_half_lines
from tests.population.trained import train_values

RNG = np.random.default_rng(3)
X = RNG.normal(size=40)
Y = np.maximum(0, 1.3 * X + 0.4) + 0.3 * RNG.normal(size=40)
numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-4, 4, width=32, allow_subnormal=False))
# Of few lengths: each has a program compiled for it.
lists = st.sampled_from([1, 12]).flatmap(
    lambda size: st.lists(st.tuples(numbers, numbers), min_size=size, max_size=size)
)


SLOPE = Hyperparams(0.0, negative_slope=0.25)
SETTINGS = [*((form, "relu") for form in FORMS), ("moments", "leaky_relu"), ("at_once", "tanh")]


@jax.jit
def scaled_and_unscaled(params, examples, scale, multiplied):
    """Loss and gradient with a scaled target in every setting, and those of examples multiplied by hand."""
    unscaled = {
        activation: jax.value_and_grad(loss)(params, SLOPE, multiplied, Config(activation))
        for _, activation in SETTINGS
    }
    return {
        (form, activation): (
            evaluate(params, SLOPE._replace(target_scale=scale), examples, Config(activation, gradient=form)),
            unscaled[activation],
        )
        for form, activation in SETTINGS
    }


@pytest.mark.parametrize(
    "precision", ["float32", pytest.param("float64", marks=pytest.mark.thorough)], indirect=True
)
def test_it_is_the_loss_of_scaled_examples(precision):
    eps = 32 * np.finfo(precision).eps

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(lists, numbers, numbers, numbers)
    def check(pairs, w, b, scale):
        x, y = np.array(pairs).T
        params = params_of(w, b, precision)
        factor, multiplied = jnp.asarray(scale, precision), examples_of(x, scale * y, precision)
        found = scaled_and_unscaled(params, with_half_lines(x, y, precision), factor, multiplied)
        x, error = np.abs(x).max(), abs(w) * np.abs(x).max() + abs(b) + np.abs(scale * y).max()
        for setting, (got, (value, grads)) in jax.device_get(found).items():
            for one, other, bound in (
                (got.loss, value, error**2),
                (got.grads.weight, grads.weight, error * x),
                (got.grads.bias, grads.bias, error),
            ):
                np.testing.assert_allclose(one, other, atol=eps * bound, rtol=0, err_msg=setting)

    check()


def test_the_loss_itself_and_that_of_silence(precision):
    scale, params = jnp.asarray(-2.5, precision), params_of(0.7, 0.2, precision)
    examples, multiplied = examples_of(X, Y, precision), examples_of(X, -2.5 * Y, precision)
    tolerance = 1e-5 if precision == "float32" else 1e-13
    got = loss(params, SLOPE._replace(target_scale=scale), examples, Config())
    want = loss(params, SLOPE, multiplied, Config())
    np.testing.assert_allclose(got, want, rtol=tolerance)
    np.testing.assert_allclose(silent_loss(examples, scale), silent_loss(multiplied), rtol=tolerance)


@pytest.mark.parametrize("form", FORMS)
def test_where_none_is_given_nothing_else_is_traced(form):
    examples, params = with_half_lines(X, Y, "float32"), Params(jnp.ones(1), jnp.ones(()))
    plain, by_one, scaled = (
        str(jax.make_jaxpr(lambda p, h=h: evaluate(p, h, examples, Config(gradient=form)))(params))
        for h in (Hyperparams(0.0), Hyperparams(0.0, target_scale=None), SLOPE._replace(target_scale=2.0))
    )
    assert plain == by_one != scaled


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("form", "batch_size", "precision"),
    [("moments", None, "float32"), ("in_order", 5, "float64"), ("at_once", None, "float32")],
    indirect=["precision"],
)
def test_fates_are_those_of_scaled_examples(form, batch_size, precision):
    number, scale = 64, 4.0  # a power of two, by which every number of the loss is multiplied exactly
    rng = np.random.default_rng(0)
    swept = {
        "learning_rate": np.geomspace(0.01, 9, number),
        "init_weight": rng.normal(size=number),
        "init_bias": rng.uniform(-2, 2, number),
    }
    config = Config(gradient=form, batch_size=batch_size)

    def trained(target_scale, examples):
        of_all = {} if target_scale is None else {"target_scale": np.full(number, target_scale)}
        return train_values(swept | of_all, examples, config, 200)

    got = trained(scale, with_half_lines(X, Y, precision))
    # A scale of 1, with which everything is multiplied exactly too, has the program that is there already.
    want = trained(None if form == "moments" else 1.0, with_half_lines(X, scale * Y, precision))
    assert len(np.unique(got.fate)) >= 3
    np.testing.assert_array_equal(got.fate, want.fate)
    np.testing.assert_array_equal(got.death_step, want.death_step)
    finite = np.isfinite(want.loss)
    tolerance = 1e-3 if precision == "float32" else 1e-9
    is_sure = finite & np.isin(want.fate, (1, 2, 3))
    for a, b in ((got.loss, want.loss), (got.params.weight, want.params.weight)):
        np.testing.assert_allclose(a[is_sure], b[is_sure], rtol=tolerance)


@pytest.mark.parametrize(
    ("form", "precision"),
    [("moments", "float32"), ("moments", "float64"), ("in_order", "float64"), ("at_once", "float32")],
    indirect=["precision"],
)
def test_a_neuron_scaled_as_a_whole_goes_the_scaled_way(form, precision):
    """ReLU is positively homogeneous: γ times the target, the weight and the bias is γ times the path."""
    scale, examples = 0.3, with_half_lines(X, Y, precision)

    def path(factor, target_scale):
        params = jax.tree.map(lambda value: factor * value, params_of(0.7, -0.2, precision))
        hyperparams = Hyperparams(jnp.asarray(0.3, precision), target_scale=target_scale)
        return path_from(params, hyperparams, examples, Config(gradient=form), 100)

    one, one_info = path(1.0, None)
    other, other_info = path(scale, jnp.asarray(scale, precision))
    tolerance = 1e-4 if precision == "float32" else 1e-12
    np.testing.assert_allclose(other.params.weight, scale * one.params.weight, rtol=tolerance)
    np.testing.assert_allclose(other.params.bias, scale * one.params.bias, rtol=tolerance)
    np.testing.assert_allclose(other_info.loss, scale**2 * one_info.loss, rtol=tolerance)
    np.testing.assert_array_equal(other_info.num_active, one_info.num_active)


@pytest.mark.parametrize(
    ("target_scale", "weight", "fate"), [(100.0, 99.0, Fate.unsettled), (0.01, 0.0, Fate.diverged)]
)
def test_the_limit_of_divergence_goes_with_it(target_scale, weight, fate):
    """The error grows by −1.5 a step, the loss by 1.5¹² = 130 in all; the limit is twice the larger of the
    initial loss and ½γ², which for γ = 1 would judge both the other way round."""
    config = Config("identity", train_bias=False, divergence_factor=2.0)
    hyperparams = Hyperparams(jnp.float32(2.5), target_scale=jnp.float32(target_scale))
    trained = train_from(params_of(weight, 0.0), hyperparams, examples_of([1.0], [1.0]), config, 6)
    np.testing.assert_allclose(trained.loss, 1.5**12 * 0.5 * (weight - target_scale) ** 2, rtol=1e-4)
    assert trained.fate == fate
