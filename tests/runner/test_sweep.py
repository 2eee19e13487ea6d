"""Sweeps: one program, the same bytes whatever the chunks, a run that xarray opens, nothing left behind."""

import json

import jax
import numpy as np
import pytest
import xarray as xr

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.bad_input import BadInput
from tests.studies import all_but_few_thorough
from tests.values import values_of

X = np.linspace(-1, 2, 20)
Y = np.maximum(0, 1.5 * X + 0.3)
TO_THE_END = {"tolerance": 0.0}  # no neuron settles


def study_of(sweep=None, training=None, neuron=None, **data):
    return jn.Study(
        data={"x": X, "y": Y} | data,
        neuron=neuron or {},
        training={"num_steps": 60} | (training or {}),
        sweep={
            "learning_rate": jn.Log(0.01, 10.0, 6),
            "init_bias": jn.Linear(-2.0, 2.0, 5),
            "replicates": 7,
            "records": "neurons",
        }
        | (sweep or {}),
    )


def test_one_program_serves_every_chunk_and_every_value(tmp_path, compilations):
    sweep(study_of({"chunk_size": 35}), tmp_path / "first.zarr")
    assert compilations.count("jit(_train)") == 1
    first = list(compilations)
    # Other values, another seed, twice the cells: the same shapes and so the same program.
    values = {"learning_rate": jn.Log(0.02, 7.0, 12), "seed": 5, "chunk_size": 35}
    sweep(study_of(values, neuron={"init_weight": jn.Normal(0.5, 2.0)}), tmp_path / "second.zarr")
    assert compilations == first


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run of the study as it is."""
    return sweep(study_of(), tmp_path_factory.mktemp("run") / "run.zarr")


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("records", ["cells", "neurons"])
def test_a_run_is_what_was_asked_for(tmp_path, precision, records):
    study = study_of({"records": records}, {"precision": precision})
    run = sweep(study, tmp_path / "run.zarr")
    cells = xr.open_zarr(tmp_path / "run.zarr", group="cells", consolidated=False)
    sizes = {dim: size for dim, size in cells.sizes.items() if not dim.endswith("_bin")}
    assert sizes == {"learning_rate": 6, "init_bias": 5, "fate": 5, "input": 1}
    assert list(cells.fate.values) == [fate.name for fate in Fate]
    np.testing.assert_array_equal(cells.learning_rate, np.geomspace(0.01, 10, 6))
    np.testing.assert_array_equal(cells.fate_count.sum("fate"), 7)
    np.testing.assert_array_equal(cells.final_loss_count.sum("final_loss_bin"), 7)
    for step, fates in {
        "death_step": ["born_dead", "died"],
        "diverge_step": ["diverged"],
        "settle_step": ["converged"],
    }.items():
        np.testing.assert_array_equal(
            cells[f"{step}_count"].sum(f"{step}_bin"), cells.fate_count.sel(fate=fates).sum("fate")
        )
    # Plain gradient descent moves no dead neuron.
    np.testing.assert_array_equal(
        cells.absorbed_count, cells.fate_count.sel(fate=["born_dead", "died"]).sum("fate")
    )
    for variable in cells.variables.values():
        assert {"units", "long_name", "definition"} <= set(variable.attrs)
    assert run.study == study
    assert run.attrs["platform"] == jax.default_backend()
    assert json.dumps(run.attrs)
    np.testing.assert_allclose(run.fate_share.sum("fate"), 1)
    if records == "cells":
        with pytest.raises(BadInput, match="records"):
            _ = run.neurons
        return
    neurons = run.neurons
    assert neurons.final_weight.dims == ("learning_rate", "init_bias", "replicate", "input")
    assert neurons.final_loss.dtype == precision
    for fate in Fate:
        count = (neurons.fate == fate).sum("replicate")
        np.testing.assert_array_equal(count, run.cells.fate_count.sel(fate=fate.name))
    assert neurons.init_bias.equals(cells.init_bias)


@pytest.mark.parametrize("tolerance", all_but_few_thorough([0.0, 0.3, 2.0], [0.3]))
def test_nearly_silent_is_by_the_study_s_tolerance(tmp_path, tolerance):
    run = sweep(study_of(training=TO_THE_END | {"silence_tolerance": tolerance}), tmp_path / "run.zarr")
    weight, bias = run.neurons.final_weight.values[..., 0], run.neurons.final_bias.values
    largest = np.maximum(weight * X.min(), weight * X.max()) + bias
    is_near = largest <= np.float32(tolerance * np.sqrt(np.mean(Y**2)))
    np.testing.assert_array_equal(run.neurons.nearly_silent, is_near)
    np.testing.assert_array_equal(run.cells.nearly_silent_count, is_near.sum(-1))
    assert 0 < is_near.sum() < is_near.size


def test_the_loss_on_disk_is_the_loss_of_the_params_on_disk(tmp_path):
    run = sweep(study_of(training={"precision": "float64"}), tmp_path / "run.zarr")
    z = run.neurons.final_weight.values * X + run.neurons.final_bias.values[..., None]
    loss = np.mean(0.5 * (np.maximum(z, 0) - Y) ** 2, -1)
    # Residuals that are rounded in their last bits move the loss by their size times that.
    assert (abs(run.neurons.final_loss - loss) <= 1e-14 * loss + 4 * 2**-52 * np.sqrt(2 * loss)).all()


@pytest.mark.parametrize("chunk_size", all_but_few_thorough([4, 64], [64]))
def test_chunk_size_changes_no_byte(run, tmp_path, chunk_size):
    cut = sweep(study_of({"chunk_size": chunk_size}), tmp_path / "cut.zarr")
    assert values_of(cut) == values_of(run)


def test_the_same_study_makes_the_same_bytes_and_another_seed_others(run, tmp_path):
    """Also where NumPy is set to raise errors."""
    with np.errstate(all="raise"):
        again = sweep(study_of(), tmp_path / "again.zarr")
        assert values_of(run) == values_of(again)
        assert again.best(3).equals(run.best(3))
        again.plot()
    assert values_of(run) != values_of(sweep(study_of({"seed": 1}), tmp_path / "other.zarr"))


def test_a_neuron_trained_alone_is_the_sweeps(tmp_path):
    study = study_of(training=TO_THE_END | {"silence_tolerance": 0.3})
    run = sweep(study, tmp_path / "run.zarr")
    for cell, replicate in [(0, 0), (13, 3), (29, 6)]:
        place = {"learning_rate": cell // 5, "init_bias": cell % 5, "replicate": replicate}
        alone, among = jn.train(study, cell=cell, replicate=replicate), run.neurons.isel(place)
        assert alone.weight == among.final_weight.values
        assert alone.bias == float(among.final_bias)
        assert alone.fate == int(among.fate)
        for name in ("death_step", "diverge_step", "settle_step", "revivals", "absorbed", "nearly_silent"):
            assert getattr(alone, name) == int(among[name])


@pytest.mark.thorough
def test_points_have_one_dim_and_coordinates(tmp_path):
    settings = {
        "learning_rate": jn.LogUniform(0.01, 1.0),
        "init_bias": jn.Uniform(-1.0, 1.0),
        "points": {"sobol": 16},
    }
    run = sweep(study_of(settings), tmp_path / "run.zarr")
    assert run.cells.fate_count.dims == ("point", "fate")
    assert set(run.cells.coords) >= {"learning_rate", "init_bias"}
    assert run.neurons.init_bias.equals(run.cells.init_bias)
    assert list(run.best(3).columns[:4]) == ["cell", "learning_rate", "init_bias", "final_loss"]


def test_what_is_drawn_differs_between_neurons_and_follows_its_distribution(tmp_path):
    settings = {"learning_rate": 0.1, "init_bias": jn.Uniform(-3.0, 3.0), "replicates": 5000}
    run = sweep(study_of(settings, {"num_steps": 0}), tmp_path / "run.zarr")
    bias, weight = run.neurons.init_bias.values.ravel(), run.neurons.init_weight.values.ravel()
    assert len(np.unique(bias)) > 4990
    assert abs(bias.mean()) < 5 * np.sqrt(3 / 5000)
    assert abs(weight.mean()) < 5 / np.sqrt(5000)
    assert abs(np.corrcoef(bias, weight)[0, 1]) < 5 / np.sqrt(5000)


def test_best_cells_are_those_that_converge(tmp_path):
    run = sweep(study_of(training={"num_steps": 4000}), tmp_path / "run.zarr")
    best = run.best(1).iloc[0]
    share = run.fate_share.sel(learning_rate=best.learning_rate, init_bias=best.init_bias)
    assert best.converged == share.sel(fate="converged") == 1
    assert best.final_loss == pytest.approx(float(run.final_loss().min()), rel=0.01, abs=1e-9)


def test_several_inputs_and_no_trained_bias(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 3))
    y = np.maximum(0, x @ [1.0, -0.5, 0.2])
    run = sweep(study_of({"init_bias": 0.1}, neuron={"train_bias": False}, x=x, y=y), tmp_path / "run.zarr")
    assert run.neurons.init_weight.sizes["input"] == 3
    np.testing.assert_array_equal(run.neurons.final_bias, np.float32(0.1))


def test_a_loss_of_exactly_zero_is_the_best(tmp_path):
    study = jn.Study(
        data={"x": [1.0, -1.0], "y": [1.0, 0.0]},
        neuron={"train_bias": False, "init_weight": jn.Normal(0.0, 0.5)},
        training={"num_steps": 3000},
        sweep={"learning_rate": [0.4, 0.5, 0.6, 0.7, 2.0], "replicates": 3, "seed": 2},
    )
    run = sweep(study, tmp_path / "run.zarr")
    best = run.best(None)
    assert best.final_loss.min() == 0
    is_good = best.final_loss < 1e-6
    assert 0 < is_good.sum() < 5
    assert is_good[: is_good.sum()].all()
    first = run.cells.isel(learning_rate=best.cell[0])
    assert first.learning_rate == best.learning_rate[0]


def test_the_median_says_what_it_is(run):
    assert "median" in run.final_loss().attrs["definition"]
    assert 0 <= run.num_as_good() <= 30
