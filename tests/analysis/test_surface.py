"""The loss surface: against jaxneuron's own loss, where a neuron is silent, and the paths of trainings."""

import jax
import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.surface import loss_surface, losses_at, silence_border, with_same_loss
from jaxneuron.analysis.trajectory import trajectory
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples, loss
from jaxneuron.neuron.params import ACTIVATIONS, Params

RANDOM = np.random.default_rng(0)
X = np.round(RANDOM.normal(size=16), 1)  # with ties
Y = np.maximum(0, 2 * X - 1) + RANDOM.normal(size=16)


def training_of(x=X, y=Y, neuron=None, training=None, scale="none", **sweep):
    study = jn.Study(
        data={"x": x, "y": y, "scale": scale},
        neuron={"init_weight": 0.5} | (neuron or {}),
        training={"num_steps": 60} | (training or {}),
        sweep={"learning_rate": 0.2} | sweep,
    )
    return jn.train(study)


def losses_by_jax(weight, bias, x, y, activation, slope):
    with jax.enable_x64(True):
        examples = Examples(jax.numpy.asarray(x)[:, None], jax.numpy.asarray(y))

        def of(w, b):
            return loss(
                Params(w[None], b), Hyperparams(0.0, negative_slope=slope), examples, Config(activation)
            )

        places = np.broadcast_arrays(weight, bias)
        flat = (jax.numpy.asarray(part, float).ravel() for part in places)
        return np.asarray(jax.vmap(of)(*flat)).reshape(places[0].shape)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_losses_are_those_of_the_neuron(activation, offset):
    x, y = X + offset, Y + offset
    # Among the places are weights of 0, borders that lie on an example, and neurons that are silent.
    weight = np.concatenate([np.linspace(-3, 3, 13), [0.0]])[:, None]
    bias = np.concatenate([np.linspace(-3, 3, 13), -weight.ravel() * x[3], [0.0]]) - offset * (offset > 0)
    want = losses_by_jax(weight, bias, x, y, activation, 0.1)
    found = losses_at(weight, bias, x, y, activation, 0.1)
    np.testing.assert_allclose(found, want, rtol=1e-10)
    assert found.shape == (14, len(bias))


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "identity"])
def test_a_perfect_fit_and_one_example(activation):
    x = np.array([-1.0, 0.5, 2.0])
    y = np.maximum(0, 3 * x - 1) if activation == "relu" else 3 * x - 1
    y = np.where(y < 0, 0.1 * y, y) if activation == "leaky_relu" else y
    assert losses_at(np.array(3.0), np.array(-1.0), x, y, activation, 0.1) < 1e-28
    alone = losses_at(
        np.array([2.0, -1.0]), np.array([1.0, 0.0]), np.array([1.0]), np.array([5.0]), activation, 0.1
    )
    want = {"relu": 12.5, "leaky_relu": 0.5 * 5.1**2, "identity": 18.0}[activation]
    np.testing.assert_allclose(alone, [2.0, want])


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
        "batches",
        {"scale": "standard"},
        {"target_scale": 0.25},
        {"neuron": {"activation": "leaky_relu"}, "negative_slope": 0.3},
        pytest.param({"neuron": {"activation": "gelu"}}, marks=pytest.mark.thorough),
    ],
)
def test_the_surface_at_a_path_s_places_is_the_loss_that_was_recorded(case, life_of):
    training = life_of(case) if isinstance(case, str) else training_of(**case)
    surface = loss_surface([training], places=20)
    (path,) = surface.paths
    activation, slope = training.study.neuron.activation, training.hyperparams.get("negative_slope", 0.01)
    found = losses_at(path.weight, path.bias, training.data.x[:, 0], training.targets, activation, slope)
    np.testing.assert_allclose(found, training.history.loss, rtol=2e-5)
    np.testing.assert_array_equal(path.weight, training.history.weight[:, 0])
    index = 3, 7
    want = losses_at(
        surface.weight[3], surface.bias[7], training.data.x[:, 0], training.targets, activation, slope
    )
    assert surface.loss[index] == pytest.approx(float(want))
    assert surface.weight[0] < path.weight.min() <= path.weight.max() < surface.weight[-1]
    assert surface.bias[0] < path.bias.min() <= path.bias.max() < surface.bias[-1]
    assert (surface.silent_up_to is None) == (activation != "relu")
    assert surface.trains_bias == training.study.neuron.train_bias


def test_a_path_that_runs_away_leaves_the_window():
    wild = training_of(neuron={"activation": "identity"}, learning_rate=30.0)
    assert wild.fate == jn.Fate.diverged
    surface = loss_surface([wild])
    assert np.isfinite(surface.paths[0].weight).all()
    assert abs(surface.weight).max() < 1e4
    assert np.isfinite(surface.loss).all()


@pytest.mark.parametrize("start", [{"init_weight": 0.0}, {"init_weight": 1e-30}])
def test_a_path_that_does_not_move_has_a_window(start):
    still = training_of(neuron=start, init_bias=-90.0)
    assert still.fate == jn.Fate.born_dead
    surface = loss_surface([still])
    assert np.ptp(surface.weight) > 0
    assert np.ptp(surface.bias) > 0


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


def test_a_trajectory_is_the_history_with_the_largest_part_of_the_gradient():
    for training in (training_of(), training_of(neuron={"train_bias": False}, init_bias=3.0)):
        found, history = trajectory(training), training.history
        parts = [abs(history.grad_weight[:, 0])]
        parts += [abs(history.grad_bias)] if training.study.neuron.train_bias else []
        np.testing.assert_array_equal(found.gradient, np.max(parts, axis=0))
        np.testing.assert_array_equal(found.loss, history.loss)
        assert (found.fate, found.death_step) == (training.fate, training.death_step)
    wild = training_of(neuron={"activation": "identity"}, learning_rate=1e4, training={"num_steps": 300})
    assert np.isnan(trajectory(wild).loss[-1])
    assert not np.isinf(trajectory(wild).weight).any()
