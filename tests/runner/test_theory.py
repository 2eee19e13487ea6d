"""Known answers: what a population of single neurons must reproduce, at five standard errors."""

import numpy as np
import pytest
from scipy.stats import norm

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate

NUM_NEURONS = 100_000


def results_of(tmp_path, x, y, sweep, training=None, neuron=None, precision="float32"):
    """So many neurons in each cell, which is a chunk."""
    study = jn.Study(
        data={"x": x, "y": y},
        neuron=neuron or {},
        training={"precision": precision} | (training or {}),
        sweep={"replicates": NUM_NEURONS, "chunk_size": NUM_NEURONS, "records": "neurons"} | sweep,
    )
    return jn.sweep(study, tmp_path / "run.zarr").neurons


def assert_share(is_in, probability):
    error = np.sqrt(max(probability * (1 - probability), 1 / NUM_NEURONS) / NUM_NEURONS)
    assert abs(float(np.mean(is_in)) - probability) < 5 * error


@pytest.mark.parametrize(
    ("a", "c", "known"),
    [
        (-1.0, 1.0, {-0.5: 0.382925, 0.3: 0.0}),
        (-1.0, 2.0, {-1.0: norm.cdf(1 / 2) - norm.cdf(-1)}),
        (0.5, 2.0, {-0.3: norm.cdf(0.3 / 2), 0.0: 0.5, 0.3: 0.274253}),
        (0.0, 2.0, {0.3: 0.0}),
    ],
)
def test_born_dead_with_a_given_bias(tmp_path, a, c, known):
    """theory 1."""
    sweep = {"learning_rate": 0.1, "init_bias": list(known)}
    neurons = results_of(tmp_path, np.linspace(a, c, 9), np.ones(9), sweep, {"num_steps": 0})
    for b0, want in known.items():
        assert_share(neurons.fate.sel(init_bias=b0, method="nearest") == Fate.born_dead, want)
    assert set(np.unique(neurons.death_step)) <= {-1, 0}


@pytest.mark.parametrize(("a", "want"), [(-1.0, 0.25), (0.0, 0.375)])
def test_born_dead_with_a_drawn_bias(tmp_path, a, want):
    """theory 1, b ~ N(0, σ²) with s = σ, on [a, 1]."""
    sweep = {"learning_rate": 0.1, "init_bias": jn.Normal(0.0, 1.0)}
    neurons = results_of(tmp_path, np.linspace(a, 1, 9), np.ones(9), sweep, {"num_steps": 0})
    assert_share(neurons.fate == Fate.born_dead, want)


def test_one_example_is_alive_as_often_as_it_should(tmp_path):
    """theory 2, y = 1, s = 1.5: z₀ = w·x with x = 1 and b₀ = 0."""
    kappas = [0.8, 1.5, 1.9, 2.5]
    sweep = {"learning_rate": [kappa / 2 for kappa in kappas]}
    neuron = {"init_weight": jn.Normal(0.0, 1.5)}
    of_all = results_of(tmp_path, [1.0], [1.0], sweep, {"num_steps": 300}, neuron, "float64")
    for i, kappa in enumerate(kappas):
        neurons = of_all.isel(learning_rate=i)
        is_dead = neurons.fate.isin([Fate.born_dead, Fate.died])
        if kappa <= 1:
            alive = 0.5
        elif kappa < 2:
            alive = norm.cdf(kappa / ((kappa - 1) * 1.5)) - 0.5
        else:
            alive = 0.0
        if kappa < 2:
            assert_share(~is_dead, alive)
            # Death comes at step 0, at step 1, or never.
            assert set(np.unique(neurons.death_step)) <= {-1, 0, 1}
        else:
            # κ > 2: all die in the end, and the farther from the target the sooner.
            assert bool(is_dead.all())
        assert not (neurons.fate == Fate.diverged).any()


def test_momentum_kills_when_targets_are_small(tmp_path):
    """theory 5: β = 0.9, κ = 0.1, γ = 0.1."""
    sweep = {"learning_rate": 0.05, "momentum": 0.9}
    training = {"num_steps": 1500, "optimizer": "momentum"}
    neurons = results_of(tmp_path, [1.0], [0.1], sweep, training, precision="float64")
    is_dead = neurons.fate.isin([Fate.born_dead, Fate.died])
    assert_share(~is_dead, norm.cdf(2.6564 * 0.1) - 0.5)


def test_strict_and_effective_death_differ(tmp_path):
    """theory 7: every neuron with w₀ < 0 fails, none is strictly dead."""
    x = np.linspace(-1, 1, 41)[1:-1]
    study = jn.Study(
        data={"x": x, "y": np.maximum(0, x - 0.8)},
        training={"num_steps": 20_000, "precision": "float64"},
        sweep={"learning_rate": 0.5, "replicates": 500, "records": "neurons"},
    )
    neurons = jn.sweep(study, tmp_path / "run.zarr").neurons
    assert not neurons.fate.isin([Fate.born_dead, Fate.died]).any()
    failed = neurons.final_loss > 1e-4
    np.testing.assert_array_equal(failed, neurons.init_weight.isel(input=0) < 0)
