"""Studies by jumps: what they refuse and store, the life of one neuron, what a plan says of them."""

import shutil

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.deaths import deaths
from jaxneuron.analysis.why import why
from jaxneuron.runner.plan import plan
from jaxneuron.store.identity import differences, identity_of
from jaxneuron.study.data import load
from jaxneuron.study.study import resolved
from tests.engel import X

# To compile a program that jumps takes longer than all else here. So all studies have as many examples, what
# is swept and what is drawn is the same, and a chunk is the eight replicates of one cell. One program then
# serves their runs and one their lives, here, in tests/view/test_by_jumps.py and for the eight decades.
Y = np.maximum(0.0, 1.2 * X + 0.3) - 0.15 + 0.1 * np.random.default_rng(8).normal(size=len(X))
BY_JUMPS = {"method": "jumps", "precision": "float64", "num_steps": 3000}


def study_of(training=None, sweep=None, neuron=None, x=X):
    return jn.Study(
        data={"x": x, "y": Y},
        neuron={"init_weight": {"normal": [0.0, 1.0]}} | (neuron or {}),
        training=BY_JUMPS | (training or {}),
        sweep={
            "learning_rate": {"log": [1e-3, 0.5], "num": 5},
            "init_bias": {"linear": [-1.0, 1.0], "num": 4},
            "replicates": 8,
            "records": "neurons",
            "chunk_size": 8,
        }
        | (sweep or {}),
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"training": {"precision": "float32"}}, '"jumps" is for training.precision = "float64"'),
        ({"training": {"optimizer": "adam"}}, '"jumps" is for plain gradient descent'),
        ({"training": {"batch_size": 4}}, '"jumps" is for steps over all examples'),
        ({"training": {"gradient": "autodiff"}}, '"jumps" is for gradients from moments'),
        ({"neuron": {"activation": "tanh"}}, '"jumps" is for activations that are straight'),
        ({"training": {"method": "steps", "num_steps": float("inf")}}, "is inf; only method"),
        ({"training": {"method": "steps", "num_steps": 2**31}}, "is 2147483648"),
        ({"training": {"num_steps": 2**53 + 1}}, "is 9007199254740993; it must be at most"),
        ({"training": {"num_steps": 1.5}}, "is 1.5; it must be a whole number, or inf"),
        ({"training": {"num_steps": -1}}, "is -1; it must be at least 0"),
        ({"training": {"method": "leaps"}}, "is 'leaps'; it must be 'steps' or 'jumps'"),
    ],
)
def test_what_does_not_apply_is_refused_in_one_line(settings, words):
    with pytest.raises(jn.BadInput) as refused:
        study_of(**settings)
    key = "num_steps" if words.startswith("is ") and "leaps" not in words else "method"
    assert str(refused.value).startswith(f"training.{key}: {words}")
    assert "\n" not in str(refused.value)


def test_several_inputs_are_refused_when_the_data_is_there(tmp_path):
    with pytest.raises(jn.BadInput, match=r"is for one input, and the data has 2"):
        jn.sweep(study_of(x=np.stack([X, X**2], axis=1)), tmp_path / "run.zarr")
    assert not (tmp_path / "run.zarr").exists()


def test_steps_without_end_are_kept_as_they_are():
    study = study_of({"num_steps": float("inf")})
    kept = resolved(study)
    assert kept["training"]["num_steps"] == "inf"
    assert jn.Study(**kept).training.num_steps == float("inf")


def test_runs_by_steps_have_the_fingerprint_that_they_had():
    by_steps, by_jumps = study_of({"method": "steps"}), study_of()
    data = load(by_steps.data)
    assert "training.method" not in identity_of(by_steps, data, 64)
    assert identity_of(by_jumps, data, 64)["training.method"] == "jumps"


def test_a_run_whose_losses_were_counted_otherwise_is_told_so():
    study = study_of()
    here = identity_of(study, load(study.data), 64)
    older = {name: value for name, value in here.items() if name != "smallest bin of losses"}
    assert differences(older, here) == [("smallest bin of losses", "10^-10", "10^-16")]


@pytest.fixture(scope="module")
def by_steps(tmp_path_factory):
    return jn.sweep(study_of({"method": "steps"}), tmp_path_factory.mktemp("steps") / "run.zarr")


@pytest.fixture(scope="module")
def by_jumps(tmp_path_factory):
    return jn.sweep(study_of(), tmp_path_factory.mktemp("jumps") / "run.zarr")


