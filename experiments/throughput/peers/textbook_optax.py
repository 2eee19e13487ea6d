"""The textbook program with optax: inject_hyperparams(sgd), whose learning rate is each neuron's own.

Tuned as textbook_jax is; the optimizer is made inside the mapped function, so that optax sees scalars.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.throughput.peers import Train
from experiments.throughput.work import Data, Work

NAME = "optax, textbook"
ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "gelu": lambda z: jax.nn.gelu(z, approximate=False)}


def can(work: Work) -> bool:
    return work.activation in ACTIVATIONS


def prepare(work: Work, data: Data) -> Train:
    x, y, weight, bias, learning_rate = (jax.device_put(a) for a in data)
    act = ACTIVATIONS[work.activation]

    def loss(params, x, y):
        z = x @ params["weight"] + params["bias"]
        return jnp.mean(optax.squared_error(act(z), y) / 2)

    def train_one(w, b, lr, x, y):
        optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=lr)
        params = {"weight": w, "bias": b}

        def step(carry, _):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return (optax.apply_updates(params, updates), state), None

        (params, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), length=work.num_steps)
        return params

    arrays = (weight, bias, learning_rate, x, y)
    train = jax.jit(jax.vmap(train_one, (0, 0, 0, None, None))).lower(*arrays).compile()

    def run():
        params = train(*arrays)
        return np.asarray(params["weight"]), np.asarray(params["bias"])

    return run
