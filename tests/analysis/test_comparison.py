"""Runs side by side: their shares are those of each, what differs is named, other cells are refused."""

import numpy as np
import pytest

import jaxneuron as jn


@pytest.fixture(scope="module")
def runs(run_of, tmp_path_factory):
    """Plain gradient descent and momentum over the same cells, and other cells."""
    plain = run_of("grid")
    training = plain.study.training.model_copy(update={"optimizer": "momentum"})
    study = plain.study.model_copy(update={"training": training})
    heavy = jn.sweep(study, tmp_path_factory.mktemp("runs") / "heavy.zarr")
    return {"plain": plain, "heavy": heavy, "other": run_of("all born dead")}


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
    assert f"has other values of init_bias than {runs['plain'].path}" in told
    assert "two or more can be compared" in refused(f"compare {runs['plain'].path}")
