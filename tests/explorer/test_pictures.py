"""Pictures: what is on the screen is what a sweep of the saved study gives, cell by cell and bit by bit."""

import tomllib
from threading import Event, active_count

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.maps import quantity_map
from jaxneuron.explorer.pictures import Trainer
from jaxneuron.explorer.saving import study_toml
from jaxneuron.explorer.views import read_view
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.bad_input import BadInput
from tests.conftest import REPEAT
from tests.explorer.pictures import VIEW, messages, view
from tests.oracle import one_neuron
from tests.studies import all_but_few_thorough

JUMPS = {"method": "jumps", "num_steps": 5000, "precision": "float64"}


def swept(known, asked, folder):
    """The run of the study that the page saves for a view."""
    path = folder / "study.toml"
    path.write_text(study_toml(read_view(asked), known), "utf-8")
    tables = tomllib.loads(path.read_text("utf-8"))
    tables["sweep"]["records"] = "neurons"
    return jn.sweep(jn.Study(**tables), folder / "run.zarr")


def check_against_sweep(picture, known, asked, folder):
    """The picture's counts, losses and death steps are those of a sweep of its study."""
    facts, levels = picture(asked)
    run = swept(known, asked, folder)
    assert facts["precision"] == run.study.training.precision
    shown = levels[max(levels)]
    along = [asked["y"]["name"], asked["x"]["name"]]
    counts = run.cells.fate_count.transpose("fate", *along).values
    np.testing.assert_array_equal(shown["counts"], counts)
    losses = run.neurons.final_loss.transpose(*along, "replicate").values
    middle = np.sort(np.where(np.isfinite(losses), losses, np.inf), -1)[..., (losses.shape[-1] - 1) // 2]
    np.testing.assert_array_equal(shown["final_loss"].astype(np.float32), middle.astype(np.float32))
    if "death_step" in shown:
        steps = run.neurons.death_step.transpose(*along, "replicate").values
        died = np.where(steps > 0, steps, np.nan)
        has_died = ~np.isnan(shown["death_step"])
        np.testing.assert_array_equal(has_died, (steps > 0).any(-1))
        in_order = np.sort(died, -1)  # NaN last
        middle = ((steps > 0).sum(-1) - 1) // 2
        found = np.take_along_axis(in_order, np.maximum(middle, 0)[..., None], -1)[..., 0]
        np.testing.assert_array_equal(shown["death_step"][has_died], found[has_died])


QUICK = "replicates that are drawn"
VIEWS = {
    QUICK: view(neuron={"init_weight": {"normal": [0, 1]}}, sweep={"replicates": 4}, quantity="death_step"),
    "of a chunk's size": view(cells=[128, 130], quantity="death_step"),
    # As many cells as are trained at once: the sweep has the program of the picture.
    "by jumps": view(cells=[64, 64], training=JUMPS, quantity="period"),
    "two inputs": view(cells=[20, 12])
    | {"study": {"data": {"x": [[1, 2], [0, 1], [2, 1]], "y": [1, 2, 3]}, "neuron": {"init_weight": 0.5}}},
}


@pytest.mark.parametrize("name", all_but_few_thorough(VIEWS, [QUICK]))
def test_the_saved_study_gives_the_picture(picture, known, tmp_path, name):
    check_against_sweep(picture, known, VIEWS[name], tmp_path)


NAMES, OPTIMIZERS = ("momentum", "weight_decay", "init_weight", "target_scale"), ("sgd", "adam", "rmsprop")


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(6 * REPEAT))
def test_the_saved_study_of_any_view_gives_the_picture(picture, known, tmp_path, seed):
    rng = np.random.default_rng(seed)
    name = NAMES[seed % len(NAMES)]
    optimizer = "momentum" if name == "momentum" else OPTIMIZERS[seed % len(OPTIMIZERS)]
    low = float(rng.uniform(0.001, 0.4))
    zoom = float(10 ** rng.uniform(-5, 0))
    asked = view(
        cells=[int(rng.integers(2, 60)), int(rng.integers(2, 60))],
        x={"low": 0.1, "high": 0.1 * (1 + 9 * zoom), "isLog": bool(rng.integers(2))},
        y={"name": name, "low": low, "high": low + 0.5 * zoom},
        quantity=str(rng.choice(["fate", "final_loss", "death_step"])),
        training={"optimizer": optimizer, "num_steps": int(rng.integers(1, 200))},
        sweep={"replicates": int(rng.integers(1, 5)), "seed": seed, "init_bias": float(rng.normal())},
        neuron={"init_weight": -0.5 if rng.integers(2) else {"uniform": [-2, 2]}},
    )
    if name == "init_weight":
        del asked["study"]["neuron"]["init_weight"]
    check_against_sweep(picture, known, asked, tmp_path)


def test_the_coarse_picture_comes_first_and_whole(picture):
    _, levels = picture(view(cells=[300, 200]))
    assert [levels[level]["counts"].shape for level in (0, 1)] == [(5, 64, 64), (5, 200, 300)]
    shares = [level["counts"].mean((1, 2)) for level in levels.values()]
    np.testing.assert_allclose(*shares, atol=0.02)


def test_a_stale_picture_ends_at_once(known):
    is_stale, before = Event(), active_count()
    found = Trainer(known).picture(read_view(view(cells=[512, 512])), is_stale)
    headers = [next(messages(next(found)))[0] for _ in range(3)]
    is_stale.set()
    assert [header["kind"] for header in headers] == ["view", "cells", "cells"]
    assert list(found) == []
    assert active_count() <= before + 4  # threads that end by themselves


