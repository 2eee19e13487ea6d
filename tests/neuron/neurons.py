"""One neuron to be tested: examples with half-lines, params, and what becomes of it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuron.neuron.params import Params
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.neuron.train import init_state, take_steps, train
from tests.conftest import examples_of

KEY = jax.random.key(0)


def with_half_lines(x, y, precision="float32", num_probes=4):
    """Examples of one input, with as many probes as most data here can need: so data of one length have one
    program."""
    half_lines = find_half_lines(np.asarray(x), np.asarray(y), precision, num_probes)
    return examples_of(x, y, precision)._replace(half_lines=half_lines)


def params_of(weight, bias, precision="float32"):
    """Params of one input, or of as many as there are weights."""
    return Params(jnp.atleast_1d(jnp.asarray(weight, precision)), jnp.asarray(bias, precision))


@partial(jax.jit, static_argnames=("config", "num_steps"))
def train_from(params, hyperparams, examples, config, num_steps):
    """What became of a neuron with these params after some steps."""
    state = init_state(KEY, params, hyperparams, config)
    return train(state, hyperparams, examples, config, num_steps)


@partial(jax.jit, static_argnames=("config", "num_steps"))
def path_from(params, hyperparams, examples, config, num_steps):
    """The state of a neuron with these params after some steps, and its steps."""
    state = init_state(KEY, params, hyperparams, config)
    return take_steps(state, hyperparams, examples, config, num_steps)
