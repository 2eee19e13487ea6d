"""Lives: the steps shown are those of training, each kind is what it says, and the reasons are true."""

import re

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.training import train_some
from jaxneuron.view import gallery as gallery_module
from jaxneuron.view.gallery import gallery, sample
from jaxneuron.view.report import lives as lives_module
from jaxneuron.view.report.lives import life_of, lives_of, shown_steps
from jaxneuron.view.why import oscillates, why
from tests.view.packed import unpacked

# Together they take a minute, most of it compiling.
pytestmark = pytest.mark.thorough

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
    rates, biases = jn.Log(0.01, 10, num=10), jn.Linear(-2, 2, num=8)
    path = tmp_path_factory.mktemp("lives") / "run.zarr"
    return jn.sweep(study(learning_rate=rates, init_bias=biases), path)


def test_some_neurons_are_those_of_the_sweep(tmp_path):
    asked = study(learning_rate=jn.Log(0.1, 5, num=4), init_bias=[-1, 1], records="neurons")
    swept = jn.sweep(asked, tmp_path / "run.zarr").neurons.stack(cell=("learning_rate", "init_bias"))
    cells, replicates = [0, 3, 7, 6, 3], [2, 0, 7, 1, 5]
    trained = train_some(asked, cells, replicates)
    for i, (cell, replicate) in enumerate(zip(cells, replicates, strict=True)):
        kept = swept.isel(cell=cell, replicate=replicate)
        assert trained.fate[i] == kept.fate
        assert trained.death_step[i] == kept.death_step
        assert trained.loss[i].tobytes() == kept.final_loss.values.tobytes()


def test_each_kind_is_what_it_says(run):
    found = {kind.name: kind for kind in gallery(run)}
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


def test_what_oscillates_is_found_and_nothing_is_said_to_oscillate_that_does_not(tmp_path):
    # One example at x = 1 without a bias: z − y is multiplied by 1 − η at each step, at η = 2 by exactly −1.
    data = {"x": [1.0], "y": [1.0]}
    fixed = {"init_weight": 1.5, "train_bias": False}
    to_and_fro = jn.train(study(data, fixed, {"num_steps": 40}, learning_rate=1.999))
    creeping = jn.train(study(data, fixed, {"num_steps": 40}, learning_rate=0.001))
    assert (to_and_fro.fate, creeping.fate) == (Fate.unsettled, Fate.unsettled)
    assert oscillates(to_and_fro)
    assert not oscillates(creeping)
    assert "to and fro" in why(to_and_fro)
    assert "still on its way" in why(creeping)
    cycle = jn.train(study(data, fixed, {"num_steps": 400}, learning_rate=2.0))
    assert "cycle of 2 steps" in why(cycle)
    run = jn.sweep(study(data, fixed, {"num_steps": 400}, learning_rate=[0.5, 2.0]), tmp_path / "run.zarr")
    kinds = {kind.name: kind for kind in gallery(run)}
    assert kinds["one that oscillates"].training.hyperparams["learning_rate"] == 2.0
    calm = jn.sweep(study(learning_rate=[0.001, 0.002]), tmp_path / "calm.zarr")
    assert "one that oscillates" not in {kind.name for kind in gallery(calm)}


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
    (examples,) = lives["examples"]
    np.testing.assert_array_equal(unpacked(examples["x"]), X)


