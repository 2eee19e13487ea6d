"""What the explorer's situations say is true of the neurons that their views show."""

import json
from pathlib import Path

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.explorer.known_data import KnownData
from jaxneuron.explorer.situations import SITUATIONS
from jaxneuron.explorer.views import read_view
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.program import Program
from jaxneuron.study.window import Window
from tests.studies import all_but_few_thorough

ENGEL = {
    "file": str(Path(__file__).parents[2] / "experiments" / "engel" / "engel.csv"),
    "inputs": ["income"],
    "target": "foodexp",
    "scale": "standard",
}
SIDE = 8
OF_TITLE = {situation.title: situation for situation in SITUATIONS}
# Of each: a part of its view, (x ends, y ends), and the share of its neurons that meet a fate, from … to ….
CLAIMS = {
    "The good settings": [((0.1, 1.5), (0.02, 4), "converged", 1, 1)],
    "Born dead on one side": [
        ((-3, 0), (-3, 0), "born_dead", 1, 1),
        ((-3, 3), (1.5, 3), "born_dead", 0, 0),
        ((-3, 3), (1.5, 3), "died", 0, 0),
    ],
    "The stability limit": [
        ((0.5, 1.97), (-3, 3), "converged", 1, 1),
        ((2.03, 3.5), (-3, 3), "diverged", 1, 1),
    ],
    "Death instead of divergence": [
        ((1.02, 5), (0, 4), "died", 1, 1),
        ((0.05, 5), (-1, 4), "diverged", 0, 0),
        ((0.05, 0.5), (0, 4), "converged", 1, 1),
    ],
    "A leaky slope never dies": [((-3, 3), (-3, 3), "converged", 1, 1)],
    "Chaos at 2.3 limits": [
        ((2.25, 2.35), (-1, 3), "unsettled", 1, 1),
        ((0.5, 0.95), (-1, 3), "converged", 1, 1),
    ],
    "The golden ratio": [
        ((2.5, 3.95), (0, 2.5), "converged", 1, 1),
        ((4.05, 5.23), (-1.5, 2.5), "unsettled", 1, 1),
        ((5.24, 6), (-1.5, 2.5), "diverged", 1, 1),
    ],
    "Momentum that kills": [
        ((0, 0.02), (0.01, 1), "converged", 1, 1),
        ((0.89, 0.99), (0.01, 0.052), "died", 1, 1),
    ],
    "A kink that holds a neuron": [
        ((-2, 2), (-2, 2), "converged", 0, 0),
        ((0.1, 2), (0, 2), "unsettled", 1, 1),
    ],
    "Weight decay that wakes": [
        ((1e-4, 1e-3), (-4, -1), "born_dead", 1, 1),
        ((0.1, 10), (-4, -1), "unsettled", 1, 1),
        ((20, 100), (-4, 4), "diverged", 1, 1),
    ],
    "Adam where gradient descent dies": [
        ((0.03, 0.3), (-4, 4), "died", 0, 0),
        ((0.03, 0.3), (-4, 4), "converged", 0.9, 1),
    ],
    "An outlier that kills": [((0.28, 0.32), (1, 3), "died", 1, 1)],
}


def tables_of(situation):
    """Its tables, with data that can be read from here."""
    data = situation.study["data"]
    return {**situation.study, "data": ENGEL if "shipped" in data else data}


def trained(situation, x, y, side=SIDE, **tables):
    """What becomes of the neurons of a part of its view, side × side cells."""
    window = Window(
        situation.x._replace(low=x[0], high=x[1]), situation.y._replace(low=y[0], high=y[1]), side, side
    )
    program = Program(window.study({**tables_of(situation), **tables}))
    return program.train_neurons(np.arange(side**2), np.zeros(side**2, int))


def share(fate, neurons):
    return float(np.mean(neurons.fate == Fate[fate]))


QUICK = ("Born dead on one side", "The golden ratio", "Momentum that kills")


@pytest.mark.parametrize("title", all_but_few_thorough(CLAIMS, QUICK))
def test_the_neurons_meet_the_fates_that_the_sentence_says(title):
    for x, y, fate, low, high in CLAIMS[title]:
        found = share(fate, trained(OF_TITLE[title], x, y))
        assert low <= found <= high, (x, y, fate)


def test_every_situation_is_a_view_with_its_place_in_it():
    assert len({*OF_TITLE}) == len(SITUATIONS) >= 12
    known = KnownData()
    for situation in SITUATIONS:
        view = read_view(json.loads(json.dumps(situation.as_data() | {"cells": [4, 4]})))
        assert view.study(known).design.num_cells == 16
        for value, span in zip(situation.place, (situation.x, situation.y), strict=True):
            assert span.low < value < span.high


@pytest.mark.thorough
def test_decay_wakes_the_neurons_that_are_born_dead_without_it():
    situation = OF_TITLE["Weight decay that wakes"]
    neurons = trained(situation, (0.1, 10), (-4, -1))
    assert (neurons.revivals == 1).all()


@pytest.mark.thorough
def test_a_saturated_neuron_keeps_its_loss():
    situation = OF_TITLE["A saturated start"]
    neurons = trained(situation, (-15, -10), (-2, 2))
    before = trained(situation, (-15, -10), (-2, 2), training={"num_steps": 0})
    assert (neurons.loss > 0.9 * before.loss).all()
    assert share("converged", neurons) > 0.2


def test_chaos_takes_two_neighbours_far_apart():
    situation = OF_TITLE["Chaos at 2.3 limits"]
    rate, bias = situation.place

    def z(bias):
        sweep = {"learning_rate": rate, "init_bias": bias, **situation.study["sweep"]}
        rows = jn.train(jn.Study(**{**tables_of(situation), "sweep": sweep})).rows
        return rows.weight[:, 0] + rows.bias

    apart = np.abs(z(bias) - z(bias + 1e-9))
    assert apart[:61].max() > 0.1
    assert apart[:5].max() < 1e-6


@pytest.mark.thorough  # programs by jumps take long to compile
def test_cycles_double_before_chaos():
    situation = OF_TITLE["Period doubling"]
    tables = {"training": {**situation.study["training"], "num_steps": 20_000}}

    def periods(x, y):
        return trained(situation, x, y, 32, **tables).period  # as many each time: one program

    assert {2, 4, 8} <= set(periods((1.05, 2.2), (0.5, 1)).tolist())
    # A period may be told as a multiple of it, which rounding decides.
    of_two = periods((1.36, 1.4), (0.69, 0.71))
    assert (of_two % 2 == 0).all()
    assert np.mean(of_two == 2) > 0.9
    assert (periods((1.02, 1.25), (0.5, 0.52)) == -1).all()


@pytest.mark.thorough
def test_gradient_descent_dies_where_adam_does_not():
    situation = OF_TITLE["Adam where gradient descent dies"]
    assert share("died", trained(situation, (0.027, 0.3), (-4, 4), training={"num_steps": 3000})) == 1


@pytest.mark.thorough
def test_without_the_outlier_nobody_dies():
    situation = OF_TITLE["An outlier that kills"]
    x, y = (situation.study["data"][name][:-1] for name in "xy")
    assert share("died", trained(situation, (0.28, 0.32), (0, 3), data={"x": x, "y": y})) == 0
