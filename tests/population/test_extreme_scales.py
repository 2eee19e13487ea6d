"""Where gradients are squared, up to the scale that is refused: fates in float32 are those in float64."""

import jax
import numpy as np
import pytest

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.study.data import load
from jaxneuron.study.sources import Arrays
from tests.conftest import examples_of
from tests.population.trained import train_values

NUM_NEURONS = 512


def fates(x, y, values, precision, optimizer):
    with jax.enable_x64(precision == "float64"):
        return train_values(values, examples_of(x, y, precision), Config(optimizer=optimizer), 300).fate


@pytest.mark.thorough
@pytest.mark.parametrize(("optimizer", "scale"), [("adam", 1.0), ("adam", 3e8), ("adagrad", 1e-15)])
def test_up_to_the_scale_that_is_refused_fates_are_those_of_float64(optimizer, scale):
    rng = np.random.default_rng(0)
    x = rng.normal(size=32)
    y = (np.maximum(0, 1.2 * x + 0.3) + 0.1 * rng.normal(size=32)) * scale
    x = x * scale
    load(Arrays(x=x.tolist(), y=y.tolist()))[0].check_size("float32", optimizer)
    values = {
        "learning_rate": np.geomspace(1e-3, 3, NUM_NEURONS),
        "init_weight": rng.normal(size=NUM_NEURONS),
        "init_bias": rng.uniform(-2, 2, NUM_NEURONS) * scale,
    }
    single, double = (fates(x, y, values, precision, optimizer) for precision in ("float32", "float64"))
    np.testing.assert_array_equal(single, double)
    assert (double == Fate.died).sum() > 10
