"""The runs and lives that tests of views share: all have 16 examples, and where they can the same axes, so
that few programs are compiled."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import jaxneuron as jn

X = np.linspace(-1, 1, 16)
DATA = {"x": X, "y": np.maximum(0, X)}
RATES, BIASES = jn.Log(0.05, 30.0, 11), jn.Linear(-2.0, 2.0, 7)
REPLICATES = 8
SWEEPS = {
    "grid": {"learning_rate": RATES, "init_bias": BIASES},
    "one axis": {"learning_rate": RATES},
    "linear axis": {"learning_rate": 0.1, "init_bias": BIASES},
    "no axis": {"learning_rate": 0.1},
    "one cell": {"learning_rate": jn.Log(0.1, 0.1, 1), "init_bias": jn.Linear(0.5, 0.5, 1)},
    "three axes": {
        "learning_rate": jn.Log(0.05, 20.0, 6),
        "init_bias": jn.Linear(-1.0, 1.0, 5),
        "momentum": [0.0, 0.5, 0.9],
    },
    "points": {
        "learning_rate": jn.LogUniform(0.05, 30.0),
        "init_bias": jn.Uniform(-2.0, 2.0),
        "points": {"sobol": 64},
    },
    "points of one": {"learning_rate": jn.LogUniform(0.05, 30.0), "points": {"random": 40}},
    "narrow": {"learning_rate": jn.Log(1.5, 2.5, 11), "init_bias": jn.Log(0.5, 3.0, 7)},
    "uneven": {"learning_rate": [0.001, 0.1, 50.0], "init_bias": [0.0, 1.0, 5.0]},
    "all born dead": {"learning_rate": RATES, "init_bias": jn.Linear(-90.0, -80.0, 7)},
    "all diverged": {"learning_rate": jn.Linear(1e3, 1e4, 11), "init_bias": jn.Linear(1.0, 2.0, 7)},
    "nobody can die": {"learning_rate": RATES, "init_bias": BIASES},
    "data sets": {"learning_rate": [0.1, 3.0, 30.0]},
}
# Those that the quick tests look at where they look at every design; two are trained by the grid's program.
QUICK = ("grid", "one axis", "no axis", "three axes", "points", "all born dead", "all diverged")
ACTIVATION = {"all diverged": "identity", "nobody can die": "leaky_relu"}
TEACHER = {"teacher": {"weight": [1.5], "num_examples": len(X), "num_datasets": 3}}


def all_but_few_thorough(names: Iterable[Any], few: Iterable[Any]) -> list[Any]:
    """The names as parameters, of which all but a few are thorough."""
    return [pytest.param(name, marks=[] if name in few else pytest.mark.thorough) for name in names]


def study_of(design: str) -> jn.Study:
    """The study of a design."""
    return jn.Study(
        data=TEACHER if design == "data sets" else DATA,
        neuron={"activation": ACTIVATION.get(design, "relu")},
        training={"num_steps": 40, "optimizer": "momentum" if design == "three axes" else "sgd"},
        sweep={"replicates": REPLICATES, "records": "neurons"} | SWEEPS[design],
    )


RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.normal(size=16)
NOISY = np.maximum(0, 1.2 * NORMAL + 0.4) + 0.1 * RANDOM.normal(size=16)
SEVERAL = {"x": RANDOM.normal(size=(16, 7)), "y": NOISY}
LIVES = {
    "plain": {},
    "converged": {"training": {"optimizer": "momentum"}, "learning_rate": 0.3, "momentum": 0.9},
    "died": {"learning_rate": 60.0, "init_bias": 3.0},
    "born dead": {"init_bias": -9.0},
    "diverged": {"neuron": {"activation": "identity"}, "learning_rate": 50.0},
    "diverged at once": {"neuron": {"activation": "identity"}, "learning_rate": 1e30},
    "no bias": {"neuron": {"train_bias": False}, "init_bias": 0.4},
    "leaky": {"neuron": {"activation": "leaky_relu"}, "init_bias": -6.0},
    "tanh": {"neuron": {"activation": "tanh"}},
    "no steps": {"training": {"num_steps": 0}},
    "batches": {"training": {"batch_size": 4}},
    "perfect": {"data": {"x": NORMAL, "y": np.maximum(0, NORMAL)}, "neuron": {"init_weight": 1.0}},
    "a target of 0": {"data": {"x": NORMAL, "y": 0 * NORMAL}},
    "one example": {"data": {"x": [1.0], "y": [1.0]}},
    "all alike": {"data": {"x": np.ones(16), "y": NOISY}},
    "several inputs": {"data": SEVERAL},
    "several that diverge": {"data": SEVERAL, "neuron": {"activation": "identity"}, "learning_rate": 1e3},
}


def life_study(data=None, neuron=None, training=None, **sweep) -> jn.Study:
    """A study of one neuron that starts at a weight of −1."""
    return jn.Study(
        data=data or {"x": NORMAL, "y": NOISY},
        neuron={"init_weight": -1.0} | (neuron or {}),
        training={"num_steps": 200} | (training or {}),
        sweep={"learning_rate": 0.1} | sweep,
    )