def test_a_run_by_jumps_is_the_run_by_steps(by_steps, by_jumps):
    for name, values in by_steps.neurons.data_vars.items():
        found = by_jumps.neurons[name].values
        if name == "fixed_step":  # by jumps a neuron is at rest when it is, not when its numbers are
            continue
        if values.dtype.kind == "f":
            np.testing.assert_allclose(found, values.values, rtol=1e-9, atol=1e-12)
        else:
            np.testing.assert_array_equal(found, values.values)
    # Of neurons that end alike another one may be the best.
    for name in by_steps.cells.data_vars:
        if name != "fixed_count" and not name.startswith(("final_loss", "best")):
            np.testing.assert_array_equal(by_jumps.cells[name].values, by_steps.cells[name].values)
    assert set(by_jumps.cells) - set(by_steps.cells) == {"cycling_count", "undecided_count"}
    assert set(by_jumps.neurons) - set(by_steps.neurons) == {"period", "undecided"}
    assert by_jumps.neurons.death_step.dtype == np.int64


def test_a_run_that_lost_a_chunk_is_made_whole_with_the_same_bytes(by_jumps, tmp_path):
    path = tmp_path / "run.zarr"
    shutil.copytree(by_jumps.path, path)
    before = {
        file: file.read_bytes() for file in path.rglob("*") if file.is_file() and "marker" not in str(file)
    }
    for file in [*path.glob("work/marker/c/3"), *path.glob("neurons/fate/c/*/*/*")][:2]:
        file.unlink()
    jn.sweep(study_of(), path)
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.thorough
def test_the_life_of_a_neuron_is_that_of_its_steps(by_jumps):
    stored = by_jumps.neurons.isel(learning_rate=3, init_bias=1, replicate=2)
    by_jumps, by_steps = (
        jn.train(study_of(training), cell=13, replicate=2)
        for training in ({}, {"method": "steps", "tolerance": 0.0})
    )
    steps = by_jumps.history.step.values
    assert steps[0] == 0
    assert steps[-1] == 3000
    assert len(steps) < 260
    assert not by_jumps.is_whole
    assert (np.diff(steps) > 0).all()
    assert by_jumps.num_steps == 3000
    shown = by_steps.history.isel(step=np.minimum(steps, by_steps.num_steps))
    for name in ("loss", "weight", "bias", "num_active", "grad_weight", "grad_bias"):
        np.testing.assert_allclose(
            by_jumps.history[name].values, shown[name].values, rtol=1e-9, atol=1e-11, err_msg=name
        )
    assert float(stored.final_weight.values[0]) == by_jumps.weight[0]
    assert float(stored.final_bias) == by_jumps.bias


@pytest.mark.thorough
def test_a_life_has_rows_around_its_death(by_jumps):
    death_step = by_jumps.neurons.death_step.values
    assert death_step.max() > 5
    i, j, replicate = (int(n) for n in np.unravel_index(death_step.argmax(), death_step.shape))
    training = jn.train(study_of(), cell=4 * i + j, replicate=replicate)
    assert training.death_step == death_step[i, j, replicate]
    rows = {
        int(step): int(n) for step, n in zip(training.history.step, training.history.num_active, strict=True)
    }
    assert rows[training.death_step - 1] > 0 == rows[training.death_step]
    assert f"At step {training.death_step - 1:,}" in why(training)
    assert training.row_of(training.death_step + 1000) < len(rows)


@pytest.mark.thorough
def test_a_life_without_end_goes_on_until_it_is_there():
    study = study_of({"num_steps": float("inf")}, {"learning_rate": [1e-4], "init_bias": [1.0]})
    training = jn.train(study)
    assert training.fate == jn.Fate.converged
    assert training.period == 1
    assert training.num_steps > 5 * training.settle_step > 10_000
    assert training.gradient_norm < 1e-14


def test_deaths_of_a_run_without_end(tmp_path):
    run = jn.sweep(study_of({"num_steps": float("inf")}), tmp_path / "run.zarr")
    assert int(run.cells.undecided_count.sum()) == 0
    assert int(run.cells.fate_count.sum()) == 160
    found = deaths(run)
    assert found.neurons.sum() == 160
    assert int(run.cells.death_step_count.sum()) == int(run.cells.fate_count[..., [1, 2]].sum())


def test_a_plan_says_how_fast_the_other_method_is():
    planned = plan(study_of({"num_steps": 200_000}), seconds=0.01)
    assert planned.other is not None
    assert planned.other.method == "steps"
    assert planned.other.is_scaled
    assert planned.times_faster is not None
    assert planned.times_faster < 1
    planned = plan(study_of({"method": "steps", "precision": "float32"}), seconds=0.01)
    assert planned.other is not None
    assert planned.other.method == "jumps"
    assert not planned.other.is_scaled
    assert plan(study_of({"num_steps": float("inf")}), seconds=0.01).other is None
    with_momentum = study_of({"method": "steps", "optimizer": "momentum"})
    assert plan(with_momentum, seconds=0.01).other is None
