"""Tables of a run: every row and number is the run's."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

import jaxneuron as jn
from jaxneuron.analysis import export as export_module
from jaxneuron.analysis.export import export
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.bad_input import BadInput
from tests.studies import REPLICATES, SEVERAL, SWEEPS

# From pandas 3.1 on it is the default; before, the last bit is not always the nearest.
pytestmark = pytest.mark.filterwarnings("ignore:The 'float_precision' argument")
read_csv = partial(pd.read_csv, float_precision="round_trip")
READ = {"csv": read_csv, "parquet": pd.read_parquet}


@pytest.fixture(scope="module")
def runs(run_of, tmp_path_factory):
    """Runs of one input and of several, by their number."""
    sweep = {"replicates": REPLICATES, "records": "neurons"} | SWEEPS["grid"]
    study = jn.Study(data=SEVERAL, training={"num_steps": 40}, sweep=sweep)
    return {1: run_of("grid"), 7: jn.sweep(study, tmp_path_factory.mktemp("runs") / "7.zarr")}


@pytest.mark.parametrize("ending", READ)
@pytest.mark.parametrize("rows_at_a_time", [5, 20, 10**6])
def test_cells(ending, rows_at_a_time, runs, tmp_path, monkeypatch):
    run, file = runs[1], tmp_path / "new" / f"cells.{ending}"
    monkeypatch.setattr(export_module, "ROWS_AT_A_TIME", rows_at_a_time)
    assert export(run, file) == 77
    table = READ[ending](file)
    assert list(table.cell) == list(range(77))
    for fate in Fate:
        np.testing.assert_array_equal(table[fate.name], run.cells.fate_count[..., fate].values.ravel())
    np.testing.assert_array_equal(table.learning_rate, np.repeat(run.cells.learning_rate.values, 7))
    np.testing.assert_array_equal(table.init_bias, np.tile(run.cells.init_bias.values, 11))
    np.testing.assert_array_equal(table.final_loss_median, run.final_loss().values.ravel())
    np.testing.assert_array_equal(table.final_loss_max, run.cells.final_loss_max.values.ravel())
    for name in ("fixed", "absorbed", "nearly_silent", "revived", "active"):
        np.testing.assert_array_equal(table[name], run.cells[f"{name}_count"].values.ravel())
    assert [p.name for p in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("ending", READ)
@pytest.mark.parametrize("num_inputs", [1, 7])
def test_neurons(ending, num_inputs, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "ROWS_AT_A_TIME", 100)
    run, file = runs[num_inputs], tmp_path / f"neurons.{ending}"
    assert export(run, file, rows="neurons") == 616
    table = READ[ending](file)
    records = run.neurons
    np.testing.assert_array_equal(table.replicate, np.tile(np.arange(8), 77))
    np.testing.assert_array_equal(
        table.init_bias.astype(np.float32),
        np.tile(np.repeat(np.linspace(-2, 2, 7), 8), 11).astype(np.float32),
    )
    assert list(table.fate) == [Fate(fate).name for fate in records.fate.values.ravel()]
    np.testing.assert_array_equal(table.final_loss.astype(np.float32), records.final_loss.values.ravel())
    inputs = records.input.values
    for i, column in enumerate(
        [f"final_weight {name}" for name in inputs] if num_inputs > 1 else ["final_weight"]
    ):
        np.testing.assert_array_equal(
            table[column].astype(np.float32), records.final_weight[..., i].values.ravel()
        )


def test_points_and_a_single_cell(run_of, tmp_path):
    run = run_of("points")
    assert export(run, tmp_path / "points.csv") == 64
    table = read_csv(tmp_path / "points.csv")
    np.testing.assert_array_equal(table.learning_rate, run.cells.learning_rate)
    assert export(run_of("no axis"), tmp_path / "single.parquet", rows="neurons") == 8
    assert list(pd.read_parquet(tmp_path / "single.parquet").replicate) == list(range(8))


def test_a_file_is_not_overwritten_and_none_is_left_half_written(runs, tmp_path, monkeypatch):
    run, file = runs[1], tmp_path / "cells.csv"
    file.write_text("mine")
    with pytest.raises(BadInput, match=r"cells.csv: exists already; give --overwrite"):
        export(run, file)
    assert file.read_text() == "mine"

    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_csv", fails)
        with pytest.raises(BadInput, match=r"cannot be written \(No space"):
            export(run, file, overwrite=True)
    assert file.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cells.csv"]
    assert export(run, file, overwrite=True) == 77
