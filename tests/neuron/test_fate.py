"""The definitions of what became of a neuron, and the known answers of one example."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import has_diverged, judge, never_silent, watch
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from tests.conftest import examples_of
from tests.neuron.neurons import params_of, path_from, train_from, with_half_lines


def train_one(w, b, x, y, learning_rate, num_steps, **config):
    hyperparams, examples = Hyperparams(learning_rate), examples_of(x, y)
    return train_from(params_of(w, b), hyperparams, examples, Config(**config), num_steps)


watched = jax.jit(watch)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_watch_keeps_the_first_step_of_the_last_silence(silences):
    record = never_silent()
    for step, is_silent in enumerate(silences):
        record = watched(record, np.int32(step), np.bool_(is_silent))
    trailing = len(silences)
    while trailing > 0 and silences[trailing - 1]:
        trailing -= 1
    assert record.since == (trailing if silences[-1] else -1)
    assert record.revivals == sum(a and not b for a, b in itertools.pairwise(silences))


@pytest.mark.parametrize(
    ("since", "weight", "loss", "norm", "fate", "death_step"),
    [
        (-1, np.nan, np.nan, np.nan, Fate.diverged, -1),
        (0, np.inf, 1.0, 0.0, Fate.diverged, -1),  # finite loss, params that are not
        (-1, 1.0, 10.1, 0.0, Fate.diverged, -1),
        (-1, 1.0, 10.0, 1.0, Fate.unsettled, -1),
        (0, 1.0, 1.0, 0.0, Fate.born_dead, 0),
        (5, 1.0, 1.0, 0.0, Fate.died, 5),
        (-1, 1.0, 1.0, 0.01, Fate.converged, -1),
        (-1, 1.0, 1.0, 0.0101, Fate.unsettled, -1),
    ],
)
def test_the_first_rule_that_holds_is_the_fate(since, weight, loss, norm, fate, death_step):
    silence = never_silent()._replace(since=jnp.int32(since))
    params = Params(jnp.float32([1.0, weight]), jnp.float32(0.0))
    diverged = has_diverged(params, jnp.float32(loss), jnp.float32(10.0))
    assert judge(silence, diverged, jnp.float32(norm), tolerance=0.01) == (fate, death_step)


def test_each_fate_happens():
    x, y = [-1.0, 1.0], [0.0, 1.0]
    assert train_one(0.5, 0.0, x, y, 0.5, 500).fate == Fate.converged
    assert train_one(0.5, 0.0, x, y, 0.01, 1).fate == Fate.unsettled
    assert train_one(0.5, -2.0, x, y, 0.5, 500).fate == Fate.born_dead
    # One example, twice, κ = 3: z = 2 goes to 2 − 3·(2 − 1) = −1. The last update may be what kills: the
    # params it leaves are judged too.
    for num_steps in (500, 1):
        died = train_one(2.0, 0.0, [1.0, 1.0], [1.0, 1.0], 1.5, num_steps)
        assert (died.fate, died.death_step) == (Fate.died, 1)
    # theory 3: without a bias and two-sided, κ = 3 > φ² diverges.
    diverged = train_one(0.4, 0.0, x, y, 6.0, 500, train_bias=False)
    assert diverged.fate == Fate.diverged
    assert diverged.death_step == -1


@pytest.mark.parametrize("activation", ["leaky_relu", "softplus"])
def test_an_activation_with_a_slope_never_dies(activation):
    trained = train_one(-1.0, -1.0, [1.0, 2.0], [0.5, 0.5], 0.01, 50, activation=activation)
    assert trained.fate in (Fate.converged, Fate.unsettled)
    assert trained.death_step == -1
    assert (trained.params.weight != trained.init_params.weight).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    *[st.floats(-3, 3, width=32, allow_subnormal=False)] * 2,  # XLA takes subnormal numbers for 0
    st.floats(0, 5, width=32),
    st.integers(0, 2**32 - 1),
)
def test_a_dead_neuron_never_moves_again(w, b, learning_rate, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=6), rng.normal(size=6)
    hyperparams = Hyperparams(jnp.float32(learning_rate))
    _, info = path_from(params_of(w, b), hyperparams, examples_of(x, y), Config(), 60)
    silent = np.flatnonzero(np.asarray(info.num_active) == 0)
    if len(silent) and np.isfinite(np.asarray(info.loss)).all():
        first = silent[0]
        for values in (info.params.weight[first:, 0], info.params.bias[first:], info.loss[first:]):
            # Bit for bit.
            assert len(np.unique(np.asarray(values).view(np.int32))) == 1
        assert (np.asarray(info.num_active[first:]) == 0).all()


@pytest.mark.parametrize(
    "gradient",
    ["moments", *(pytest.param(form, marks=pytest.mark.thorough) for form in ("in_order", "at_once"))],
)
def test_silence_judged_at_the_end_is_the_silence_watched_at_every_step(gradient):
    # A decay of 0 moves nothing, but silence is watched for it.
    x, y = np.array([-1.5, -0.5, 0.25, 1.0, 2.0]), np.array([-1.0, 0.5, 0.0, -2.0, 1.0])
    examples = with_half_lines(x, y)
    values = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32) * [1.0, 2.0]
    # A 0 may change its sign while the neuron is silent.
    values[::7, 0], values[::5, 1], values[::35] = 0.0, -0.0, -0.0

    @jax.jit
    @jax.vmap
    def judged_and_watched(weight, bias, learning_rate):
        def found(weight_decay, num_steps):
            hyperparams = Hyperparams(learning_rate, weight_decay=weight_decay)
            params = Params(weight[None], bias)
            trained = train_from(params, hyperparams, examples, Config(gradient=gradient), num_steps)
            return {name: getattr(trained, name) for name in ("fate", "death_step", "revivals")}

        return {
            num_steps: (found(None, num_steps), found(jnp.float32(0), num_steps)) for num_steps in (0, 1, 60)
        }

    rates = np.geomspace(0.05, 5.0, len(values), dtype=np.float32)
    for num_steps, (judged, watched) in judged_and_watched(*values.T.astype(np.float32), rates).items():
        for name in judged:
            np.testing.assert_array_equal(judged[name], watched[name], f"{name}, {num_steps} steps")
        if num_steps == 60:
            assert all((judged["fate"] == fate).any() for fate in (Fate.born_dead, Fate.died, Fate.converged))
            assert len(np.unique(judged["death_step"])) > 5


def death_steps_of_one_example(z0, kappa, y):
    """Of neurons with x = 1, w₀ = z₀ and b₀ = 0, in float64, within 200 steps."""
    with jax.enable_x64(True):
        return np.asarray(death_step(jnp.asarray(z0), jnp.asarray(kappa), jnp.asarray(y)))


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None))
def death_step(z0, kappa, y):
    params = Params(z0[None], jnp.zeros_like(z0))
    examples = Examples(jnp.ones((1, 1)), y[None])
    return train_from(params, Hyperparams(kappa / 2), examples, Config(), 200).death_step


def test_death_steps_of_one_example_are_exact():
    """theory 2, y > 0: κ ≤ 2 dies at step 1 or never; κ > 2 at the first t of the right parity with
    (κ − 1)ᵗ·|z₀ − y| ≥ y."""
    y, t = 1.0, np.arange(1, 201)
    pairs = [
        (z0, kappa)
        for kappa in (1.5, 2.3, 3.0, 6.0)
        for z0 in np.random.default_rng(2).uniform(0.01, 4.0, 40)
    ]
    found = death_steps_of_one_example(*np.transpose(pairs), y)
    for (z0, kappa), got in zip(pairs, found, strict=True):
        if kappa <= 2:
            want = 1 if (kappa - 1) * (z0 - y) >= y else -1
        else:
            right_parity = t % 2 == (1 if z0 > y else 0)
            hits = t[right_parity & ((kappa - 1.0) ** t * abs(z0 - y) >= y)]
            want = hits[0]
        assert got == want, (z0, kappa)


def test_a_negative_target_kills_in_the_known_number_of_steps():
    """theory 2, y < 0 and κ < 1: dies at max(1, ⌈ln(|y|/(z₀ + |y|))/ln(1 − κ)⌉)."""
    kappa, y = 0.3, -0.8
    z0 = np.random.default_rng(3).uniform(0.01, 4.0, 160)
    want = np.maximum(1, np.ceil(np.log(-y / (z0 - y)) / np.log(1 - kappa)))
    np.testing.assert_array_equal(death_steps_of_one_example(z0, np.full(160, kappa), y), want)


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None, None))
def nearly_silent(weight, bias, target_scale, examples):
    hyperparams, config = Hyperparams(0.1, target_scale=target_scale), Config(silence_tolerance=0.2)
    return train_from(Params(weight, bias), hyperparams, examples, config, 0).nearly_silent


@pytest.mark.parametrize(("num_inputs", "target_scale"), [(1, None), (3, 3.0), (3, -0.5)])
def test_nearly_silent_is_z_within_the_tolerance_on_every_example(num_inputs, target_scale):
    rng = np.random.default_rng(num_inputs)
    factor = 1.0 if target_scale is None else target_scale
    scale = None if target_scale is None else jnp.float32(target_scale)
    # All inputs on one side of 0: what pads the examples must not be an example of its own.
    x, y = 1 + rng.random((11, num_inputs)), rng.normal(size=11)
    weight, bias = 0.3 * rng.normal(size=(500, num_inputs)), 0.4 * rng.normal(size=500)

    largest = (weight @ x.T + bias[:, None]).max(1)
    is_near = largest <= 0.2 * np.sqrt(np.mean((factor * y) ** 2))
    found = nearly_silent(jnp.float32(weight), jnp.float32(bias), scale, examples_of(x, y))
    np.testing.assert_array_equal(found, is_near)
    assert 50 < is_near.sum() < 450
    assert (is_near & (largest > 0)).sum() > 10


def test_a_neuron_that_diverged_is_not_nearly_silent():
    # One step throws W beyond all numbers, to where z is -∞.
    trained = train_one(1.0, 0.0, [1.0], [-1.0], 3e38, 1, train_bias=False)
    assert trained.params.weight == -np.inf
    assert trained.fate == Fate.diverged
    assert not trained.nearly_silent
