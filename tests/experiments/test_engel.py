"""Engel's households in small: who is born dead is known, and nobody else dies up to the stability limit."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.bias.theory import born_dead
from experiments.known_answers import standard_errors
from jaxneuron.study.data import load
from tests.experiments.small import small_study


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    few = {
        "learning_rate": {"log": [1e-3, 10.0], "num": 24},
        "init_bias": {"linear": [-4.0, 4.0], "num": 9},
        "replicates": 100,
    }
    return jn.sweep(small_study("engel/study", sweep=few), tmp_path_factory.mktemp("engel") / "run.zarr")


def test_the_share_born_dead_is_known(run):
    (data,) = load(run.study.data)
    counts = run.cells.fate_count.sum("learning_rate")
    bias, neurons = run.cells.init_bias.values, counts.sum("fate").values
    known = born_dead(bias, data.x.min(), data.x.max())
    share = counts.sel(fate="born_dead").values / neurons
    assert (abs(standard_errors(share, known, neurons)) <= 5).all()
    assert (known[bias >= 0] == 0).all()
    assert known[0] == pytest.approx(0.70, abs=0.01)


def test_neurons_die_beyond_the_stability_limit_alone(run):
    limit = run.attrs["data"]["stability_limit"]
    assert limit == pytest.approx(2.0)
    died = run.fate_share.sel(fate="died").mean("init_bias")
    is_stable = run.cells.learning_rate.values < limit
    assert (died[is_stable] == 0).all()
    assert (died[~is_stable] > 0.1).all()  # in a band near 2.3 most go on for long
    assert int(run.cells.fate_count.sel(fate="diverged").sum()) == 0


def test_the_best_loss_is_that_of_least_squares(run):
    # All examples are active there: the targets are far above 0.
    (data,) = load(run.study.data)
    residual = np.linalg.lstsq(np.column_stack([data.x, np.ones(len(data.y))]), data.y)[1]
    assert float(run.cells.final_loss_min.min()) == pytest.approx(residual[0] / (2 * len(data.y)), rel=1e-5)
