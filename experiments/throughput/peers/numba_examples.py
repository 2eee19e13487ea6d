"""Numba: all examples at every step, all steps inside one compiled loop over blocks of neurons.

Tuned: the inner loop runs over a block of 128 neurons, for four examples at a time with ReLU, so that vector
units hold neighbouring neurons and the gradient's sums are read and written once for four examples; vectors
of 512 bits where the CPU has them (LLVM prefers 256 on Intel). Tried: the inner loop over examples for one
neuron (3 to 4 times slower at 64 examples, a quarter at 1 024) and for four neurons (half as fast at 64,
equal at 1 024), eight and sixteen examples at a time (equal), blocks of 32 to 256; 512 bits won a third. tanh
and gelu are quotients of polynomials, as libm's functions are not vectorised: gelu and its slope are
jaxneuron's, which took 0.77 of the time of a quotient for erf and a polynomial for exp; four examples at a
time are half as fast with them. Several inputs: for each block of neurons and tile of examples, two matrix
products by single-threaded BLAS, the blocks in parallel.
"""

from collections.abc import Callable
from functools import cache

import llvmlite.binding as llvm
import numba
import numpy as np
from numba import njit, prange
from threadpoolctl import ThreadpoolController

from experiments.throughput.peers import Train
from experiments.throughput.rational_functions import TANH_LIMIT, TANH_P, TANH_Q
from experiments.throughput.work import Data, Work
from jaxneuron.neuron.rational import GELU_END, GELU_P, GELU_Q, GELU_R

NAME = "Numba, all examples"
BLOCK = 128  # neurons
TILE = 512  # examples, in the products with several inputs
F32 = np.float32


def use_widest_vectors() -> None:
    """Let LLVM use 512-bit vectors; it must be said before the first compilation of the process."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        numba.config.CPU_NAME = llvm.get_host_cpu_name()
        numba.config.CPU_FEATURES = features.flatten() + ",-prefer-256-bit"


use_widest_vectors()
inline = njit(fastmath=True, inline="always")


def polynomial(coefficients: tuple[float, ...]) -> Callable:
    """A compiled polynomial, written out as Horner's scheme: a loop would not be vectorised over neurons."""
    terms = f"F32({coefficients[0]!r})"
    for coefficient in coefficients[1:]:
        terms = f"({terms} * s + F32({coefficient!r}))"
    names = {"F32": F32}
    exec(f"def horner(s):\n    return {terms}", names)
    return inline(names["horner"])


tanh_p, tanh_q = polynomial(TANH_P), polynomial(TANH_Q)
gelu_p, gelu_q, gelu_r = polynomial(GELU_P[::-1]), polynomial(GELU_Q[::-1]), polynomial(GELU_R[::-1])
END, HALF = F32(GELU_END), F32(0.5)


@inline
def relu_delta(z, y):
    return z - y if z > 0 else F32(0)


@inline
def tanh_delta(z, y):
    z = min(max(z, -TANH_LIMIT), TANH_LIMIT)
    s = z * z
    a = z * tanh_p(s) / tanh_q(s)
    return (a - y) * (F32(1) - a * a)


@inline
def gelu_delta(z, y):
    c = min(max(z, -END), END)
    s = c * c
    over_q = c / gelu_q(s)
    return (z * (HALF + over_q * gelu_p(s)) - y) * (HALF + over_q * gelu_r(s))


DELTAS = {"relu": relu_delta, "tanh": tanh_delta, "gelu": gelu_delta}


