"""Training one neuron, against NumPy and against each optimizer's own formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.batches import draw_batch
from jaxneuron.neuron.choices import OPTIMIZERS
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.train import init_state, update_step
from tests.conftest import examples_of
from tests.neuron.neurons import KEY, params_of, path_from, train_from

RNG = np.random.default_rng(1)
X = RNG.normal(size=40)
Y = np.maximum(0, 1.3 * X + 0.4) + 0.1 * RNG.normal(size=40)
# One without a memory and one with all there is to remember; the others in the thorough part.
SOME_OPTIMIZERS = [
    name if name in ("sgd", "adamw") else pytest.param(name, marks=pytest.mark.thorough)
    for name in OPTIMIZERS
]


# Weight decay is added before all of them in the same way, but for adamw.
DECAYING = ("sgd", "adam", "adamw")

begun = jax.jit(init_state, static_argnums=3)


def path_of(config, hyperparams, num_steps, precision="float64", w=0.7, b=-0.2, x=X, y=Y):
    params, examples = params_of(w, b, precision), examples_of(x, y, precision)
    return path_from(params, hyperparams, examples, config, num_steps)


def test_a_path_is_numpys(precision):
    tolerance = 2e-5 if precision == "float32" else 1e-12
    state, info = path_of(Config(), Hyperparams(0.3), 200, precision)
    want = np.array([by_hand("sgd", 0.3, num_steps) for num_steps in range(201)])
    losses = np.mean((np.maximum(want[:-1, :1] * X + want[:-1, 1:], 0) - Y) ** 2, axis=1) / 2
    np.testing.assert_allclose(info.params.weight[:, 0], want[:-1, 0], rtol=tolerance)
    np.testing.assert_allclose(info.params.bias, want[:-1, 1], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(info.loss, losses, rtol=tolerance)
    np.testing.assert_allclose(state.params.weight[0], want[-1, 0], rtol=tolerance)
    assert state.step == 200
    assert state.params.weight.dtype == precision


def test_train_is_a_scan_of_update_step():
    examples, hyperparams, config = examples_of(X, Y), Hyperparams(0.3), Config()
    params = params_of(0.7, -0.2)
    state = begun(KEY, params, hyperparams, config)
    for _ in range(20):
        state, _ = update_step(state, hyperparams, examples, config)
    trained = train_from(params, hyperparams, examples, config, 20)
    assert trained.params == state.params
    assert trained.init_params == params


def grad(w, b, x=X, y=Y):
    z = w * x + b
    error = np.where(z > 0, z, 0) - y
    return np.array([np.mean(error * (z > 0) * x), np.mean(error * (z > 0))])


def by_hand(name, eta, num_steps, beta=0.8, beta1=0.7, beta2=0.9, rho=0.6, eps=1e-3, decay=None):
    """The optimizers' published formulas."""
    p, v, m, s = np.array([0.7, -0.2]), np.zeros(2), np.zeros(2), np.zeros(2)
    for t in range(1, num_steps + 1):
        g = grad(*p)
        if decay is not None and name != "adamw":
            g = g + decay * p
        if name == "sgd":
            p = p - eta * g
        elif name == "momentum":  # Polyak 1964
            v = beta * v + g
            p = p - eta * v
        elif name == "nesterov":  # Sutskever et al. 2013
            v = beta * v + g
            p = p - eta * (g + beta * v)
        elif name in ("adam", "adamw"):  # Kingma and Ba 2015; Loshchilov and Hutter 2019
            m = beta1 * m + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * g**2
            update = (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps)
            p = p - eta * (update + (decay * p if decay is not None and name == "adamw" else 0))
        elif name == "rmsprop":  # Tieleman and Hinton 2012, with optax's epsilon inside the root
            s = rho * s + (1 - rho) * g**2
            p = p - eta * g / np.sqrt(s + eps)
        elif name == "adagrad":  # Duchi et al. 2011, with optax's epsilon inside the root
            s = s + g**2
            p = p - eta * g / np.sqrt(s + eps)
    return p


@pytest.mark.parametrize(
    ("name", "decay"), [*((name, None) for name in OPTIMIZERS), *((name, 0.05) for name in DECAYING)]
)
def test_optimizers_follow_their_formulas(name, decay):
    with jax.enable_x64(True):
        hyperparams = Hyperparams(0.05, 0.8, decay, beta1=0.7, beta2=0.9, decay=0.6, epsilon=1e-3)
        state, _ = path_of(Config(optimizer=name), hyperparams, 30)
        got = [state.params.weight[0], state.params.bias]
    np.testing.assert_allclose(got, by_hand(name, 0.05, 30, decay=decay), rtol=1e-9)


@pytest.mark.parametrize("name", SOME_OPTIMIZERS)
def test_a_traced_hyperparameter_does_not_recompile(name):
    traces = 0

    @jax.jit
    def final(learning_rate):
        nonlocal traces
        traces += 1
        hyperparams = Hyperparams(learning_rate, weight_decay=0.01)
        config = Config(optimizer=name)
        return train_from(params_of(0.7, 0.1), hyperparams, examples_of(X, Y), config, 5).params.bias

    assert len({float(final(jnp.float32(rate))) for rate in (0.01, 0.1, 0.2)}) == 3
    assert traces == 1


@pytest.mark.parametrize("name", SOME_OPTIMIZERS)
def test_a_bias_that_is_not_trained_stays(name):
    hyperparams = Hyperparams(0.05, weight_decay=0.1)
    state, info = path_of(Config(optimizer=name, train_bias=False), hyperparams, 50, "float32")
    assert (info.params.bias == jnp.float32(-0.2)).all()
    assert state.params.bias == jnp.float32(-0.2)
    assert state.params.weight[0] != jnp.float32(0.7)


def test_no_steps_leave_the_params_and_judge_them():
    trained = train_from(params_of(-1.0, -1.0), Hyperparams(0.1), examples_of([1.0], [1.0]), Config(), 0)
    assert trained.params == params_of(-1.0, -1.0)
    assert trained.fate == Fate.born_dead
    assert trained.death_step == 0


def test_a_mini_batch_step_is_the_step_on_that_batch():
    config, hyperparams = Config(batch_size=6), Hyperparams(0.1)
    examples, params = examples_of(X, Y), params_of(0.7, -0.2)
    state = begun(KEY, params, hyperparams, config)
    for _ in range(3):
        batch = jax.jit(draw_batch, static_argnums=3)(KEY, state.step, examples, 6)
        before = begun(KEY, state.params, hyperparams, Config())
        want, _ = update_step(before, hyperparams, batch, Config())
        state, info = update_step(state, hyperparams, examples, config)
        assert state.params == want.params
        error = np.maximum(0, X * np.asarray(info.params.weight) + np.asarray(info.params.bias)) - Y
        np.testing.assert_allclose(info.loss, np.mean(0.5 * error**2), rtol=1e-5)


def test_silence_under_mini_batches_is_judged_on_all_examples():
    # Active on one example in a hundred, which most batches of one do not hold.
    x, y = np.full(100, -1.0), np.zeros(100)
    x[7], y[7] = 1.0, 1.0
    config, hyperparams = Config(batch_size=1), Hyperparams(1e-6)
    _, info = path_of(config, hyperparams, 20, "float32", w=1.0, b=-0.5, x=x, y=y)
    assert (info.num_active == 1).all()
    trained = train_from(params_of(1.0, -0.5), hyperparams, examples_of(x, y), config, 20)
    assert trained.fate == Fate.unsettled
