"""What is shown of one neuron: the explained pass, the figure's numbers, the tables."""

import dataclasses
import functools
import io
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import jaxneuron as jn
from jaxneuron.analysis.explain import full_pass
from jaxneuron.analysis.fit import fit, shown_steps
from jaxneuron.analysis.phase import phase_diagram
from jaxneuron.analysis.remedies import what_helps
from jaxneuron.analysis.training_values import training_values
from jaxneuron.analysis.units import DATA, equation, rows_in, units_of
from jaxneuron.study.data import Scaling
from jaxneuron.view.plots.canvas import save
from jaxneuron.view.plots.fit import draw_fit
from jaxneuron.view.plots.phase import draw_phase_diagram
from jaxneuron.view.terminal.training_tables import full_pass_table, loss_table, training_summary
from tests.studies import LIVES, all_but_few_thorough

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, size=16)
Y = np.maximum(0, 7 * X - 10) + RNG.normal(size=16)


def in_units_of(training, x_offset=100.0, x_scale=20.0, y_offset=3.0, y_scale=40.0):
    """The training as it would be had its data been in other units, and been scaled by these."""
    number = training.data.x.shape[1]
    scaling = Scaling(x_offset - np.arange(number), x_scale + np.arange(number), y_offset, y_scale)
    return dataclasses.replace(training, data=training.data._replace(scaling=scaling))


@functools.cache
def standard_life():
    return training_of()


def training_of(x=X, y=Y, scale="standard", neuron=None, training=None, **sweep):
    study = jn.Study(
        data={"x": x, "y": y, "scale": scale},
        neuron=neuron or {"init_weight": 0.5},
        training={"num_steps": 300} | (training or {}),
        sweep={"learning_rate": 0.2} | sweep,
    )
    return jn.train(study)


