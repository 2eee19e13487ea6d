"""Where gradients are squared, up to the scale that is refused: fates in float32 are those in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.train import Config
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from jaxneuron.study.data import load
from jaxneuron.study.sources import Arrays
from tests.conftest import examples_of

NUM_NEURONS = 512


def fates(x, y, values, precision, optimizer):
    with jax.enable_x64(precision == "float64"):
        swept = {name: jnp.asarray(value, precision) for name, value in values.items()}
        places = jnp.arange(NUM_NEURONS, dtype=jnp.uint32), jnp.zeros(NUM_NEURONS, jnp.uint32)
        start, examples = Start(jax.random.key(0), {}, {}), examples_of(x, y, precision)
        trained = train_population(*places, swept, start, examples, Config(optimizer=optimizer), 300)
        return np.asarray(trained.fate)


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
