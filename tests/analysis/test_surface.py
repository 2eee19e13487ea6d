"""The loss surface: against fractions and what training recorded, where a neuron is silent, what is shown."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.surface import contours, loss_surface, losses_at, silence_border, with_same_loss
from jaxneuron.analysis.trajectory import trajectory
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import loss
from jaxneuron.neuron.params import Params
from tests.conftest import examples_of

RANDOM = np.random.default_rng(0)
X = np.round(RANDOM.normal(size=16), 1)  # with ties
Y = np.maximum(0, 2 * X - 1) + RANDOM.normal(size=16)
# Three close inputs of slope 8.5·10⁶, and one that lies far away.
CLOSE = np.array([-1, 1, 1 + 1e-7, 1 + 2e-7]), np.array([0.0, 1.0, 2.2, 2.7])
BELOW = {"relu": 0.0, "leaky_relu": 0.125, "identity": 1.0}  # slopes where z ≤ 0


def training_of(x=X, y=Y, neuron=None, training=None, scale="none", **sweep):
    study = jn.Study(
        data={"x": x, "y": y, "scale": scale},
        neuron={"init_weight": 0.5} | (neuron or {}),
        training={"num_steps": 60} | (training or {}),
        sweep={"learning_rate": 0.2} | sweep,
    )
    return jn.train(study)


def exact_loss(weight, bias, x, y, below):
    """(the mean of ½(ŷ − y)², what rounding z may change of it), the mean without any rounding."""
    examples = [(Fraction(float(of_x)), Fraction(float(of_y))) for of_x, of_y in zip(x, y, strict=True)]
    weight, bias, below = Fraction(float(weight)), Fraction(float(bias)), Fraction(below)
    squares, rounding = Fraction(0), Fraction(0)
    for of_x, of_y in examples:
        z = weight * of_x + bias
        error = (z if z > 0 else below * z) - of_y
        squares += error**2
        rounding += (abs(error) + abs(of_y)) * (abs(weight * of_x) + abs(bias) + abs(of_y))
    return float(squares / 2 / len(x)), float(rounding / len(x)) * 2**-50


@pytest.mark.parametrize("activation", BELOW)
@pytest.mark.parametrize(
    # Of few lengths: each has a program compiled for it.
    ("x", "y"),
    [
        CLOSE,
        (CLOSE[0] - 1000, CLOSE[1]),
        (CLOSE[0][1:], CLOSE[1][1:]),
        (np.array([1999.0, 2001, 2004, 2023]), np.array([3.0, 5, 4, 7])),
        (1e-30 * X[:4], 1e-30 * Y[:4]),
        (-np.abs(X[:4]) - 1, Y[:4]),
        (np.array([2.0, 2, -1, -1]), np.array([1.0, 3, 0, 1])),
        (np.array([0.1, 0.1, 0.1]), np.array([1.0, 2, 4])),
        (np.array([1.0]), np.array([5.0])),
    ],
    ids=["close", "close and negative", "close alone", "years", "tiny", "negative", "alike", "equal", "one"],
)
def test_losses_are_those_of_fractions(x, y, activation):
    slope = (y.max() - y.min()) / (np.ptp(x) or 1.0)
    weights = slope * np.array([-2.0, -0.5, 0.0, 0.25, 1.0, 3.0])
    for weight in weights:
        # Through examples, so that thresholds lie on one and between two; and far beyond both ends.
        biases = np.concatenate([y.mean() - weight * x[:3], -weight * x, [y.max() - weight * x.mean()]])
        found = losses_at(weight, biases, x, y, activation, BELOW["leaky_relu"])
        for bias, of_bias in zip(biases, found, strict=True):
            want, rounding = exact_loss(weight, bias, x, y, BELOW[activation])
            assert of_bias == pytest.approx(want, rel=1e-12, abs=rounding)


def test_three_close_inputs_have_the_slope_of_their_least_squares_line():
    x, y = (values[1:] for values in CLOSE)
    off_x, off_y = ([Fraction(float(v)) for v in values] for values in (x, y))
    off_x, off_y = ([v - sum(values) / 3 for v in values] for values in (off_x, off_y))
    slope = float(sum(u * v for u, v in zip(off_x, off_y, strict=True)) / sum(u * u for u in off_x))
    assert slope == pytest.approx(8.5e6, rel=1e-3)
    weight = slope * np.array([0.9, 1.0, 1.1])
    left, middle, right = losses_at(weight, y.mean() - weight * x.mean(), *CLOSE)
    # The vertex of the parabola through the three, which is where it is lowest.
    lowest = 1.0 + 0.05 * (left - right) / (left - 2 * middle + right)
    assert lowest == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("activation", BELOW)
def test_a_perfect_fit_has_no_loss(activation):
    x = np.array([-1.0, 0.5, 2.0])
    z = 3 * x - 1
    y = np.where(z > 0, z, BELOW[activation] * z)
    assert losses_at(np.array(3.0), np.array(-1.0), x, y, activation, BELOW["leaky_relu"]) < 1e-28


def test_losses_that_are_no_number_are_infinite():
    found = losses_at(np.array([1e200, 0.0]), np.array(0.0), X, Y)
    assert np.isinf(found[0])
    assert np.isfinite(found[1])
    assert np.isinf(losses_at(np.array(1e200), np.array(0.0), X, Y, "gelu"))


def test_on_and_below_the_border_all_examples_are_silent():
    weight = np.linspace(-4, 4, 101)
    border = silence_border(weight, X)
    z = weight[:, None] * X + border[:, None]
    assert (z <= 1e-12).all()
    np.testing.assert_allclose(z.max(1), 0, atol=1e-12)
    # There the loss is that of silence, whatever W and b; above, it depends on them.
    silent = losses_at(weight, border - 0.1, X, Y)
    np.testing.assert_allclose(silent, 0.5 * np.mean(Y**2), rtol=1e-12)
    assert (losses_at(weight, border + 0.3, X, Y) != 0.5 * np.mean(Y**2)).all()


@pytest.mark.parametrize(
    "case",
    [
        "plain",
        "no bias",
        pytest.param("batches", marks=pytest.mark.thorough),
        {"scale": "standard"},
        {"target_scale": 0.25},
        {"neuron": {"activation": "leaky_relu"}, "negative_slope": 0.3},
    ],
)
def test_the_surface_at_a_path_s_places_is_the_loss_that_was_recorded(case, life_of):
    training = life_of(case) if isinstance(case, str) else training_of(**case)
    surface = loss_surface([training], 20, 30)
    (path,) = surface.paths
    activation, slope = training.study.neuron.activation, training.hyperparams.get("negative_slope", 0.01)
    x, y = training.data.x[:, 0], training.targets
    found = losses_at(path.weight, path.bias, x, y, activation, slope)
    np.testing.assert_allclose(found, training.history.loss, rtol=2e-5)
    np.testing.assert_array_equal(path.weight, training.history.weight[:, 0])
    np.testing.assert_array_equal(path.bias, training.history.bias)
    want = losses_at(surface.weight[:, None], surface.bias, x, y, activation, slope)
    np.testing.assert_array_equal(surface.loss, want)
    for values, ends in ((path.weight, surface.weight), (path.bias, surface.bias)):
        assert ends[0] < values.min() <= values.max() < ends[-1]
    assert (surface.silent_up_to is None) == (activation != "relu")
    z = surface.weight[:, None, None] * x + surface.bias[:, None]
    np.testing.assert_array_equal(surface.is_silent, (z <= 0).all(-1) & (activation == "relu"))
    assert surface.trains_bias == training.study.neuron.train_bias


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_surface_of_any_activation_is_the_loss(activation):
    places = np.random.default_rng(1).normal(size=(10, 2)).astype("float32")
    examples, hyperparams = examples_of(X, Y), Hyperparams(jnp.float32(0.1), negative_slope=jnp.float32(0.01))
    config = Config(activation=activation)
    want = jax.vmap(lambda w, b: loss(Params(w[None], b), hyperparams, examples, config))(*places.T)
    np.testing.assert_allclose(losses_at(*places.T, X, Y, activation, 0.01), want, rtol=2e-5)


def test_a_path_that_runs_away_leaves_the_window(life_of):
    wild = life_of("diverged")
    assert wild.fate == jn.Fate.diverged
    surface = loss_surface([wild])
    assert np.isfinite(surface.paths[0].weight).all()
    assert abs(surface.weight).max() < 1e4
    assert np.isfinite(surface.loss).all()


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("start", [{"init_weight": 0.0}, {"init_weight": 1e-30}])
def test_a_path_that_does_not_move_has_a_window(start, activation):
    slope = {"negative_slope": 0.3} if activation == "leaky_relu" else {}
    neuron = start | {"activation": activation}
    still = training_of(neuron=neuron, training={"num_steps": 0}, init_bias=-90.0, **slope)
    surface = loss_surface([still], 30, 30)
    for values, places in ((surface.weight, start["init_weight"]), (surface.bias, -90.0)):
        assert values[0] < places < values[-1]
    if activation == "relu":  # it is dead: the tip of the silent region is shown too, and what is beyond
        assert still.fate == jn.Fate.born_dead
        assert 0 < surface.is_silent.mean() < 1


def test_trainings_must_share_the_surface(life_of):
    one, other, third = training_of(), training_of(target_scale=0.5), training_of(learning_rate=0.3)
    assert with_same_loss([one, other, third]) == [one, third]
    assert len(loss_surface([one, third]).paths) == 2
    with pytest.raises(jn.BadInput, match="must share their data"):
        loss_surface([one, other])
    with pytest.raises(jn.BadInput, match="must share their data"):
        loss_surface([one, training_of(y=Y + 1)])
    with pytest.raises(jn.BadInput, match="needs one input; this neuron has 7"):
        loss_surface([life_of("several inputs")])
    with pytest.raises(jn.BadInput, match="at least one training"):
        loss_surface([])


def test_a_trajectory_is_the_history_with_the_largest_part_of_the_gradient(life_of):
    for training in (life_of("plain"), life_of("no bias")):
        found, history = trajectory(training), training.history
        parts = [abs(history.grad_weight[:, 0])]
        parts += [abs(history.grad_bias)] if training.study.neuron.train_bias else []
        np.testing.assert_array_equal(found.gradient, np.max(parts, axis=0))
        np.testing.assert_array_equal(found.loss, history.loss)
        assert (found.fate, found.death_step) == (training.fate, training.death_step)
    wild = life_of("diverged at once")
    assert np.isnan(trajectory(wild).loss[-1])
    assert not np.isinf(trajectory(wild).weight).any()


def test_the_loss_is_the_same_along_a_contour():
    training = training_of()
    surface = loss_surface([training], 64, 64)
    lines = contours(surface, 8)
    assert len(lines) >= 8
    found = losses_at(*np.concatenate(lines).T, X, Y)
    for losses in np.split(found, np.cumsum([len(line) for line in lines])[:-1]):
        assert np.ptp(np.sqrt(losses)) < 0.01 * np.ptp(np.sqrt(surface.loss))


def test_a_surface_of_one_loss_has_no_contours():
    surface = loss_surface([training_of()], 4, 4)
    assert contours(surface._replace(loss=np.zeros((4, 4))), 8) == []
