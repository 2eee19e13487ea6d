"""Numba, one ReLU input: each step's gradient from prefix sums, at a cost logarithmic in the examples.

A neuron's active examples are a half-line of the sorted inputs: all x > −b/w if w > 0, all x < −b/w if w < 0,
all or none if w = 0. Over it Σ(w·x + b − y)·x = w·Σx² + b·Σx − Σxy and Σ(w·x + b − y) = w·Σx + b·n − Σy.
Sorting and summing depend on the data, so they are on the clock.

Tuned: sums in float64, then a float32 table for each end of the line; the binary search is without branches,
level by level for a block of 256 neurons, so that it vectorises into gathers. Tried: the search neuron by
neuron (2 times slower at 64 examples, 6 at 100 000), moving on from the last step's cut (a little faster at
64, slower above), unsigned indices (not vectorised: 2 to 4 times slower), blocks of 64 and 1 024 (equal).
"""

import numpy as np
from numba import njit, prange

from experiments.throughput.peers import Train
from experiments.throughput.peers.numba_examples import use_widest_vectors
from experiments.throughput.work import Data, Work

NAME = "Numba, prefix sums"
BLOCK = 256  # neurons
FARTHEST = np.finfo(np.float32).max

use_widest_vectors()
# Cuts at ±inf and 0/0 are meant: the fast-math flags that forbid them are left out.
FAST_MATH = {"reassoc", "contract", "arcp", "nsz"}


def sums_of_half_lines(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted inputs, padded to 2ᵏ − 1, and means of 1, x, x², y, xy over the half-lines at each cut.

    A cut c has c inputs below it. Columns c hold the half-line below, columns 2ᵏ + c the one above.
    """
    order = np.argsort(x)
    x_sorted, y_sorted = x[order].astype(np.float64), y[order].astype(np.float64)
    num_cuts = 1 << len(x).bit_length()
    terms = (np.ones_like(x_sorted), x_sorted, x_sorted**2, y_sorted, x_sorted * y_sorted)
    sums = np.empty((len(terms), 2, num_cuts), np.float32)
    for term, (below, above) in zip(terms, sums, strict=True):
        prefix = np.concatenate([[0.0], np.cumsum(term)]) / len(x)
        below[: len(prefix)], below[len(prefix) :] = prefix, prefix[-1]
        above[: len(prefix)], above[len(prefix) :] = prefix[-1] - prefix, 0
    padded = np.full(num_cuts - 1, FARTHEST, np.float32)
    padded[: len(x)] = x_sorted
    return padded, sums.reshape(len(terms), -1)


@njit(parallel=True, fastmath=FAST_MATH)
def train(x, sums, init_weight, init_bias, learning_rate, num_steps):
    num_cuts = x.size + 1
    weight, bias = init_weight.copy(), init_bias.copy()
    for block in prange(weight.size // BLOCK):
        first = block * BLOCK
        cut_at = np.empty(BLOCK, np.float32)
        cut = np.empty(BLOCK, np.int32)
        for _ in range(num_steps):
            for k in range(BLOCK):
                w, b = weight[first + k], bias[first + k]
                everywhere = -FARTHEST if b > 0 else FARTHEST
                cut_at[k] = -b / w if w != 0 else everywhere
                cut[k] = 0
            half = num_cuts >> 1
            while half > 0:
                for k in range(BLOCK):
                    c = cut[k]
                    cut[k] = c + (half if x[c + half - 1] <= cut_at[k] else 0)
                half >>= 1
            for k in range(BLOCK):
                i = first + k
                w, b = weight[i], bias[i]
                c = cut[k] + (num_cuts if w >= 0 else 0)
                n, sum_x, sum_xx, sum_y, sum_xy = sums[0, c], sums[1, c], sums[2, c], sums[3, c], sums[4, c]
                weight[i] = w - learning_rate[i] * (w * sum_xx + b * sum_x - sum_xy)
                bias[i] = b - learning_rate[i] * (w * sum_x + b * n - sum_y)
    return weight, bias


def can(work: Work) -> bool:
    return work.activation == "relu" and work.num_inputs == 1


def why_not(work: Work) -> str:
    return "one input and ReLU only"


def measured_part(work: Work) -> tuple[int, int]:
    # Its cost hardly grows with the examples; a short trial would measure their sorting.
    return work.num_neurons, work.num_steps


def prepare(work: Work, data: Data) -> Train:
    n = work.num_neurons
    padding = -n % BLOCK  # neurons of learning rate 0 fill the last block
    weight, bias, learning_rate = (
        np.pad(a, (0, padding)) for a in (data.weight[:, 0], data.bias, data.learning_rate)
    )
    x, y = data.x[:, 0].copy(), data.y

    def run(num_steps=work.num_steps):
        trained = train(*sums_of_half_lines(x, y), weight, bias, learning_rate, num_steps)
        return trained[0][:n, None].copy(), trained[1][:n].copy()

    run(num_steps=1)
    return run
