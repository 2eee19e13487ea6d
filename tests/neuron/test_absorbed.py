"""The certificate: no neuron that has it is ever active again (theory 8)."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxneuron.neuron.absorbed import _coast, is_absorbed
from jaxneuron.neuron.choices import OPTIMIZERS
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import conclude, init_state, take_steps, update_step
from tests.conftest import examples_of
from tests.neuron.neurons import KEY, params_of, path_from, train_from

NUM_NEURONS, NUM_STEPS, NUM_LATER = 600, 25, 4000


def population(optimizer, precision, decay, train_bias, num_inputs):
    """(is dead after NUM_STEPS, is absorbed, is active at one of the NUM_LATER steps then) of each neuron."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(6, num_inputs))
    y = np.where(rng.random(6) < 0.5, -1, 0.3) * rng.random(6)
    examples = examples_of(x if num_inputs > 1 else x[:, 0], y, precision)
    config = Config(optimizer=optimizer, train_bias=train_bias)

    def live(weight, bias, learning_rate, beta, beta2, decay):
        hyperparams = Hyperparams(learning_rate, beta, decay, beta, beta2)
        state = init_state(KEY, Params(weight, bias), hyperparams, config)
        end, _ = take_steps(state, hyperparams, examples, config, NUM_STEPS)
        trained = conclude(state.params, end, hyperparams, examples, config)

        def step(_, carry):
            state, is_active = carry
            state, info = update_step(state, hyperparams, examples, config)
            return state, is_active | (info.num_active > 0)

        _, is_active = jax.lax.fori_loop(0, NUM_LATER, step, (end, jnp.bool(False)))
        return trained.fate, trained.absorbed, is_active

    values = (
        rng.normal(size=(NUM_NEURONS, num_inputs)),
        0.7 * rng.normal(size=NUM_NEURONS),
        10 ** rng.uniform(-2, 0.3, NUM_NEURONS),
        rng.choice([0.5, 0.9, 0.97], NUM_NEURONS),
        rng.choice([0.9, 0.99, 0.999], NUM_NEURONS),
    )
    values = [jnp.asarray(v, precision) for v in values]
    decays = None if decay is None else jnp.asarray(decay, precision)
    found = jax.jit(jax.vmap(live, (*(0,) * 5, None)))(*values, decays)
    fate, absorbed, is_active = map(np.asarray, found)
    return np.isin(fate, (Fate.born_dead, Fate.died)), absorbed, is_active


@pytest.mark.parametrize(
    ("optimizer", "decay", "num_inputs", "train_bias", "share"),
    [
        ("sgd", None, 1, True, 1.0),
        ("rmsprop", None, 3, True, 1.0),
        # As good as all that ever can be: the way is known to its end.
        ("nesterov", None, 3, True, 0.99),
        # What is in a box around the way costs some.
        ("adam", None, 1, True, 0.6),
        # Proved only where every term of z is on the silent side, which for inputs of both signs none is.
        ("sgd", 0.1, 1, True, 0.0),
        *(
            pytest.param(*case, marks=pytest.mark.thorough)
            for case in [
                ("adagrad", None, 1, True, 1.0),
                ("momentum", None, 1, True, 0.99),
                ("momentum", None, 1, False, 0.99),
                ("adam", None, 1, False, 0.6),
                ("adamw", 0.0, 3, True, 0.5),
                ("sgd", 0.1, 3, False, 0.0),
                ("momentum", 0.1, 1, True, 0.0),
                ("adam", 0.1, 1, False, 0.0),
                ("rmsprop", 0.0, 1, False, 1.0),
                ("adagrad", 0.1, 1, True, 0.0),
            ]
        ),
    ],
)
def test_no_absorbed_neuron_is_ever_active_again(optimizer, decay, num_inputs, train_bias, share):
    is_dead, absorbed, is_active = population(optimizer, "float32", decay, train_bias, num_inputs)
    assert is_dead.sum() > 50
    assert not (absorbed & ~is_dead).any()
    assert not (absorbed & is_active).any()
    stays_silent = is_dead & ~is_active
    assert absorbed.sum() >= share * stays_silent.sum()
    if decay and optimizer != "sgd":
        assert not absorbed.any()


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_what_is_left_of_a_velocity_is_known(optimizer):
    with jax.enable_x64(True):
        config, hyperparams = Config(optimizer=optimizer), Hyperparams(0.05, momentum=0.8)
        examples = examples_of([0.5, 2.0], [-1.0, -2.0], "float64")
        state, info = path_from(params_of(0.7, 0.1, "float64"), hyperparams, examples, config, 9)
        assert (info.num_active[0], info.num_active[-1]) == (2, 0)
        later, _ = take_steps(state, hyperparams, examples, config, 400)
        coast = _coast(state.params, state.opt_state, hyperparams, config, jnp.bool(True))
        for end, here, move in zip(later.params, state.params, coast.move, strict=True):
            np.testing.assert_allclose(end - here, move, rtol=1e-9)
            assert (move < -1e-4).all()