@cache
def one_input(delta: Callable) -> Callable:
    """The compiled training of neurons with one input; `delta` is (act(z) − y)·act'(z)."""
    four_at_a_time = delta is relu_delta  # the others fill the registers with one

    @njit(parallel=True, fastmath=True)
    def train(x, y, init_weight, init_bias, rate, num_steps):
        num_examples = x.size
        in_fours = num_examples // 4 * 4 if four_at_a_time else 0
        weight, bias = init_weight.copy(), init_bias.copy()
        for block in prange(weight.size // BLOCK):
            w = np.empty(BLOCK, np.float32)
            b = np.empty(BLOCK, np.float32)
            grad_w = np.empty(BLOCK, np.float32)
            grad_b = np.empty(BLOCK, np.float32)
            first = block * BLOCK
            for k in range(BLOCK):
                w[k] = weight[first + k]
                b[k] = bias[first + k]
            for _ in range(num_steps):
                for k in range(BLOCK):
                    grad_w[k] = 0
                    grad_b[k] = 0
                for j in range(0, in_fours, 4):
                    x0, x1, x2, x3 = x[j], x[j + 1], x[j + 2], x[j + 3]
                    y0, y1, y2, y3 = y[j], y[j + 1], y[j + 2], y[j + 3]
                    for k in range(BLOCK):
                        d0 = delta(w[k] * x0 + b[k], y0)
                        d1 = delta(w[k] * x1 + b[k], y1)
                        d2 = delta(w[k] * x2 + b[k], y2)
                        d3 = delta(w[k] * x3 + b[k], y3)
                        grad_w[k] += (d0 * x0 + d1 * x1) + (d2 * x2 + d3 * x3)
                        grad_b[k] += (d0 + d1) + (d2 + d3)
                for j in range(in_fours, num_examples):
                    xj, yj = x[j], y[j]
                    for k in range(BLOCK):
                        d = delta(w[k] * xj + b[k], yj)
                        grad_w[k] += d * xj
                        grad_b[k] += d
                for k in range(BLOCK):
                    w[k] -= rate[first + k] * grad_w[k]
                    b[k] -= rate[first + k] * grad_b[k]
            for k in range(BLOCK):
                weight[first + k] = w[k]
                bias[first + k] = b[k]
        return weight, bias

    return train


@cache
def many_inputs(delta: Callable) -> Callable:
    """The same with several inputs: weights as [blocks, inputs, neurons of a block]."""

    @njit(parallel=True, fastmath=True)
    def train(x, x_t, y, init_weight, init_bias, rate, num_steps):
        num_tiles, tile, num_inputs = x.shape
        weight, bias = init_weight.copy(), init_bias.copy()
        for block in prange(bias.shape[0]):
            w, b, eta = weight[block], bias[block], rate[block]
            z = np.empty((tile, BLOCK), np.float32)
            part = np.empty((num_inputs, BLOCK), np.float32)
            grad_w = np.empty((num_inputs, BLOCK), np.float32)
            grad_b = np.empty(BLOCK, np.float32)
            for _ in range(num_steps):
                grad_w[:] = 0
                grad_b[:] = 0
                for t in range(num_tiles):
                    np.dot(x[t], w, z)
                    length = min(tile, y.size - t * tile)  # the rest is padding
                    for j in range(length):
                        yj = y[t * tile + j]
                        for k in range(BLOCK):
                            d = delta(z[j, k] + b[k], yj)
                            z[j, k] = d
                            grad_b[k] += d
                    z[length:] = 0
                    np.dot(x_t[t], z, part)
                    grad_w += part
                for i in range(num_inputs):
                    for k in range(BLOCK):
                        w[i, k] -= eta[k] * grad_w[i, k]
                for k in range(BLOCK):
                    b[k] -= eta[k] * grad_b[k]
        return weight, bias

    return train


def can(work: Work) -> bool:
    return work.activation in DELTAS


def prepare(work: Work, data: Data) -> Train:
    delta, n, d = DELTAS[work.activation], work.num_neurons, work.num_inputs
    padding = -n % BLOCK  # neurons of learning rate 0 fill the last block
    weight = np.pad(data.weight, ((0, padding), (0, 0)))
    bias = np.pad(data.bias, (0, padding))
    rate = np.pad(data.learning_rate, (0, padding)) / np.float32(work.num_examples)
    if d == 1:
        train = one_input(delta)
        arrays = (data.x[:, 0].copy(), data.y, weight[:, 0].copy(), bias, rate)
    else:
        train = many_inputs(delta)
        tile = min(TILE, work.num_examples)
        x = np.pad(data.x, ((0, -work.num_examples % tile), (0, 0))).reshape(-1, tile, d)
        x_t, in_blocks = x.transpose(0, 2, 1).copy(), (-1, BLOCK)
        weight = weight.reshape(-1, BLOCK, d).transpose(0, 2, 1).copy()
        arrays = (x, x_t, data.y, weight, bias.reshape(in_blocks), rate.reshape(in_blocks))
    blas = ThreadpoolController()

    def run(num_steps=work.num_steps):
        with blas.limit(limits=1, user_api="blas"):
            weight, bias = train(*arrays, num_steps)
        if d > 1:
            weight = weight.transpose(0, 2, 1)
        return weight.reshape(-1, d)[:n].copy(), bias.reshape(-1)[:n].copy()

    run(num_steps=1)
    return run