def test_the_sample_lies_evenly_and_shows_the_usual_fate(run):
    chosen = sample(run)
    assert len({cell for cell, _ in chosen}) == len(chosen) == 64
    rates = np.unique([cell // 8 for cell, _ in chosen])
    assert len(rates) == 8
    assert np.diff(rates).max() <= 2
    counts = run.cells.fate_count.values.reshape(-1, len(Fate))
    for cell, replicate in chosen[::9]:
        assert jn.train(run.study, cell=cell, replicate=replicate).fate == counts[cell].argmax()


def test_steps_around_what_happens_are_all_shown():
    for cell, replicate in ((0, 0), (0, 3)):
        asked = study(training={"num_steps": 5000, "tolerance": 0.0}, learning_rate=0.001)
        training = jn.train(asked, cell=cell, replicate=replicate)
        steps = shown_steps(training, 200)
        assert {*range(40), *range(training.num_steps - 19, training.num_steps + 1)} & set(
            range(training.num_steps + 1)
        ) <= set(steps.tolist())
        assert len(steps) <= 280
    dead = jn.train(study(training={"optimizer": "momentum"}, learning_rate=4.0, init_bias=1.0), replicate=1)
    assert dead.fate == Fate.died
    assert {dead.death_step - 1, dead.death_step} <= set(shown_steps(dead, 10).tolist())


def test_a_death_is_told_with_its_step_and_its_numbers():
    for replicate in range(8):
        training = jn.train(study(learning_rate=3.0, init_bias=0.5), replicate=replicate)
        if training.fate != Fate.died:
            continue
        said = why(training)
        step = training.death_step
        before, after = (training.history.isel(step=i) for i in (step - 1, step))
        assert f"At step {step - 1}," in said
        assert f"{int(before.num_active)} of 16 examples" in said
        assert (
            f"W from {float(before.weight[0]):.4g} to {float(after.weight[0]):.4g}".replace("-", "−") in said
        )
        # z is at most what it says, and that is no more than 0.
        largest = float((X * float(after.weight[0]) + float(after.bias)).max())
        assert largest <= 0
        assert f"at most {largest:.4g}".replace("-", "−") in said
        break
    else:
        pytest.fail("none died")


def test_the_stability_limit_is_named_only_where_it_is_passed():
    # All examples at x = 1 without a bias: the curvature is 1, the limit 2.
    data = {"x": [1.0, 1.0], "y": [1.0, 1.0]}
    fixed = {"init_weight": 1.5, "train_bias": False}
    beyond = jn.train(study(data, fixed, learning_rate=4.0))
    assert beyond.fate == Fate.died
    assert "4 is 2 times the stability limit 2/λ_max = 2" in why(beyond)
    for settings, sweep in (
        ({"optimizer": "momentum"}, {"learning_rate": 4.0}),
        ({}, {"learning_rate": 4.0, "weight_decay": 0.01}),
        ({"batch_size": 1}, {"learning_rate": 4.0}),
    ):
        assert "stability limit" not in why(jn.train(study(data, fixed, settings, **sweep)))
    assert "stability limit" not in why(jn.train(study(data, fixed, learning_rate=0.5)))


def test_born_dead_and_diverged_and_stalled():
    born = jn.train(study(init_bias=-50.0))
    assert re.search(r"at most −\d+.* on all 16 examples: none passes a gradient", why(born))
    with_decay = jn.train(study(init_bias=-50.0, weight_decay=0.1))
    assert with_decay.fate == Fate.born_dead
    assert "never lifts z above 0" in why(with_decay)
    gone = jn.train(study(neuron={"activation": "identity"}, learning_rate=60.0))
    assert gone.fate == Fate.diverged
    assert re.search(r"The loss grows .*-fold a step, and from step \d+ on", why(gone))
    no_steps = jn.train(study(training={"num_steps": 0}, init_bias=1.0))
    assert why(no_steps).startswith("No step was taken")


@pytest.mark.parametrize(
    ("neuron", "training", "sweep", "data"),
    [
        ({"activation": "tanh"}, {}, {}, DATA),
        ({"activation": "leaky_relu"}, {}, {"learning_rate": 40.0}, DATA),
        ({}, {"optimizer": "adam"}, {}, DATA),
        ({}, {"batch_size": 4}, {}, DATA),
        ({}, {"precision": "float64"}, {}, DATA),
        ({}, {}, {}, {"x": [1.0], "y": [2.0]}),
        ({}, {}, {}, {"x": np.random.default_rng(0).normal(size=(100, 5)), "y": np.arange(100.0)}),
        ({}, {}, {"target_scale": -2.0}, DATA),
    ],
)
def test_every_kind_of_neuron_has_a_life(neuron, training, sweep, data):
    for replicate in range(4):
        found = jn.train(study(data, neuron, training, **sweep), replicate=replicate)
        lives, _ = life_of(found)
        (life,) = lives["list"]
        assert not re.search("nan|None", life["why"])
        assert len(unpacked(life["step"])) == len(unpacked(life["loss"]))
        if np.ndim(data["x"]) == 2:
            z = unpacked(life["z"])
            assert z.shape == (len(unpacked(life["step"])), 60)
            assert unpacked(life["weight"]).shape[1] == 3


def test_lives_of_other_data_are_not_shown(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("x,y\n0,0\n1,2\n2,4\n")
    asked = study({"file": str(file), "inputs": ["x"], "target": "y"}, learning_rate=[0.1, 0.2])
    run = jn.sweep(asked, tmp_path / "run.zarr")
    assert lives_of(run)[0] is not None
    file.write_text("x,y\n0,0\n1,2\n2,5\n")
    assert lives_of(run) == (None, "There are no lives here: the data is no longer that of the run.")
    file.unlink()
    lives, note = lives_of(run)
    assert lives is None
    assert "there is no such file" in note


def test_long_trainings_have_fewer_lives_and_the_longest_none(run, monkeypatch):
    monkeypatch.setattr(lives_module, "LONGEST", 199)
    assert lives_of(run) == (
        None,
        "There are no lives here: 200 steps are too many to be kept for each neuron.",
    )
    monkeypatch.setattr(gallery_module, "MOST_STEPS", 200 * 20)
    assert len(sample(run)) == 25
    monkeypatch.setattr(gallery_module, "MOST_STEPS", 200)
    assert len(sample(run)) == 9


def test_points_and_data_sets_have_lives(tmp_path):
    drawn = {"learning_rate": jn.LogUniform(0.1, 1), "points": {"sobol": 32}}
    run = jn.sweep(study(**drawn), tmp_path / "points.zarr")
    lives, _ = lives_of(run)
    points = [life["point"] for life in lives["list"]]
    assert len(set(points)) >= 8
    for life in lives["list"][::5]:
        assert life["place"]["learning_rate"] == float(run.cells.learning_rate[life["point"]])
    data = {"teacher": {"weight": [1.0], "num_examples": 16, "num_datasets": 3}}
    run = jn.sweep(study(data, learning_rate=[0.1, 0.5, 4.0]), tmp_path / "sets.zarr")
    lives, _ = lives_of(run)
    for life in lives["list"]:
        training = jn.train(run.study, cell=life["cell"], replicate=life["replicate"])
        shown = lives["examples"][life["dataset"]]
        np.testing.assert_array_equal(np.sort(unpacked(shown["x"])), np.sort(training.data.x[:, 0]))