@pytest.mark.parametrize("count", [1, 3])
def test_adam_coasts_no_further_than_the_bound(count):
    """With a short memory and a large ε the bound is the coast, to within a percent."""
    with jax.enable_x64(True):
        config = Config(optimizer="adam")
        hyperparams = Hyperparams(0.05, beta1=0.1, beta2=0.999, epsilon=1.0)
        params, examples = params_of(-1, -2, "float64"), examples_of([0.5, 2.0], [1.0, 2.0], "float64")
        state = init_state(KEY, params, hyperparams, config)
        mean, square = params_of(0.3, -0.2, "float64"), params_of(1e-12, 1e-12, "float64")
        left = optax.tree_utils.tree_set(state.opt_state, mu=mean, nu=square, count=jnp.int32(count))
        later, info = take_steps(state._replace(opt_state=left), hyperparams, examples, config, 400)
        assert not info.num_active.any()
        coast = _coast(params, left, hyperparams, config, jnp.bool(True))
        for end, here, move in zip(later.params, params, coast.move, strict=True):
            gone = (end - here) / move
            assert 0.99 < gone <= 1


def test_rounding_may_carry_a_neuron_across_where_real_numbers_would_not():
    """Neurons whose coast ends next to z = 0: some are active on the way, and none of them is certified."""
    config, hyperparams = Config(optimizer="momentum"), Hyperparams(0.1, momentum=jnp.float32(0.97))
    examples, rng = examples_of([1.0], [1.0]), np.random.default_rng(0)
    weight, velocity = rng.uniform(-3, -1, 2000), -rng.uniform(0.05, 0.2, 2000)
    end = weight - 0.1 * 0.97 / 0.03 * velocity
    bias = -end - rng.uniform(0, 3e-6, 2000)

    def live(weight, velocity, bias):
        params = Params(weight[None], bias)
        state = init_state(KEY, params, hyperparams, config)
        left = Params(velocity[None], jnp.zeros_like(bias))
        state = state._replace(opt_state=optax.tree_utils.tree_set(state.opt_state, trace=left))
        _, info = take_steps(state, hyperparams, examples, config, 800)
        certified = is_absorbed(params, state.opt_state, hyperparams, examples, config)
        return certified, (info.num_active > 0).any(), info.num_active[0] > 0

    found = jax.jit(jax.vmap(live))(*(jnp.float32(values) for values in (weight, velocity, bias)))
    certified, is_active, begins_active = map(np.asarray, found)
    assert not begins_active.any()
    assert is_active.sum() >= 10
    assert not (certified & is_active).any()


def test_a_bias_that_is_not_trained_does_not_decay():
    config, hyperparams = Config(train_bias=False), Hyperparams(0.5, weight_decay=jnp.float32(0.1))
    params, examples = params_of(1.0, -2.0), examples_of([-1.0, 1.0], [1.0, 1.0])
    assert train_from(params, hyperparams, examples, config, 3).absorbed  # z tends to b from below or above
    with_bias = dataclasses.replace(config, train_bias=True)
    assert not train_from(params, hyperparams, examples, with_bias, 3).absorbed


def test_too_much_decay_throws_a_param_across_0():
    hyperparams = Hyperparams(1.0, weight_decay=jnp.float32(1.5))
    params, examples = params_of(-1.0, -1.0), examples_of([1.0, 2.0], [0.0, 0.0])
    assert not train_from(params, hyperparams, examples, Config(), 0).absorbed
    assert train_from(params, hyperparams, examples, Config(), 1).num_active == 2


@pytest.mark.parametrize("optimizer", ["momentum", pytest.param("adam", marks=pytest.mark.thorough)])
def test_the_certificate_in_float64(optimizer):
    with jax.enable_x64(True):
        is_dead, absorbed, is_active = population(optimizer, "float64", None, True, 1)
    assert (is_dead & is_active).sum() > 5  # silent, and not for good
    assert absorbed.sum() > 50
    assert not (absorbed & (is_active | ~is_dead)).any()