@pytest.mark.parametrize("kind", ["standard", "plain", "leaky", "tanh"])
@pytest.mark.parametrize("step", [0, 7, -1])
def test_the_chain_rule_gives_what_jax_gives(kind, step, life_of):
    training = standard_life() if kind == "standard" else life_of(kind)
    numbers = full_pass(training, step)
    np.testing.assert_allclose(numbers.grad_weight, numbers.jax_grads.weight, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(numbers.grad_bias, numbers.jax_grads.bias, rtol=1e-12, atol=1e-15)
    at = training.history.isel(step=step)
    np.testing.assert_allclose(numbers.grad_weight, at.grad_weight, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(numbers.loss, at.loss, rtol=1e-5)
    if training.study.neuron.activation == "relu":
        assert (numbers.slope != 0).sum() == at.num_active


def test_the_update_explained_is_the_update_made():
    training = standard_life()
    numbers = full_pass(training, 3)
    np.testing.assert_allclose(numbers.update.weight, -0.2 * numbers.grad_weight, rtol=1e-5)
    after = training.history.isel(step=4)
    np.testing.assert_allclose(numbers.weight + numbers.update.weight, after.weight, rtol=1e-6)
    assert numbers.next_loss == float(after.loss)


def test_a_bias_that_is_not_trained_has_no_gradient(life_of):
    numbers = full_pass(life_of("no bias"), 3)
    assert numbers.jax_grads.bias != 0
    assert numbers.grad_bias == numbers.update.bias == 0


def test_a_silent_neuron_that_decays_slowly_is_not_left_before_it_stops():
    # A step is much smaller than the tolerance, and might wake it all the same.
    training = training_of(
        neuron={"init_weight": -1.0},
        training={"num_steps": 40},
        init_bias=-50.0,
        weight_decay=1e-5,
    )
    assert training.fate == jn.Fate.born_dead
    assert training.num_steps == 40
    assert training.weight[0] == pytest.approx(-((1 - 2e-6) ** 40), rel=1e-5)


def test_the_figure_is_in_the_data_s_units():
    numbers = fit(standard_life())
    np.testing.assert_allclose(numbers.data_x, X)
    np.testing.assert_allclose(numbers.data_y, Y)
    # The last line is the least-squares hinge; far to the right it is close to what made the data.
    slope = (numbers.outputs[-1][-1] - numbers.outputs[-1][-2]) / (numbers.x[-1] - numbers.x[-2])
    assert slope == pytest.approx(7, abs=0.5)
    assert numbers.steps[0] == 0
    assert numbers.steps[-1] == len(numbers.losses) - 1


def test_shown_steps_hold_the_first_and_the_last():
    for num_steps in (0, 1, 2, 5, 148, 10**6):
        steps = shown_steps(num_steps, 6)
        assert steps[0] == 0
        assert steps[-1] == num_steps
        assert len(steps) <= 6
        assert (np.diff(steps) > 0).all()


@pytest.mark.parametrize(
    "kind", all_but_few_thorough([*LIVES, "adam"], ["plain", "several inputs", "diverged", "no steps"])
)
def test_every_life_is_drawn_and_told(kind, life_of, tmp_path):
    if kind == "adam":
        training = training_of(training={"optimizer": "adam", "batch_size": 4, "num_steps": 20})
    else:
        training = life_of(kind)
    save(draw_fit(fit(training)), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 5000
    console = Console(record=True, width=160, file=io.StringIO())
    for told in (training, in_units_of(training, y_scale=1e100)):
        console.print(full_pass_table(full_pass(told, units=DATA), told))
        console.print(loss_table(told, units=DATA))
        console.print(training_summary(told))
        assert training_values(told)["fate"] == training.fate.name
    told = console.export_text()
    assert training.fate.name.replace("_", " ") in told
    assert "nan" not in told or training.fate.name == "diverged"


def test_a_neuron_ends_when_its_loss_has_converged():
    training = training_of(training={"num_steps": 100_000})
    assert training.fate == jn.Fate.converged
    assert training.num_steps < 1000
    assert training.gradient_norm <= 1e-5
    last = training.history.isel(step=-1)
    before = training.history.isel(step=-2)
    assert max(abs(last.grad_weight.values[0]), abs(float(last.grad_bias))) <= 1e-5
    assert max(abs(before.grad_weight.values[0]), abs(float(before.grad_bias))) > 1e-5


def test_a_silent_neuron_under_momentum_is_not_left_before_it_stops():
    """It has no gradient, and coasts on: from step 1 on its velocity is β times the one before."""
    training = training_of(
        x=[1.0],
        y=[-3.0],
        scale="none",
        neuron={"init_weight": 1.0, "train_bias": False},
        training={"optimizer": "momentum", "num_steps": 1000},
        learning_rate=0.5,
        momentum=0.9,
    )
    # W₁ = 1 − ½·4 = −1, and then by −2·(0.9 + 0.9² + …) to −19.
    assert training.fate == jn.Fate.died
    assert training.death_step == 1
    assert training.weight[0] == pytest.approx(-19, abs=1e-3)


def study_of_names(names, folder):
    """A study of a file whose columns have these names."""
    x = RNG.normal(size=(9, 2))
    table = pd.DataFrame({names[0]: x[:, 0], names[1]: x[:, 1], "cost $_$": x.sum(1)})
    table.to_csv(folder / "data.csv", index=False)
    return jn.Study(
        data={"file": str(folder / "data.csv"), "inputs": names, "target": "cost $_$"},
        training={"num_steps": 4},
        sweep={"learning_rate": 0.1, "replicates": 2},
    )


NAMES = [["[/x]", "a $x_{$"], ["[bold]a[/bold]", "価格 $1"]]


@pytest.mark.parametrize("names", all_but_few_thorough(NAMES, NAMES[:1]))
def test_names_from_a_file_are_shown_as_they_are(names, tmp_path):
    study = study_of_names(names, tmp_path)
    training = jn.train(study)
    save(draw_fit(fit(training)), tmp_path / "figure.png")
    console = Console(record=True, width=200, file=io.StringIO())
    console.print(full_pass_table(full_pass(training), training))
    console.print(loss_table(training))
    console.print(training_summary(training), soft_wrap=True)
    told = console.export_text()
    for name in names:
        assert f"W {name}" in told
    assert "…" not in told.replace("… and", "")


@pytest.mark.thorough
@pytest.mark.parametrize("names", NAMES)
def test_names_from_a_file_are_drawn(names, tmp_path):
    run = jn.sweep(study_of_names(names, tmp_path), tmp_path / "run.zarr")
    save(draw_phase_diagram(phase_diagram(run)), tmp_path / "phase.png")
    assert (tmp_path / "phase.png").stat().st_size > 3000


def test_the_explained_update_names_decay_and_batch():
    def told(training):
        console = Console(record=True, width=200, file=io.StringIO())
        console.print(full_pass_table(full_pass(training), training))
        return console.export_text()

    assert "− 0.2 · gradient" in told(standard_life())
    assert "− 0.2 · (gradient + 0.5 · param)" in told(training_of(weight_decay=0.5))
    batch = training_of(training={"batch_size": 4, "num_steps": 3})
    assert "− 0.2 · batch" in told(batch)
    assert f"{float(batch.history.grad_weight[0, 0]):.7g}" in told(batch)


@pytest.mark.thorough
def test_a_silent_neuron_that_weight_decay_revives_is_followed():
    """theory 8: w < 0 shrinks until b > 0 outweighs it, in steps smaller than any tolerance."""
    study = jn.Study(
        data={"x": [0.5, 2.0], "y": [1.0, 1.0]},
        neuron={"init_weight": -0.61, "train_bias": False},
        training={"num_steps": 3000, "precision": "float64"},
        sweep={"learning_rate": 0.01, "weight_decay": 0.001, "init_bias": 0.3},
    )
    training = jn.train(study)
    assert training.revivals == 1
    revived = np.flatnonzero(training.history.num_active.values > 0)[0]
    assert revived == np.floor(np.log(0.3 / (0.61 * 0.5)) / np.log(1 - 1e-5)) + 1


@pytest.mark.parametrize(("cell", "replicate"), [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_neuron_that_the_study_does_not_have_is_refused(cell, replicate):
    study = jn.Study(data={"x": [1.0], "y": [1.0]}, sweep={"learning_rate": 0.1})
    with pytest.raises(jn.BadInput, match="0 to 0"):
        jn.train(study, cell=cell, replicate=replicate)


# The data's units


FUNCTIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "identity": lambda z: z,
    "tanh": np.tanh,
}


@pytest.mark.parametrize("kind", ["plain", "leaky", "tanh", "several inputs", "identity"])
def test_numbers_in_the_data_s_units_are_those_of_the_same_neuron(kind, life_of):
    """Its loss there is that of its equation; and its gradient that loss's, by differences."""
    life = life_of("diverged" if kind == "identity" else kind)
    step = 1
    training = in_units_of(life)
    units, numbers = units_of(training), full_pass(training, step, DATA)
    x, y = units.inputs(training.data.x), units.targets(training.data.y)
    activation = training.study.neuron.activation
    function = FUNCTIONS[activation]
    assert (units.factor == 1) == (kind != "tanh")

    def loss(weight, bias):
        return np.mean((units.factor * function(x @ weight + bias) + 3 - y) ** 2) / 2

    at, after = (rows_in(training, units).at(i) for i in (step, step + 1))
    assert loss(numbers.weight, numbers.bias) == pytest.approx(numbers.loss, rel=1e-9)
    assert float(at.loss) == pytest.approx(numbers.loss, rel=1e-5)
    for i, by_jax in enumerate(numbers.jax_grads.weight):
        h = 1e-6 * np.eye(len(numbers.weight))[i]
        ends = [loss(numbers.weight + sign * h, numbers.bias) for sign in (1, -1)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(by_jax, rel=1e-3)
        assert numbers.grad_weight[i] == pytest.approx(by_jax, rel=1e-9)
        assert at.grad_weight[i] == pytest.approx(by_jax, rel=1e-3)
    assert numbers.weight + numbers.update.weight == pytest.approx(after.weight, rel=1e-4)
    if kind != "identity":  # which has diverged
        said = equation(training, units).removeprefix("y = ").replace("·", "*").replace("−", "-")
        names = {**dict(zip(training.data.inputs, x.T, strict=True)), activation: function}
        np.testing.assert_allclose(training.predict(x), eval(said, names), rtol=1e-3, atol=0.02)


def test_predictions_take_what_the_data_was():
    training = standard_life()
    found = training.predict(X)
    assert np.mean((found - Y) ** 2) / 2 == pytest.approx(units_of(training).loss(training.loss), rel=1e-4)
    for same in (X[:, None], X.tolist(), pd.DataFrame({"z": 0.0, "x": X})):
        np.testing.assert_array_equal(training.predict(same), found)
    for bad, words in (
        (np.ones((3, 2)), "shape"),
        ([["a"]], "not numbers"),
        (pd.DataFrame({"w": X}), "columns"),
    ):
        with pytest.raises(jn.BadInput, match=words):
            training.predict(bad)


# How it ended, and what would help


def test_identity_ends_when_its_mirror_image_does():
    """A gradient passes at z ≤ 0, too: where no example is active there is as much to wait for."""
    positive, negative = (
        training_of(X, sign * Y, neuron={"activation": "identity", "init_weight": sign * 0.5})
        for sign in (1, -1)
    )
    assert abs(positive.num_steps - negative.num_steps) <= 2
    assert negative.num_steps < 300
    assert negative.weight == pytest.approx(-positive.weight, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "ended", "helps"),
    [
        ("died", "died at step 1 of 1", "a learning_rate below 2/λ_max"),
        ("born dead", "born dead after 0 steps", "an init_bias above"),
        ("diverged", r"diverged at step \d+ of \d+", "a learning_rate below 2/λ_max"),
        ("perfect", r"converged after 0 steps, settled at step 0", "^$"),
        ("tanh", "unsettled after 200 steps", "more steps"),
    ],
)
def test_when_it_ended_is_said_and_what_would_help(kind, ended, helps, life_of):
    training = life_of(kind)
    values = training_values(training)
    assert re.fullmatch(ended, values["ended"])
    assert re.search(helps, values["what_helps"] or "")
    assert values["hyperparams"]["learning_rate"] == training.hyperparams["learning_rate"]


def test_a_neuron_that_converged_on_few_examples_says_that_a_line_would_be_better():
    rising = {"x": [-1.0, 0.0, 1.0], "y": [2.0, 4.0, 6.0]}
    falling, best = (
        jn.train(jn.Study(data=rising, neuron={"init_weight": weight}, sweep={"learning_rate": 0.1}))
        for weight in (-3.0, 1.0)
    )
    assert falling.fate == best.fate == jn.Fate.converged
    assert "not the best minimum: a relu of the least-squares line has a loss of" in what_helps(falling)
    assert what_helps(best) == ""


def test_what_is_said_to_help_a_neuron_that_is_born_dead_does(life_of):
    training = life_of("born dead")
    bias = float(re.search("init_bias above (.*?),", what_helps(training))[1].replace("−", "-"))
    z = training.data.x[:, 0] * float(training.history.weight.values[0, 0]) + bias
    assert z.max() == pytest.approx(0, abs=1e-3)
    below = dataclasses.replace(training, data=training.data._replace(y=-np.abs(training.data.y)))
    assert "0 is the best that it can do" in what_helps(below)


# The figure


@pytest.mark.parametrize(
    ("kind", "number", "shift"), [("born dead", 16, 50.0), ("born dead", 1, 0.0), ("several inputs", 1, 50.0)]
)
def test_the_last_line_is_seen_whatever_the_data(kind, number, shift, life_of):
    """Also at 0 far below the data, where the neuron is dead; and of one example, which has one x."""
    life = life_of(kind)
    data = life.data._replace(x=life.data.x[:number], y=life.data.y[:number] + shift)
    numbers = fit(dataclasses.replace(life, data=data))
    _, axes = draw_fit(numbers).axes
    low, high = axes.get_ylim()
    for seen in (numbers.outputs[-1], data.y):
        assert low < seen.min()
        assert seen.max() < high
    assert len(axes.lines) > 0
    assert all(np.ptp(line.get_xdata()) > 0 for line in axes.lines)


def test_long_trainings_have_an_axis_of_decades(life_of):
    assert draw_fit(fit(life_of("tanh"))).axes[0].get_xscale() == "symlog"
    assert draw_fit(fit(life_of("died"))).axes[0].get_xscale() == "linear"
