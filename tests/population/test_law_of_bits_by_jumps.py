"""The law of bits by jumps: a neuron takes the same turns whoever stands beside it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.neuron.train import Trained
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from tests.neuron.neurons import with_half_lines
from tests.population.special_data import data_of

# Neurons of several blocks; each number of them is compiled anew, which takes longer than the rest.
NUM_EXAMPLES, NUM_NEURONS, FEW = 33, 600, 7
CONFIG = Config(gradient="moments", method="jumps")


@pytest.mark.thorough
@pytest.mark.parametrize("precision", ["float64"], indirect=True)
def test_neighbours_change_no_bit(precision):
    rng = np.random.default_rng(8)
    x, y = data_of("normal", NUM_EXAMPLES, rng)
    examples = with_half_lines(x, y, "float64")
    values = {
        "learning_rate": rng.permutation(stability_limit(x[:, None]) * np.geomspace(1e-3, 3.0, NUM_NEURONS)),
        "init_weight": rng.normal(size=NUM_NEURONS),
        "init_bias": rng.normal(size=NUM_NEURONS),
    }

    def train(some, num_steps):
        swept = {name: jnp.asarray(value[some]) for name, value in values.items()}
        start = Start(jax.random.key(0), {}, {})
        places = np.asarray(some, np.uint32), np.zeros(len(some), np.uint32)
        is_whole = len(some) == NUM_NEURONS  # for a few, the program that dates divergence is left out
        found = train_population(
            *places, swept, start, examples, CONFIG, float(num_steps), find_diverge_steps=is_whole
        )
        return [np.column_stack([np.asarray(leaf) for leaf in jax.tree.leaves(value)]) for value in found]

    for num_steps in (5000, float("inf")):
        whole = train(np.arange(NUM_NEURONS), num_steps)
        # Of as many, about a third does not come, and others come several times.
        drawn = [rng.integers(NUM_NEURONS, size=NUM_NEURONS) for _ in range(3)]
        drawn += [rng.permutation(NUM_NEURONS)[:FEW] for _ in range(20)]
        for some in drawn:
            for name, want, got in zip(Trained._fields, whole, train(some, num_steps), strict=True):
                if name == "diverge_step" and len(some) == FEW:
                    continue
                assert want.dtype == got.dtype
                differ = want[some].reshape(-1).view(np.uint8) != got.reshape(-1).view(np.uint8)
                assert not differ.any(), f"{name} among {len(some)}"
