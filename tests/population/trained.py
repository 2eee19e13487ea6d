"""Neurons with values of their own, trained by the package."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population

KEY = jax.random.key(0)


def train_values(values, examples, config, num_steps, **options):
    """What became of neurons with these values [neurons, …], as NumPy arrays; each has a cell of its own."""
    swept = {name: jnp.asarray(value, examples.y.dtype) for name, value in values.items()}
    cells = np.arange(len(swept["learning_rate"]), dtype=np.uint32)
    num_steps = float(num_steps) if config.method == "jumps" else num_steps
    start = Start(KEY, {}, {})
    found = train_population(
        cells, np.zeros_like(cells), swept, start, examples, config, num_steps, **options
    )
    return jax.tree.map(np.asarray, found)
