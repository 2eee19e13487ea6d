"""Jumps against steps, neuron by neuron, in 639 000 runs; with JAXNEURON_REPEAT=2 in more than a million."""

import jax
import numpy as np
import pytest

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.stability import stability_limit
from tests.conftest import REPEAT
from tests.neuron.neurons import with_half_lines
from tests.population.special_data import data_of
from tests.population.stepped import agreed, params_of, stepped
from tests.population.trained import train_values

pytestmark = pytest.mark.thorough

NUM_NEURONS, NUM_STEPS = 2**14 * REPEAT, 1000
# So often do examples repeat that their number is one: then each config is compiled once.
NUM_EXAMPLES, NUM_PROBES = 1000, 10
CONFIGS = {
    "relu": ({}, {}),
    "fixed bias": ({"train_bias": False}, {}),
    "leaky_relu": ({"activation": "leaky_relu"}, {"negative_slope": np.full(NUM_NEURONS, 0.1)}),
}
# Distinct examples, and what is special about them.
DATA = [
    (1, "normal"),
    (2, "normal"),
    (5, "normal"),
    (33, "normal"),
    (200, "normal"),
    (1000, "normal"),
    (33, "zeros"),
    (1000, "zeros"),
    (5, "negative"),
    (200, "negative"),
    (200, "ties"),
    (33, "outlier"),
    (200, "wide"),
]
FACTS = ("fate", "death_step", "diverge_step", "settle_step", "revivals", "num_active")
# What is done to the start, relative to it, and how little must be left of that at the end.
NUDGE, CALM = 1e-13, 1e-10


@pytest.fixture(autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize(("size", "kind"), DATA)
@pytest.mark.parametrize("name", CONFIGS)
def test_every_run_that_is_not_chaotic_is_that_of_stepping(name, size, kind):
    """What is compared: runs in which a start 10⁻¹³ off makes no difference at the end, by steps. Where jumps
    differ all the same, stepping in extended precision must differ too: the nudge was lost in rounding before
    it could grow, or a z came so close to 0 that rounding decided its sign."""
    rng = np.random.default_rng([size, len(kind)])
    x, y = data_of(kind, size, rng)
    weight, bias = rng.normal(size=(2, NUM_NEURONS))
    bias[::64] = -weight[::64] * rng.choice(x, len(bias[::64]))  # on a boundary, but for rounding
    config, rest = Config(gradient="moments", **CONFIGS[name][0]), CONFIGS[name][1]
    limit = min(stability_limit(x[:, None], config.train_bias), 1e3)
    values = {
        "learning_rate": limit * np.geomspace(1e-4, 3.0, NUM_NEURONS),
        "init_weight": weight,
        "init_bias": bias,
        **rest,
    }
    x, y = np.resize(x, NUM_EXAMPLES), np.resize(y, NUM_EXAMPLES)
    examples = with_half_lines(x, y, "float64", NUM_PROBES)

    def trained(method, **changed):
        how = Config(**{**vars(config), "method": method})
        # Of the others hardly any diverges, and the programs that date it take as long as all else.
        dates = name == "fixed bias"
        return train_values(values | changed, examples, how, NUM_STEPS, find_diverge_steps=dates)

    jumps, steps = trained("jumps"), trained("steps")
    nudged = trained("steps", init_weight=weight * (1 + NUDGE) + NUDGE, init_bias=bias * (1 - NUDGE) + NUDGE)
    diverged = steps.fate == Fate.diverged
    with np.errstate(invalid="ignore"):  # a diverged one is no number
        size_of = 1 + np.abs(params_of(steps))
        off, grown = (
            (np.abs(params_of(steps) - params_of(other)) / size_of).max(0) for other in (jumps, nudged)
        )
    is_calm = np.all([getattr(steps, fact) == getattr(nudged, fact) for fact in FACTS], axis=0)
    is_calm &= (grown < CALM) | diverged
    are_facts = np.all([getattr(steps, fact) == getattr(jumps, fact) for fact in FACTS], axis=0)
    differs = np.flatnonzero(is_calm & ~(are_facts & ((off <= 1e-9) | diverged)))
    assert len(differs) < 5e-3 * NUM_NEURONS
    assert (~is_calm).sum() + len(differs) < 0.1 * NUM_NEURONS
    if len(differs):
        some = {key: value[differs] for key, value in values.items()}
        with np.errstate(over="ignore", invalid="ignore"):
            ways = (stepped(x, y, some, NUM_STEPS, config, dtype) for dtype in (np.longdouble, np.float64))
            decided = ~agreed(*ways, config)
        assert decided.all(), f"neurons {differs[~decided]} differ"
