"""NumPy, vectorised over neurons and examples: two matrix products per step and in-place ufuncs between.

Tuned: z = [w, b]·[x, 1]ᵀ and the gradient δ·[x, 1] are products by BLAS in float32, one input or several;
neurons in blocks and examples in tiles, so that δ stays in a core's cache; the blocks are shared among as
many threads as there are cores (ufuncs and BLAS let go of the interpreter's lock), BLAS itself on one. Tried:
outer product and sum in place of the product with [x, 1] (1.8 times slower), masked assignment in place of
multiplying by the mask (2.5 to 4 times slower), blocks of 2¹⁵ to 2¹⁹ (2¹⁷, 2¹⁸ are best). erf is a
quotient of polynomials, as scipy's is not vectorised.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController

from experiments.throughput.peers import Train
from experiments.throughput.rational_functions import ERF_LIMIT, ERF_P, ERF_Q
from experiments.throughput.work import Data, Work

NAME = "NumPy, vectorised"
BLOCK = 1 << 18  # neurons × examples held at a time
TILE = 512  # examples


def polynomial(coefficients, s, out):
    np.multiply(s, np.float32(coefficients[0]), out=out)
    for coefficient in coefficients[1:-1]:
        out += np.float32(coefficient)
        out *= s
    out += np.float32(coefficients[-1])


def erf(u, out, s, q):
    """erf(u), in place of scipy's, which is not vectorised; s and q are scratch, u is clipped."""
    np.clip(u, -ERF_LIMIT, ERF_LIMIT, out=u)
    np.multiply(u, u, out=s)
    polynomial(ERF_P, s, out)
    polynomial(ERF_Q, s, q)
    out *= u
    out /= q


def relu_delta(z, y, slope):
    np.greater(z, 0, out=slope)
    z -= y
    z *= slope


def tanh_delta(z, y, slope):
    np.tanh(z, out=z)
    np.multiply(z, z, out=slope)
    np.subtract(1, slope, out=slope)
    z -= y
    z *= slope


def gelu_delta(z, y, slope, cumulative, s, q):
    np.multiply(z, np.float32(np.sqrt(0.5)), out=slope)
    erf(slope, cumulative, s, q)
    cumulative += 1
    cumulative *= np.float32(0.5)
    np.multiply(z, z, out=slope)
    slope *= np.float32(-0.5)
    np.exp(slope, out=slope)
    slope *= z
    slope *= np.float32(1 / np.sqrt(2 * np.pi))
    slope += cumulative
    z *= cumulative
    z -= y
    z *= slope


# What turns z into (act(z) − y)·act'(z), and the scratch arrays it needs.
DELTAS = {
    "relu": (relu_delta, [bool]),
    "tanh": (tanh_delta, [np.float32]),
    "gelu": (gelu_delta, [np.float32] * 4),
}


def can(work: Work) -> bool:
    return work.activation in DELTAS


def prepare(work: Work, data: Data) -> Train:
    delta, scratch_dtypes = DELTAS[work.activation]
    x1 = np.column_stack([data.x, np.ones_like(data.y)])
    tiles = [slice(start, start + TILE) for start in range(0, work.num_examples, TILE)]
    examples = [(np.ascontiguousarray(x1[t].T), np.ascontiguousarray(x1[t]), data.y[t]) for t in tiles]
    params = np.column_stack([data.weight, data.bias])
    rate = data.learning_rate[:, None] / np.float32(work.num_examples)
    tile = min(TILE, work.num_examples)
    num_cores = os.cpu_count() or 1
    size = max(1, min(BLOCK // tile, -(-work.num_neurons // num_cores)))
    pool = ThreadPoolExecutor(num_cores)
    blas = ThreadpoolController()

    def train_block(start):
        p, eta = params[start : start + size].copy(), rate[start : start + size]
        buffers = [np.empty(len(p) * tile, dtype) for dtype in (np.float32, *scratch_dtypes)]
        grad, part = np.empty_like(p), np.empty_like(p)
        for _ in range(work.num_steps):
            grad[...] = 0
            for x1_t, x1, y in examples:
                z, *scratch = (a[: len(p) * len(y)].reshape(len(p), len(y)) for a in buffers)
                np.matmul(p, x1_t, out=z)
                delta(z, y, *scratch)
                grad += np.matmul(z, x1, out=part)
            grad *= eta
            p -= grad
        return p

    def run():
        with blas.limit(limits=1, user_api="blas"):
            p = np.concatenate(list(pool.map(train_block, range(0, work.num_neurons, size))))
        return p[:, :-1].copy(), p[:, -1].copy()

    return run
