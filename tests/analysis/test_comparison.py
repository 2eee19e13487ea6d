"""Runs side by side: their shares are those of each, what differs is named, other cells are refused."""

import numpy as np
import pytest

import jaxneuron as jn

DATA = {"x": [-1.0, 0.5, 1.0, 2.0], "y": [0.1, 0.4, 1.1, 2.1]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Plain gradient descent and momentum over the same cells, and other cells."""
    folder, found = tmp_path_factory.mktemp("runs"), {}
    for name, training, rates in (
        ("plain", {}, [0.1, 1.0]),
        ("heavy", {"optimizer": "momentum"}, [0.1, 1.0]),
        ("other", {}, [0.1, 2.0]),
    ):
        sweep = {"learning_rate": rates, "init_bias": -0.5, "replicates": 64}
        study = jn.Study(data=DATA, training={"num_steps": 60} | training, sweep=sweep)
        found[name] = jn.sweep(study, folder / f"{name}.zarr")
    return found


def test_what_differs_and_by_how_much(runs, found):
    plain, heavy = found(f"compare {runs['plain'].path} {runs['heavy'].path}")["runs"]
    assert plain["settings"] == {"training.optimizer": "sgd"}
    assert heavy["settings"] == {"training.optimizer": "momentum"}
    assert plain["difference"] is None
    counts = [runs[name].cells.fate_count.sum(runs[name].dims).values for name in ("plain", "heavy")]
    shares = [count[1:3].sum() / count.sum() for count in counts]
    more, low, high = heavy["difference"]
    np.testing.assert_allclose(more, shares[1] - shares[0])
    assert low < more < high
    assert heavy["by_fate"]["number"] == counts[1].tolist()
    assert heavy["best_cell"] == runs["heavy"].best(1).cell[0]


def test_the_table_names_the_runs(runs, succeed):
    told = succeed(f"compare {runs['plain'].path} {runs['heavy'].path}")
    assert "training.optimizer" in told
    assert "all on the same data" in told


def test_other_cells_and_a_single_run_are_refused(runs, refused):
    told = refused(f"compare {runs['plain'].path} {runs['other'].path}")
    assert f"has other values of learning_rate than {runs['plain'].path}" in told
    assert "two or more can be compared" in refused(f"compare {runs['plain'].path}")