def test_momentum_revives_a_silent_neuron():
    """At step 1 the neuron is silent on both examples; what is left of its velocity carries W across 0, to
    where the other one is active."""
    config, hyperparams = Config(optimizer="momentum", train_bias=False), Hyperparams(0.5, momentum=0.9)
    examples, params = examples_of([1.0, -1.0], [-3.0, 1.0]), params_of(1.0, -0.5)
    early = train_from(params, hyperparams, examples, config, 1)
    assert (early.fate, early.num_active, bool(early.absorbed)) == (Fate.died, 0, False)
    assert train_from(params, hyperparams, examples, config, 2).revivals == 1


def test_weight_decay_revives_at_the_known_step():
    """theory 8: decay on w alone, x in [a, c] with a > 0: at ⌊ln(b/(|w|·a))/ln(1 − η·λ)⌋ + 1."""
    a, rate, num_steps = 1.0, 0.2, 2000
    cases = np.array([(-1.0, 0.3, 0.1), (-2.5, 0.01, 0.02), (-0.4, 0.39, 0.5)])

    @jax.jit
    @jax.vmap
    def live(w, b, decay):
        config, hyperparams = Config(train_bias=False), Hyperparams(rate, weight_decay=decay)
        examples = examples_of([a, 1.7], [1.0, 1.0], "float64")
        start = init_state(KEY, Params(w[None], b), hyperparams, config)
        _, info = take_steps(start, hyperparams, examples, config, num_steps)
        revival = jnp.argmax(info.num_active > 0)
        # The neuron one step before, judged as one that was trained for so many steps.
        before = jax.lax.fori_loop(
            0, revival - 1, lambda _, state: update_step(state, hyperparams, examples, config)[0], start
        )
        trained = conclude(start.params, before, hyperparams, examples, config)
        return revival, trained.fate, trained.absorbed

    with jax.enable_x64(True):
        revival, fate, absorbed = map(np.asarray, live(*map(jnp.asarray, cases.T)))
    w, b, decay = cases.T
    np.testing.assert_array_equal(revival, np.floor(np.log(b / (abs(w) * a)) / np.log(1 - rate * decay)) + 1)
    assert (fate == Fate.born_dead).all()
    assert not absorbed.any()


def test_decay_of_weight_and_bias_keeps_a_neuron_silent_that_is_so_in_every_term():
    config, hyperparams = Config(), Hyperparams(0.5, weight_decay=jnp.float32(0.1))

    def absorbed(w, b):
        trained = train_from(params_of(w, b), hyperparams, examples_of([0.5, 2.0], [1.0, 1.0]), config, 3)
        assert trained.fate == Fate.born_dead
        return bool(trained.absorbed)

    assert absorbed(-1.0, -0.2)
    assert absorbed(-1.0, 0.0)
    # It stays silent as long as both shrink in proportion, which they do not when they underflow.
    assert not absorbed(-1.0, 0.4)


@pytest.mark.parametrize(("epsilon", "stays"), [(1e-8, True), (0.0, False)])
def test_rmsprop_without_an_epsilon_ends_in_no_number(epsilon, stays):
    config = Config(optimizer="rmsprop")
    hyperparams = Hyperparams(jnp.float32(0.2), epsilon=jnp.float32(epsilon))
    params, examples = params_of(0.5, -0.1), examples_of([1.0, 2.0], [-1.0, -3.0])
    trained = train_from(params, hyperparams, examples, config, 20)
    assert (trained.fate, bool(trained.absorbed)) == (Fate.died, stays)
    # The mean of squares underflows, and 0/√0 follows.
    assert (train_from(params, hyperparams, examples, config, 2000).fate == Fate.died) == stays


def test_of_an_optimizer_that_is_not_known_nothing_is_certified():
    params, examples = params_of(-1.0, -1.0), examples_of([1.0], [1.0])
    certified = jax.jit(is_absorbed, static_argnums=4)
    known, unknown = (
        certified(params, None, Hyperparams(0.1), examples, Config(optimizer=name))
        for name in ("sgd", "of tomorrow")
    )
    assert (bool(known), bool(unknown)) == (True, False)
    assert set(OPTIMIZERS) == {"sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad"}
