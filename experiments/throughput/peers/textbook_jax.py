"""The JAX program of the textbooks: jit(vmap(train_one)), train_one a scan of params − η·grad(loss).

Tuned: one compilation for all neurons and steps, made ahead of time; params stay on the device until the
end. The loss is written with jnp.mean, the examples are not blocked by hand: that is left to XLA.
"""

import jax
import jax.numpy as jnp
import numpy as np

from experiments.throughput.peers import Train
from experiments.throughput.work import Data, Work

NAME = "JAX, textbook"
ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "gelu": lambda z: jax.nn.gelu(z, approximate=False)}


def can(work: Work) -> bool:
    return work.activation in ACTIVATIONS


def prepare(work: Work, data: Data) -> Train:
    x, y, weight, bias, learning_rate = (jax.device_put(a) for a in data)
    act = ACTIVATIONS[work.activation]

    def loss(params, x, y):
        w, b = params
        return jnp.mean(0.5 * (act(x @ w + b) - y) ** 2)

    def train_one(w, b, lr, x, y):
        def step(params, _):
            grads = jax.grad(loss)(params, x, y)
            return jax.tree.map(lambda param, grad: param - lr * grad, params, grads), None

        params, _ = jax.lax.scan(step, (w, b), length=work.num_steps)
        return params

    arrays = (weight, bias, learning_rate, x, y)
    train = jax.jit(jax.vmap(train_one, (0, 0, 0, None, None))).lower(*arrays).compile()

    def run():
        weight, bias = train(*arrays)
        return np.asarray(weight), np.asarray(bias)

    return run
