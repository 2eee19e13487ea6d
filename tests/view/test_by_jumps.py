"""What eyes see of training by jumps: rows ever farther apart, fates in the end, and what is not known."""

import re

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.deaths import phase_of
from jaxneuron.analysis.fit import fit
from jaxneuron.analysis.in_words import counts_in_words, steps_in_words
from jaxneuron.analysis.why import oscillates, why
from jaxneuron.view.plots.fit import draw_fit
from jaxneuron.view.plots.trajectory import draw_trajectories
from jaxneuron.view.web.lives import life_of
from jaxneuron.view.web.report import report
from tests.engel import POSITIVE_Y, X, Y
from tests.packed import unpacked

WITHOUT_END = {"method": "jumps", "precision": "float64", "num_steps": float("inf")}


def study(learning_rate, y=Y, training=None, **sweep):
    return jn.Study(
        data={"x": X, "y": y},
        # All but alike, and drawn: the programs of tests/runner/test_jumps.py serve these studies too.
        neuron={"init_weight": {"normal": [0.7, 1e-12]}},
        training=WITHOUT_END | (training or {}),
        sweep={"learning_rate": learning_rate, "init_bias": [0.5], "replicates": 8, "chunk_size": 8} | sweep,
    )


def test_a_neuron_at_a_kink_is_said_to_be_held():
    training = jn.train(study([1e-5]))
    assert training.fate == jn.Fate.unsettled
    assert training.period == 0
    assert not training.undecided
    assert "held at a kink" in why(training)
    assert oscillates(training)


def test_a_cycle_is_said_to_be_one():
    training = jn.train(study([0.3]))
    assert "cycle of 7 steps" in why(training)
    assert oscillates(training)


@pytest.fixture(scope="module")
def chaos(tmp_path_factory):
    """Beyond the stability limit of targets that are not centred nobody comes to rest for long."""
    path = tmp_path_factory.mktemp("chaos") / "run.zarr"
    wild = study([2.316], POSITIVE_Y, init_bias={"linear": [0.0, 2.0], "num": 12})
    return jn.sweep(wild, path)


def share_undecided(run):
    """In words."""
    return f"{run.cells.undecided_count.values.sum() / run.cells.fate_count.values.sum():.3%} are undecided"


@pytest.mark.thorough
def test_what_is_not_known_is_said_not_to_be(chaos):
    undecided = np.flatnonzero(chaos.cells.undecided_count.values)
    assert len(undecided) > 3
    training = jn.train(chaos.study, cell=int(undecided[0]))
    assert training.undecided
    assert "what becomes of it is not known" in why(training)
    assert not oscillates(training)
    assert any(line.startswith(share_undecided(chaos)) for line in counts_in_words(chaos))


