"""The law of bits by jumps: a neuron takes the same turns whoever stands beside it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.half_lines import find_half_lines
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.neuron.train import Config, Trained
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from tests.conftest import examples_of
from tests.population.special_data import data_of

NUM_EXAMPLES, NUM_NEURONS = 33, 256
CONFIG = Config(gradient="moments", method="jumps")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("number", "sizes"),
    [
        # One program, in which each has other neighbours and another place.
        (NUM_NEURONS, [(NUM_NEURONS, 5)]),
        # Several blocks, and one of a few.
        (1000, [(7, 20)]),
    ],
)
@pytest.mark.parametrize("precision", ["float64"], indirect=True)
def test_neighbours_change_no_bit(number, sizes, precision):
    rng = np.random.default_rng(8)
    x, y = data_of("normal", NUM_EXAMPLES, rng)
    examples = examples_of(x, y, "float64")._replace(half_lines=find_half_lines(x, y, "float64"))
    values = {
        "learning_rate": rng.permutation(stability_limit(x[:, None]) * np.geomspace(1e-3, 3.0, number)),
        "init_weight": rng.normal(size=number),
        "init_bias": rng.normal(size=number),
    }

    def train(some, num_steps):
        swept = {name: jnp.asarray(value[some]) for name, value in values.items()}
        start = Start(jax.random.key(0), {}, {})
        places = np.asarray(some, np.uint32), np.zeros(len(some), np.uint32)
        found = train_population(*places, swept, start, examples, CONFIG, float(num_steps))
        return [np.column_stack([np.asarray(leaf) for leaf in jax.tree.leaves(value)]) for value in found]

    for num_steps in (5000, float("inf")):
        whole = train(np.arange(number), num_steps)
        for size, many in sizes:
            for _ in range(many):
                # Among fewer all are others; of all, a half comes twice and the other half not at all.
                some = rng.permutation(number)[:size] if size < number else rng.integers(number, size=size)
                for name, want, got in zip(Trained._fields, whole, train(some, num_steps), strict=True):
                    assert want.dtype == got.dtype
                    differ = want[some].reshape(-1).view(np.uint8) != got.reshape(-1).view(np.uint8)
                    assert not differ.any(), f"{name} among {size}"
