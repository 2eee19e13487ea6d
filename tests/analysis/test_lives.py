"""Lives: the steps shown are those of training, each kind is what it says, and the reasons are true."""

import dataclasses
import re

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.gallery import LANES, gallery, sample
from jaxneuron.analysis.why import oscillates, why
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.program import Program
from jaxneuron.view.web.lives import life_of as life_of_training
from jaxneuron.view.web.lives import lives_of, shown_steps
from tests.packed import unpacked
from tests.studies import BIASES, LIVES, SWEEPS

X = np.linspace(-1, 1, 16)
DATA = {"x": X, "y": np.maximum(0, 2 * X + 0.5)}


def study(data=DATA, neuron=None, training=None, **sweep):
    """A study of one neuron, or of what is swept."""
    return jn.Study(
        data=data,
        neuron=neuron or {},
        training={"num_steps": 200} | (training or {}),
        sweep={"learning_rate": 0.1, "replicates": 8} | sweep,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with every fate but divergence."""
    path = tmp_path_factory.mktemp("lives") / "run.zarr"
    return jn.sweep(study(learning_rate=jn.Log(0.01, 10.0, 11), init_bias=BIASES), path)


def test_some_neurons_are_those_of_the_sweep(run_of):
    run = run_of("grid")
    swept = run.neurons.stack(cell=("learning_rate", "init_bias"))
    # As many as for the gallery, so that one program serves.
    cells, replicates = np.resize([0, 24, 76, 41, 24], LANES), np.resize([2, 0, 7, 1, 5], LANES)
    trained = Program(run.study).train_neurons(cells, replicates)
    for i in (*range(7), LANES - 1):
        cell, replicate = cells[i], replicates[i]
        kept = swept.isel(cell=cell, replicate=replicate)
        assert trained.fate[i] == kept.fate
        assert trained.death_step[i] == kept.death_step
        assert trained.loss[i].tobytes() == kept.final_loss.values.tobytes()


def test_each_kind_is_what_it_says(run):
    found = {kind.name: kind for kind in gallery(run, Program(run.study))}
    assert {"the best cell", "a slow one", "one that dies", "one born dead"} <= set(found)
    assert "one that diverges" not in found
    assert found["one born dead"].training.fate == Fate.born_dead
    assert found["one that dies"].training.fate == Fate.died
    assert found["the best cell"].cell == run.best(1).cell[0]
    slow = found["a slow one"]
    last = np.flatnonzero(run.cells.settle_step_count.sum(run.dims).values)[-1]
    low, high = run.cells.settle_step_bin.values[last], run.cells.settle_step_bin_end.values[last]
    assert low <= slow.training.settle_step < high
    for kind in found.values():
        again = jn.train(run.study, cell=kind.cell, replicate=kind.replicate)
        assert again.history.equals(kind.training.history)


@pytest.mark.thorough
def test_what_oscillates_is_found_and_nothing_is_said_to_oscillate_that_does_not(tmp_path):
    # All examples at x = 1: z − y is multiplied by 1 − 2η at each step, at η = 1 by exactly −1.
    data = {"x": np.ones(16), "y": np.ones(16)}
    fixed = {"init_weight": 1.5}
    to_and_fro = jn.train(study(data, fixed, {"num_steps": 40}, learning_rate=0.9995))
    creeping = jn.train(study(data, fixed, {"num_steps": 40}, learning_rate=0.0005))
    assert (to_and_fro.fate, creeping.fate) == (Fate.unsettled, Fate.unsettled)
    assert oscillates(to_and_fro)
    assert not oscillates(creeping)
    assert "to and fro" in why(to_and_fro)
    assert "still on its way" in why(creeping)
    cycle = jn.train(study(data, fixed, {"num_steps": 400}, learning_rate=1.0))
    assert "cycle of 2 steps" in why(cycle)
    settling = study(
        data,
        learning_rate=[*np.linspace(0.25, 0.5, 10).tolist(), 1.0],
        init_bias=BIASES,
    )
    found = jn.sweep(settling, tmp_path / "run.zarr")
    kinds = {kind.name: kind for kind in gallery(found, Program(settling))}
    assert kinds["one that oscillates"].training.hyperparams["learning_rate"] == 1.0
    slow = study(learning_rate=jn.Log(0.001, 0.002, 11), init_bias=BIASES)
    calm = jn.sweep(slow, tmp_path / "calm.zarr")
    assert "one that oscillates" not in {kind.name for kind in gallery(calm, Program(slow))}


def test_the_page_has_the_bits_of_the_training(run):
    lives, note = lives_of(run)
    assert "trained again" in note
    assert [life["number"] for life in lives["list"]] == list(range(len(lives["list"])))
    for life in lives["list"][::7]:
        training = jn.train(run.study, cell=life["cell"], replicate=life["replicate"])
        assert life["fate"] == training.fate.name
        steps = unpacked(life["step"])
        at = training.history.isel(step=steps)
        for name in ("loss", "bias", "grad_bias", "update_bias", "weight", "grad_weight", "update_weight"):
            assert unpacked(life[name]).tobytes() == at[name].values.tobytes()
        np.testing.assert_array_equal(unpacked(life["num_active"]), at.num_active)
    (examples,) = lives["examples"].values()
    np.testing.assert_array_equal(unpacked(examples["x"]), X)


def test_the_sample_lies_evenly_and_shows_the_usual_fate(run):
    chosen = sample(run, Program(run.study))
    assert len({cell for cell, _ in chosen}) == len(chosen) == 56
    rates = np.unique([cell // 7 for cell, _ in chosen])
    assert len(rates) == 8
    assert np.diff(rates).max() <= 2
    counts = run.cells.fate_count.values.reshape(-1, len(Fate))
    for cell, replicate in chosen[::9]:
        assert jn.train(run.study, cell=cell, replicate=replicate).fate == counts[cell].argmax()


@pytest.mark.thorough
def test_steps_around_what_happens_are_all_shown():
    for weight in (1.5, -0.5):
        training = jn.train(
            study(neuron={"init_weight": weight}, training={"num_steps": 5000}, learning_rate=0.001)
        )
        assert training.num_steps == 5000
        steps = shown_steps(training, 200)
        assert {*range(40), *range(4981, 5001)} <= set(steps.tolist())
        assert len(steps) <= 280
    coasting = study(
        neuron={"init_weight": 0.4}, training={"optimizer": "momentum"}, learning_rate=5.0, init_bias=1.0
    )
    dead = jn.train(coasting)
    assert dead.fate == Fate.died
    assert 40 < dead.death_step < dead.num_steps - 20  # where not every step is shown anyway
    assert {dead.death_step - 1, dead.death_step} <= set(shown_steps(dead, 10).tolist())


def test_the_reason_of_a_death_has_its_step_and_its_numbers(life_of):
    training = life_of("died")
    said, step = why(training), training.death_step
    before, after = (training.history.isel(step=i) for i in (step - 1, step))
    assert f"At step {step - 1}," in said
    assert f"{int(before.num_active)} of 16 examples" in said
    assert f"W from {float(before.weight[0]):.4g} to {float(after.weight[0]):.4g}".replace("-", "−") in said
    # z is at most what it says, and that is no more than 0.
    largest = float((training.data.x[:, 0] * float(after.weight[0]) + float(after.bias)).max())
    assert largest <= 0
    assert f"at most {largest:.4g}".replace("-", "−") in said


# All examples at x = 1: the curvature is 2, the limit 1.
ALIKE = {"x": np.ones(16), "y": np.ones(16)}


def test_the_stability_limit_is_named_only_where_it_is_passed():
    beyond = jn.train(study(ALIKE, {"init_weight": 1.5}, learning_rate=4.0))
    assert beyond.fate == Fate.died
    assert "4 is 4 times the stability limit 2/λ_max = 1" in why(beyond)
    assert "stability limit" not in why(jn.train(study(ALIKE, {"init_weight": 1.5}, learning_rate=0.5)))


@pytest.mark.parametrize(
    ("settings", "sweep"),
    [
        ({}, {"weight_decay": 0.01}),
        pytest.param({"optimizer": "momentum"}, {}, marks=pytest.mark.thorough),
        pytest.param({"batch_size": 4}, {}, marks=pytest.mark.thorough),
    ],
)
def test_no_stability_limit_is_named_where_none_is_known(settings, sweep):
    training = jn.train(study(ALIKE, {"init_weight": 1.5}, settings, learning_rate=4.0, **sweep))
    assert "stability limit" not in why(training)


@pytest.mark.parametrize(("revivals", "words"), [(1, "came back once"), (2, "came back 2 times")])
def test_revivals_are_in_the_reason(life_of, revivals, words):
    died = life_of("died")
    trained = died.trained._replace(revivals=revivals)
    assert words in why(dataclasses.replace(died, trained=trained))
    assert "came back" not in why(life_of("died"))


def test_born_dead_and_diverged_and_stalled(life_of):
    said = why(life_of("born dead"))
    assert re.search(r"at most −\d+.* on all 16 examples: none passes a gradient", said)
    with_decay = jn.train(study(neuron={"init_weight": -1.0}, init_bias=-50.0, weight_decay=0.1))
    assert with_decay.fate == Fate.born_dead
    assert "never lifts z above 0" in why(with_decay)
    gone = life_of("diverged")
    assert gone.fate == Fate.diverged
    assert re.search(r"The loss grows .*-fold a step, and from step \d+ on", why(gone))
    assert why(life_of("no steps")).startswith("No step was taken")


def checked(training):
    """The one life of a training, which holds all that the page shows."""
    lives, _ = life_of_training(training)
    (life,) = lives["list"]
    assert not re.search("nan|None", life["why"])
    assert len(unpacked(life["step"])) == len(unpacked(life["loss"]))
    return life


@pytest.mark.thorough
@pytest.mark.parametrize("kind", LIVES)
def test_every_kind_of_neuron_has_a_life(kind, life_of):
    checked(life_of(kind))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("neuron", "training", "sweep", "data"),
    [
        ({}, {"optimizer": "adam"}, {}, DATA),
        ({}, {"precision": "float64"}, {}, DATA),
        ({}, {}, {}, {"x": np.random.default_rng(0).normal(size=(100, 5)), "y": np.arange(100.0)}),
        ({}, {}, {"target_scale": -2.0}, DATA),
    ],
)
def test_whatever_the_start_a_neuron_has_a_life(neuron, training, sweep, data):
    for replicate in range(4):
        life = checked(jn.train(study(data, neuron, training, **sweep), replicate=replicate))
        if np.ndim(data["x"]) == 2:
            assert unpacked(life["z"]).shape == (len(unpacked(life["step"])), 60)
            assert unpacked(life["weight"]).shape[1] == 3


def test_lives_of_other_data_are_not_shown(tmp_path):
    file = tmp_path / "data.csv"
    lines = ["x,y", *(f"{x},{2 * x}" for x in range(15))]
    file.write_text("\n".join([*lines, "15,30"]))
    asked = study({"file": str(file), "inputs": ["x"], "target": "y"}, **SWEEPS["grid"])
    run = jn.sweep(asked, tmp_path / "run.zarr")
    assert lives_of(run)[0] is not None
    file.write_text("\n".join([*lines, "15,31"]))
    lives, note = lives_of(run)
    assert lives is None
    assert re.search("There are no lives here, .*: .*data.csv: has changed since the run was swept", note)
    file.unlink()
    lives, note = lives_of(run)
    assert lives is None
    assert "there is no such file" in note


def test_long_trainings_have_fewer_lives_and_the_longest_none(run_of, tmp_path):
    # All are born dead: of however many steps hardly one has to be taken.
    asked = run_of("all born dead").study

    def of_steps(num_steps):
        training = asked.training.model_copy(update={"num_steps": num_steps})
        return jn.sweep(asked.model_copy(update={"training": training}), tmp_path / f"{num_steps}.zarr")

    long = of_steps(1_000_001)
    assert lives_of(long) == (
        None,
        "There are no lives here: 1,000,001 steps are too many to be kept for each neuron.",
    )
    for run, number in ((run_of("all born dead"), 56), (of_steps(80_000), 25), (long, 9)):
        assert len(sample(run, Program(run.study))) == number


@pytest.mark.thorough
def test_points_have_lives(run_of):
    run = run_of("points")
    lives, _ = lives_of(run)
    points = [life["point"] for life in lives["list"]]
    assert len(set(points)) >= 8
    for life in lives["list"][::5]:
        assert life["place"]["learning_rate"] == float(run.cells.learning_rate[life["point"]])


@pytest.mark.thorough
def test_data_sets_have_lives(run_of):
    run = run_of("data sets")
    lives, _ = lives_of(run)
    for life in lives["list"]:
        training = jn.train(run.study, cell=life["cell"], replicate=life["replicate"])
        shown = lives["examples"][life["dataset"]]
        np.testing.assert_array_equal(np.sort(unpacked(shown["x"])), np.sort(training.data.x[:, 0]))