def test_a_view_of_new_values_compiles_nothing(known, compilations):
    trainer = Trainer(known)
    views = [
        view(cells=[300, 200]),
        view(cells=[300, 200], x={"low": 0.02}, sweep={"seed": 3}),
        view(cells=[170, 99]),
    ]
    list(trainer.picture(read_view(views[0]), Event()))
    compilations.clear()
    for asked in views[1:]:
        list(trainer.picture(read_view(asked), Event()))
    assert compilations == []


@pytest.mark.thorough
def test_half_lives_are_those_of_the_run(picture, known, tmp_path):
    rate = {"low": 1.0, "high": 3.0, "isLog": False}
    asked = view(
        cells=[6, 5],
        x=rate,
        training={"num_steps": 400},
        neuron={"init_weight": {"normal": [0, 1]}},
        sweep={"replicates": 64},
        quantity="half_life",
    )
    _, levels = picture(asked)
    run = swept(known, asked, tmp_path)
    expected = quantity_map(run, "half_life", ["init_bias", "learning_rate"]).value
    np.testing.assert_allclose(levels[max(levels)]["half_life"], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (view(training={"method": "jumps", "optimizer": "adam"}), "jumps.*plain gradient descent"),
        (view(x={"name": "momentum", "high": 0.9}, sweep={"learning_rate": 0.1}), "'sgd' does not take it"),
        (view(x={"name": "init_bias"}), "is both axes"),
        (view(x={"name": "rate"}), "is no quantity that can be an axis"),
        (view(x={"low": -1.0}), "must be above 0"),
        (view(y={"low": "a"}), r"y\.low: is 'a'; it must be a number"),
        (view(cells=[0, 5]), "cells: is"),
        (view(cells=5), "numbers of columns and rows"),
        (view(quantity="half"), "quantity: 'half' is not known"),
        (view(training={"num_steps": 10**9}), "too long for a map"),
        (view(training={"num_steps": 10**12}), "at most"),
        (view(sweep={"replicates": 65}), "it may be 1 to 64"),
        (view(sweep={"replicates": True}), "replicates"),
        (view(data={"file": "/etc/passwd"}), "a page gives the file itself"),
        (view(data={"held": "7"}), "is not here any more"),
        (view(data={"y": [1.0]}), "x has the shape"),
        (view(data={"y": 1}), r"data\.y: must be a list"),
        (view() | {"study": {"files": {}}}, "has no table 'files'"),
        (view() | {"study": []}, "study: is"),
        (view(y={"low": 1.0, "high": 1.0 + 1e-15}), "no room|the end is reached"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(picture, asked, wrong):
    with pytest.raises(BadInput, match=wrong):
        picture(asked)


def test_the_life_of_a_cell_is_that_of_its_neuron(picture, known):
    asked = view()
    _, levels = picture(asked)
    for column, row in ((0, 0), (39, 23), (20, 3)):
        training = Trainer(known).life(read_view(asked), column, row, 0)
        assert levels[0]["counts"][training.fate, row, column] == 1
        assert levels[0]["final_loss"][row, column] == np.float32(training.loss)
    assert training.fate in Fate


def zoomed(center, width):
    """The view of this width around a place on the border between death and life."""
    rate, bias = center
    x = {"low": float(rate - width / 2), "high": float(rate + width / 2), "isLog": False}
    return view(cells=[64, 64], x=x, y={"low": bias - width / 2, "high": bias + width / 2})


def border():
    """A learning rate at which neurons begin to die instead of living on, at a bias of 1, by bisection."""
    low, high = 0.5, 6.0
    while (middle := (low + high) / 2) not in (low, high):
        (fate,) = by_oracle(np.array([middle]), np.array([1.0]))
        low, high = (low, middle) if fate == Fate.died else (middle, high)
    return high, 1.0


def by_oracle(rates, biases):
    """Fates of neurons in extended precision."""
    values = {"init_weight": np.full((len(rates), 1), -0.5), "init_bias": biases, "learning_rate": rates}
    x, y = (np.array(VIEW["study"]["data"][name]) for name in ("x", "y"))
    num_steps, setting = VIEW["study"]["training"]["num_steps"], one_neuron.Setting("relu", "sgd", True)
    return one_neuron.train(x[:, None], y, values, num_steps, setting, np.longdouble).fate


def test_fates_at_a_border_are_those_of_extended_precision(picture):
    """Through twelve decades of zoom, at 1000 points of each picture, wherever one precision takes over."""
    center, precisions, rng = border(), [], np.random.default_rng(0)
    for decade in range(1, 13):
        asked = zoomed(center, 10.0**-decade)
        facts, levels = picture(asked)
        precisions.append(facts["precision"])
        axes = read_view(asked).window.axes()
        column, row = rng.integers(64, size=(2, 1000))
        expected = by_oracle(axes["learning_rate"].values()[column], axes["init_bias"].values()[row])
        shown = levels[0]["counts"].argmax(0)[row, column]
        assert len(np.unique(expected)) > 1, "no border to look at"
        assert (shown != expected).mean() <= 0.002, f"10^-{decade}, {facts['precision']}"
    assert precisions == ["float32"] * 3 + ["float64"] * 9
