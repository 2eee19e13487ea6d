"""When neurons settle and diverge: the steps that a look at every single step finds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import find_diverge_step
from jaxneuron.neuron.loss import loss
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Trained
from jaxneuron.population import divergence
from jaxneuron.population.axes import Linear
from jaxneuron.population.chunks import Chunking
from jaxneuron.population.design import grid
from jaxneuron.population.divergence import CPU_GROUP
from jaxneuron.population.follow import follow
from jaxneuron.population.place import bounds_of, layout_of
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from tests.neuron.neurons import KEY, params_of, path_from, train_from, with_half_lines
from tests.population.trained import train_values

NUM_NEURONS, NUM_STEPS = 400, 7 * divergence.STEPS
RNG = np.random.default_rng(11)
X = np.linspace(-1.5, 1.5, 10)
Y = np.where(X > 0, X, 0.0) + 0.1 * RNG.normal(size=10)
# Rates from below every stability limit to far above: all fates, and divergence slow and fast.
SWEPT = {
    "learning_rate": np.geomspace(0.02, 30.0, NUM_NEURONS),
    "init_weight": RNG.normal(size=NUM_NEURONS),
    "init_bias": RNG.normal(size=NUM_NEURONS) * 0.3,
}
CELLS = np.arange(NUM_NEURONS, dtype=np.uint32)


def swept_in(precision):
    return {name: jnp.asarray(values, precision) for name, values in SWEPT.items()}


def watched(config, precision):
    """(loss, whether params are finite, norm of the gradient) before each of the steps, and at the end."""

    def watch(learning_rate, weight, bias):
        hyperparams = Hyperparams(learning_rate, momentum=jnp.asarray(0.5, precision))
        examples = with_half_lines(X, Y, precision)
        _, info = path_from(Params(weight[None], bias), hyperparams, examples, config, NUM_STEPS + 1)
        norm = jnp.maximum(jnp.abs(info.grads.weight[:, 0]), jnp.abs(info.grads.bias))
        is_number = jnp.isfinite(info.params.weight[:, 0]) & jnp.isfinite(info.params.bias)
        return info.loss, is_number, norm

    rates, weights, biases = swept_in(precision).values()
    return map(np.asarray, jax.jit(jax.vmap(watch))(rates, weights, biases))


def first_of_the_last_stay(holds):
    """For each row, the first step from which it holds to the end; -1 where it does not hold at the end."""
    steps = []
    for row in holds:
        (others,) = np.nonzero(~row)
        steps.append((others[-1] + 1 if len(others) else 0) if row[-1] else -1)
    return steps


@pytest.mark.parametrize(
    ("form", "optimizer", "factor"),
    [
        ("moments", "sgd", 3.0),
        *(
            pytest.param(*setting, marks=pytest.mark.thorough)
            for setting in [
                ("moments", "momentum", 3.0),
                ("in_order", "sgd", 1e6),
            ]
        ),
    ],
)
def test_steps_are_those_of_a_look_at_every_step(form, optimizer, factor):
    precision = "float64"  # in float32 some losses lie so close to a limit that rounding decides the step
    # With a bias that is trained, hardly any neuron diverges: it dies.
    config = Config(gradient=form, optimizer=optimizer, train_bias=False, divergence_factor=factor)
    with jax.enable_x64(True):
        start = Start(KEY, {"momentum": jnp.asarray(0.5, precision)}, {})
        examples, swept = with_half_lines(X, Y, precision), swept_in(precision)
        trained = train_population(CELLS, CELLS, swept, start, examples, config, NUM_STEPS)
        losses, is_number, norm = watched(config, precision)
    limit = factor * np.maximum(losses[:, :1], 0.5 * np.mean(Y**2))
    is_beyond = ~(is_number & (losses <= limit))
    diverged, converged = (trained.fate == fate for fate in (Fate.diverged, Fate.converged))
    assert diverged.sum() > 50
    assert converged.sum() > 50
    np.testing.assert_array_equal(diverged, is_beyond[:, -1])
    steps = np.array(first_of_the_last_stay(is_beyond))
    np.testing.assert_array_equal(trained.diverge_step, np.where(diverged, steps, -1))
    assert len(np.unique(steps[diverged])) >= 10
    settled = np.array(first_of_the_last_stay(norm <= config.tolerance))
    np.testing.assert_array_equal(trained.settle_step, np.where(converged, settled, -1))
    assert len(np.unique(settled[converged])) > 30


@pytest.mark.thorough
def test_slow_divergence_is_found_to_the_last_step():
    """A straight neuron whose error grows by less than one per mille at every step, or by more."""
    config = Config(activation="identity", gradient="moments", train_bias=False, divergence_factor=3.0)
    rates = (2 + np.geomspace(8e-4, 0.1, NUM_NEURONS)) / np.mean(X**2)
    of_all = {"init_weight": np.full(NUM_NEURONS, 3.0), "init_bias": np.zeros(NUM_NEURONS)}
    swept = {"learning_rate": rates, **of_all}
    for num_steps in (NUM_STEPS, 2 * divergence.STEPS, 150):
        trained = train_values(swept, with_half_lines(X, Y), config, num_steps)
        weight = np.full(NUM_NEURONS, 3.0)
        losses = []
        for _ in range(num_steps + 1):
            losses.append(0.5 * np.mean((np.outer(weight, X) - Y) ** 2, axis=1))
            weight -= rates * ((np.outer(weight, X) - Y) @ X) / len(X)
        limit = 3.0 * np.maximum(losses[0], 0.5 * np.mean(Y**2))
        is_beyond = (np.array(losses) > limit).T
        want = np.array(first_of_the_last_stay(is_beyond))
        diverged = trained.fate == Fate.diverged
        assert diverged.sum() > 100
        assert np.isfinite(trained.params.weight).all()
        # In float32 a loss may cross its limit a step before or after.
        is_sure = diverged & (want >= 0)
        assert is_sure.sum() >= diverged.sum() - 3
        assert (abs(trained.diverge_step - want)[is_sure] <= 1).all()
        assert want.max() > 0.9 * num_steps


@pytest.mark.parametrize("number", [pytest.param(1, marks=pytest.mark.thorough), CPU_GROUP + 3])
def test_diverge_steps_do_not_depend_on_who_else_there_is(number):
    config, start = Config(gradient="moments", train_bias=False), Start(KEY, {}, {})
    examples, swept = with_half_lines(X, Y), swept_in("float32")
    some = np.resize(np.arange(NUM_NEURONS - 60, NUM_NEURONS), number)
    values = {name: values[some] for name, values in swept.items()}
    replicates = np.arange(number, dtype=np.uint32)
    trained = train_population(CELLS[some], replicates, values, start, examples, config, NUM_STEPS)
    for i in (0, number - 1):
        of_one = {name: values[i] for name, values in values.items()}
        _, history, alone = follow(int(CELLS[some[i]]), i, of_one, start, examples, config, NUM_STEPS)
        assert alone.fate == Fate.diverged
        assert alone.diverge_step == trained.diverge_step[i] > 0
        assert np.isfinite(history.loss[alone.diverge_step - 1])


def test_neurons_that_pad_a_chunk_are_not_trained_again(monkeypatch):
    """Their results are cut away."""
    chunking = Chunking((3, 5), 7, (2, 3), 4)
    chunk, design = (
        chunking[chunking.num_chunks - 1],
        grid({"learning_rate": Linear(1, 3, 3), "init_bias": Linear(1, 5, 5)}),
    )
    bounds, layout = bounds_of(chunk, design, chunking, "float32"), layout_of(design, chunking)

    def number(config, places, *shared):
        return (10 * places.cell + places.replicate).astype("int32")

    monkeypatch.setattr(divergence, "_by_steps", number)
    fates = np.full(chunking.chunk_size, Fate.diverged, np.int8)
    trained = Trained(**dict.fromkeys(Trained._fields) | {"fate": fates})
    got = divergence.with_diverge_steps(
        trained, bounds, layout, None, None, Config(gradient="moments", tolerance=0.987), np.int32(10)
    )
    want = [10 * cell + replicate for cell in (13, 14) for replicate in (4, 5, 6)]
    assert sorted(np.asarray(got.diverge_step)) == sorted([-1] * (chunking.chunk_size - len(want)) + want)


def test_the_last_time():
    find = jax.jit(find_diverge_step)
    for is_bounded, number in {"1010": 3, "0000": 0, "1111": 4, "0001": 4, "1000": 1, "": 0}.items():
        losses = np.array([0.5 if flag == "1" else 2.0 for flag in is_bounded], np.float32)
        params = Params(np.zeros((len(losses), 1), np.float32), np.zeros(len(losses), np.float32))
        assert find(params, losses, np.float32(1.0)) == number


def test_a_cycle_through_the_tolerance_settles_at_its_last_time_round():
    """Of some cycles that finish early only a part has a gradient within the tolerance."""
    rng, number = np.random.default_rng(3), 4096
    rng.integers(2, 5)
    x, y = rng.normal(size=4), rng.normal(size=4)
    swept = {
        "learning_rate": np.geomspace(0.3, 20, number),
        "init_weight": rng.normal(size=number),
        "init_bias": rng.normal(size=number),
    }
    config = Config(gradient="moments", tolerance=0.05, train_bias=False)
    shared = (swept, with_half_lines(x, y), config, 1500)
    early, late = (
        train_values(*shared, finish_early=early, find_diverge_steps=False) for early in (True, False)
    )
    np.testing.assert_array_equal(early.settle_step, late.settle_step)
    is_round = (late.settle_step > 1400) & (late.fixed_step < 0)
    assert is_round.sum() >= 3


def trained_and_followed(hyperparams, config, num_steps):
    """What became of a neuron after so many steps, and the steps until after the one that follows."""
    shared = params_of(1.0, 0.5), hyperparams, with_half_lines(X, Y), config
    return train_from(*shared, num_steps), path_from(*shared, num_steps + 1)[1]


@pytest.mark.parametrize(
    ("form", "activation"),
    [("moments", "leaky_relu"), pytest.param("in_order", "relu", marks=pytest.mark.thorough)],
)
def test_with_mini_batches_neurons_settle_by_the_gradient_over_all(form, activation):
    config = Config(activation=activation, gradient=form, batch_size=3, tolerance=0.05)
    hyperparams = Hyperparams(0.05)
    trained, info = trained_and_followed(hyperparams, config, 300)
    assert trained.fate == Fate.converged

    @jax.jit
    @jax.vmap
    def norm(params):
        grads = jax.grad(loss)(params, hyperparams, with_half_lines(X, Y), config)
        return jnp.maximum(jnp.abs(grads.weight[0]), jnp.abs(grads.bias))

    (want,) = first_of_the_last_stay(np.asarray(norm(info.params) <= config.tolerance)[None])
    assert trained.settle_step == want > 0


def test_where_no_step_sees_all_examples_nothing_is_said_of_settling():
    config, hyperparams = Config(activation="tanh", batch_size=3, tolerance=1.0), Hyperparams(0.05)
    trained, _ = trained_and_followed(hyperparams, config, 30)
    assert (trained.fate, trained.settle_step) == (Fate.converged, -1)
