"""What rounding leaves of the gradient: no more than users are told, and they are told where it matters."""

import json

import numpy as np
import pytest

import jaxneuron as jn
from experiments.float32.rounding import INPUTS, examples_with, floors
from jaxneuron.analysis.rest import at_rest_in_words, is_at_rest, num_at_rest
from jaxneuron.neuron.gradient import FORMS
from jaxneuron.runner.plan import plan
from jaxneuron.runner.precision import warn_of_equal_values, warn_of_precision
from jaxneuron.runner.program import Program
from jaxneuron.study.data import Dataset, Scaling


@pytest.fixture(scope="module")
def found():
    return {(floor.inputs, floor.distance, floor.form): floor for floor in floors()}


@pytest.mark.parametrize("inputs", INPUTS, ids=lambda inputs: inputs[0])
def test_near_the_fit_the_gradient_is_off_by_no_more_than_users_are_told(inputs, found):
    name, mean, std = inputs
    x, y = examples_with(mean, std)
    data = Dataset(
        x[:, None].astype(float), y.astype(float), ("x",), "y", Scaling(0.0, 1.0, 0.0, 1.0), "data"
    )
    told = data.gradient_floor("float32")
    off = [found[name, "near", form].gradient for form in FORMS]
    assert max(off) <= told
    assert max(off) >= told / 30  # or users are warned in vain


@pytest.mark.parametrize("form", FORMS)
def test_losses_are_good_to_six_digits_at_any_distance(form, found):
    losses = [floor.loss_relative for floor in found.values() if floor.form == form]
    assert np.max(losses) < 2e-6


def study_of(inputs, **training):
    x, y = examples_with(*inputs)
    sweep = {"learning_rate": 0.1, "replicates": 4}
    return jn.Study(data={"x": x, "y": y}, training={"num_steps": 10, **training}, sweep=sweep)


KELVIN = INPUTS[2][1:]


def test_who_sweeps_or_plans_is_told_that_rounding_hides_convergence(tmp_path, caplog):
    jn.sweep(study_of(KELVIN), tmp_path / "run.zarr")
    plan(study_of(KELVIN), seconds=0)
    (said,) = {record.getMessage() for record in caplog.records if record.levelname == "WARNING"}
    assert "rounding in float32 leaves gradients up to about 3e-05, above the tolerance of 1e-05" in said
    assert 'precision = "float64", scale = "standard" or a larger tolerance' in said


@pytest.mark.parametrize("training", [{"precision": "float64"}, {"tolerance": 1e-3}, {"tolerance": 0.0}])
def test_what_is_advised_is_said_no_more(training, caplog):
    warn_of_precision(Program(study_of(KELVIN, **training)))
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_what_would_not_help_is_not_advised(caplog):
    warn_of_precision(Program(study_of((0.0, 1.0), tolerance=1e-8)))
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said.endswith('counted as unsettled; precision = "float64" or a larger tolerance avoids it')


@pytest.mark.parametrize("rate", [1e17, [1e-3, 1e17], jn.Log(1e-3, 1e17, 3), jn.LogUniform(1.0, 1e17)])
def test_who_squares_gradients_is_told_where_rates_lead_too_far(rate, caplog):
    """From there on squares are infinite in float32, and updates 0."""

    def said(**training):
        caplog.clear()
        data = {"x": [0.0, 10.0], "y": [0.0, 1.0]}
        training = {"num_steps": 5, "optimizer": "adam"} | training
        warn_of_precision(Program(jn.Study(data=data, training=training, sweep={"learning_rate": rate})))
        return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    (told,) = said()
    assert "has 1e+17; with inputs up to 10 adam can square gradients in float32 up to about 2e+16" in told
    assert said(optimizer="sgd") == said(precision="float64") == []


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        (
            {"learning_rate": jn.Linear(0.1, 0.10000001, 41)},
            "learning_rate: its 41 values are 2 different",
        ),
        ({"learning_rate": 0.1, "init_bias": [0.1, 0.1 + 1e-10]}, "sweep.init_bias: its 2 values are 1 diff"),
        ({"learning_rate": jn.Uniform(0.1, 0.1000001)}, "sweep.learning_rate: there are about 13 numbers"),
        ({"learning_rate": jn.Log(0.1, 0.2, 1000)}, ""),
    ],
)
def test_values_that_are_one_number_in_the_precision_are_told_of(sweep, words, caplog):
    warn_of_equal_values(jn.Study(data={"x": [0.0, 1.0], "y": [1.0, 2.0]}, sweep=sweep))
    assert words in caplog.text
    assert bool(words) == bool(caplog.text)


# Far from 0 beside its spread: float32 cannot bring its gradient below the tolerance.
TEMPERATURES = {"x": np.arange(7.0), "y": [290.1, 290.4, 290.2, 290.9, 291.1, 291.0, 291.5]}


def kelvin_study(scale="standard", **training):
    sweep = {"learning_rate": [0.1, 0.5], "init_bias": 1.0, "replicates": 8, "records": "neurons"}
    return jn.Study(data=TEMPERATURES | {"scale": scale}, training=training, sweep=sweep)


@pytest.mark.parametrize("scale", ["standard", "none"])
def test_a_target_far_from_0_is_told_of(scale, caplog):
    warn_of_precision(Program(kelvin_study(scale)))
    (said,) = [record.getMessage() for record in caplog.records]
    assert 'precision = "float64" or a larger tolerance avoids it' in said
    assert "'y' lies 605 standard deviations from 0" in said


def test_unsettled_neurons_at_rest_are_counted_apart(tmp_path, succeed):
    run = jn.sweep(kelvin_study(), tmp_path / "run.zarr")
    records = run.neurons
    at_rest = (records.fate == jn.Fate.unsettled) & (records.fixed_step >= 0)
    np.testing.assert_array_equal(run.cells.unsettled_fixed_count, at_rest.sum("replicate"))
    assert num_at_rest(run) == at_rest.sum() > 0
    assert 'precision = "float64" or a larger tolerance settles them' in at_rest_in_words(run)
    assert json.loads(succeed(f"deaths {run.path} --json"))["at_rest"] == num_at_rest(run)
    assert at_rest_in_words(run) in succeed(f"deaths {run.path}")
    training = jn.train(kelvin_study(num_steps=300), cell=0)
    assert is_at_rest(training)
    for other in (kelvin_study(num_steps=300, batch_size=7), kelvin_study(num_steps=9)):
        assert not is_at_rest(jn.train(other))
