"""What the page begins with: the axes of a study, and all else as it stands."""

from threading import Event

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.explorer.beginnings import USUAL, beginning_of, facts_of
from jaxneuron.explorer.known_data import KnownData
from jaxneuron.explorer.pictures import Trainer
from jaxneuron.explorer.views import AXES, View
from jaxneuron.study.study import Study
from jaxneuron.study.window import Window
from tests.explorer.pictures import messages

DATA = {"x": [0.5, 1.0, 2.0], "y": [1.0, 1.5, 2.5]}


def begin(**tables):
    known = KnownData()
    return beginning_of(Study(**({"data": DATA} | tables)), known), known


def test_a_grid_is_looked_at_as_it_is():
    """The picture with as many cells as the study has is the study."""
    sweep = {"learning_rate": jn.Log(0.01, 1.0, num=7), "init_bias": jn.Linear(-1, 1, num=5), "seed": 3}
    beginning, known = begin(sweep=sweep, training={"num_steps": 50, "tolerance": 1e-4})
    assert [beginning.x.name, beginning.y.name] == ["learning_rate", "init_bias"]
    study = View(beginning.tables, Window(beginning.x, beginning.y, 7, 5), "fate").study(known)
    for name in ("learning_rate", "init_bias"):
        expected = sweep[name].values()
        np.testing.assert_allclose(study.design.coordinates[name][1], expected, rtol=1e-12, atol=1e-12)
    assert study.training.tolerance == 1e-4
    assert (study.training.num_steps, study.sweep.seed) == (50, 3)
    assert study.drawn.keys() == {"init_weight"}


@pytest.mark.parametrize(
    ("tables", "x", "y", "held"),
    [
        ({"sweep": {"learning_rate": 0.1}}, "learning_rate", "init_bias", {}),
        ({"sweep": {"learning_rate": 0.1, "init_bias": [-1, 0, 1]}}, "init_bias", "learning_rate", {}),
        (
            {
                "sweep": {
                    "learning_rate": jn.Log(0.01, 1, num=3),
                    "momentum": jn.Linear(0, 0.8, num=5),
                    "init_bias": [0, 1],
                },
                "training": {"optimizer": ["momentum", "nesterov"]},
            },
            *("learning_rate", "momentum", {"init_bias": 0.5}),
        ),
        (
            {"sweep": {"learning_rate": {"log_uniform": [0.01, 1]}, "points": {"sobol": 8}}},
            "learning_rate",
            "init_bias",
            {},
        ),
        (
            {"neuron": {"init_weight": jn.Linear(-1, 1, num=4)}, "sweep": {"learning_rate": 0.1}},
            "init_weight",
            "learning_rate",
            {},
        ),
        ({"sweep": {"learning_rate": jn.Log(0.1, 0.1, num=1)}}, "learning_rate", "init_bias", {}),
    ],
)
def test_any_study_has_a_beginning(tables, x, y, held):
    beginning, known = begin(**tables)
    assert (beginning.x.name, beginning.y.name) == (x, y)
    for name, value in held.items():
        assert beginning.tables["sweep"][name] == pytest.approx(value)
    view = View(beginning.tables, Window(beginning.x, beginning.y, 6, 4), "fate")
    *_, (end, _) = messages(b"".join(Trainer(known).picture(view, Event())))
    assert end["kind"] == "end"


def test_every_axis_can_be_looked_at():
    assert USUAL.keys() == set(AXES)
    facts = facts_of(beginning_of(None, KnownData()))
    for axis in facts["axes"]:
        usual = axis["usual"]
        assert usual["low"] < usual["high"]
        assert axis["low"] is None or axis["low"] <= usual["low"]
        assert axis["high"] is None or usual["high"] <= axis["high"]
        assert axis["definition"]