@pytest.mark.thorough
def test_a_report_says_what_is_not_known(chaos, tmp_path):
    # Of one cell, as each has a life that is long.
    bias = float(chaos.cells.init_bias[np.argmax(chaos.cells.undecided_count.values)])
    run = jn.sweep(study([2.316], POSITIVE_Y, init_bias=[bias]), tmp_path / "run.zarr")
    assert run.cells.undecided_count.values.sum() > 0
    report(run, tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text()
    assert share_undecided(run) in page
    assert "sgd without end, by jumps" in page


def test_a_life_is_shown_as_far_as_it_could_be_followed():
    training = jn.train(study([2.316], POSITIVE_Y, {"num_steps": 10**8}))
    assert training.undecided
    history = training.history.isel(step=slice(0, -1))
    assert 2000 < history.step[-1] < 10**6
    assert len(np.unique(history.loss)) == len(history.step)  # nowhere does it stand still


@pytest.mark.thorough
def test_divergence_is_told_with_its_reason_and_its_pace():
    """Of z − y along each mode a step leaves 1 − η·μ: at 1.01 times the limit of stability, −1.02. The steps
    are those of stepping in extended precision."""
    beyond = "it is above 1e+308 times"
    for rate, num_steps, bias, y, told in (
        (2.02, 10**5, 0.5, Y, f"1.04-fold a step, and from step 17,938 on {beyond}"),
        (2.002, float("inf"), 0.5, Y, f"1.004-fold a step, and from step 177,783 on {beyond}"),
        # The limit is no number, nor is the loss then; of the rows before, the third last is far off.
        (2.02, 10**7, 9.0, POSITIVE_Y, "1.04-fold a step, and from step 17,826 on W, b or the loss is not f"),
    ):
        asked = jn.Study(
            data={"x": X, "y": y},
            neuron={"init_weight": 0.7, "activation": "identity"},
            training=WITHOUT_END | {"num_steps": num_steps, "divergence_factor": 1e308},
            sweep={"learning_rate": rate, "init_bias": bias},
        )
        words = why(jn.train(asked))
        assert words.startswith(f"The loss grows {told}")
        assert f"Its learning rate of {rate} is {rate / 2} times the stability limit 2/λ_max = 2 of" in words


def test_one_still_on_its_way_is_said_to_be():
    training = jn.train(study([1e-4], training={"num_steps": 1000}))
    assert "still on its way" in why(training)
    assert not oscillates(training)


@pytest.mark.thorough
def test_the_phase_of_a_run_without_end_goes_to_its_last_death(tmp_path):
    run = jn.sweep(
        study([1e-3, 5.0], POSITIVE_Y, init_bias={"linear": [0.0, 3.0], "num": 16}), tmp_path / "run.zarr"
    )
    last = int(run.cells.death_step_bin_end.values[run.cells.death_step_count.values.sum((0, 1)) > 0][-1]) - 1
    assert last > 0
    assert phase_of(run) == (max(1, last // 10), last)
    assert [line.split(":")[0] for line in counts_in_words(run)][1:] == [
        "none are cycling",
        "none are undecided",
    ]


def test_the_words_for_steps():
    assert steps_in_words(study([0.1]).training) == "sgd without end, by jumps"
    finite = study([0.1], training={"num_steps": 10**8}).training
    assert steps_in_words(finite) == "100,000,000 steps of sgd, by jumps"
    by_steps = study([0.1], training={"method": "steps", "num_steps": 1000}).training
    assert steps_in_words(by_steps) == "1,000 steps of sgd"


@pytest.fixture(scope="module")
def long_life():
    return jn.train(study([1e-10], POSITIVE_Y))


def test_a_life_beyond_2_to_the_31_is_told_whole(long_life):
    steps = long_life.history.step.values
    assert steps[-1] > 2**33
    numbers, _ = life_of(long_life)
    np.testing.assert_array_equal(unpacked(numbers["list"][0]["step"]), steps)


def test_figures_of_a_life_have_its_steps(long_life):
    numbers = fit(long_life)
    assert set(numbers.steps) <= set(long_life.history.step.values)
    assert numbers.steps[-1] == long_life.num_steps
    assert numbers.outputs.shape[0] == len(numbers.steps)
    plot = draw_fit(numbers)
    losses = plot.figure.axes[0]
    assert losses.get_xscale() == "symlog"
    assert losses.get_xlim()[1] > long_life.num_steps
    assert losses.get_xlim()[0] > -1
    shown = losses.lines[0].get_xdata()
    np.testing.assert_array_equal(shown, long_life.history.step.values)


def test_a_death_is_marked_at_its_step():
    found = [jn.train(study([rate], POSITIVE_Y)) for rate in (4.0, 5.0, 7.0)]
    dead = next(training for training in found if training.death_step > 0)
    plot = draw_trajectories([dead])
    marks = [line for axes in plot.figure.axes for line in axes.lines if line.get_marker() == "X"]
    assert marks
    for mark in marks:
        assert set(np.atleast_1d(mark.get_xdata())) <= {dead.death_step, dead.death_step - 1}
    assert re.search(rf"At step {dead.death_step - 1:,}", why(dead))
