"""Float64 NumPy: what the final params should be, for a few neurons."""

from typing import NamedTuple

import numpy as np
from scipy.special import erf

from experiments.throughput.work import Data, Work

NUM_CHECKED = 64
WITHIN = 1e-3
BLOCK = 1 << 17  # examples × neurons in float64 that stay in a core's cache


class Agreement(NamedTuple):
    """|difference| / (1 + |value|) from the float64 reference, over weights and biases."""

    largest: float
    median: float
    share: float  # of the neurons checked, those with every param within WITHIN


def activate(z: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    """act(z) and act'(z)."""
    if activation == "relu":
        return np.maximum(z, 0), (z > 0).astype(z.dtype)
    if activation == "tanh":
        a = np.tanh(z)
        return a, 1 - a * a
    if activation == "gelu":
        phi = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
        cumulative = 0.5 * (1 + erf(z / np.sqrt(2)))
        return z * cumulative, cumulative + z * phi
    raise ValueError(f"no activation {activation}")


def train(work: Work, data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Train every neuron of `data` in float64."""
    x, y, w, b, learning_rate = (a.astype(np.float64) for a in data)
    size = max(1, BLOCK // len(b))
    for _ in range(work.num_steps):
        grad_w, grad_b = np.zeros_like(w), np.zeros_like(b)
        for start in range(0, len(y), size):
            x_some, y_some = x[start : start + size], y[start : start + size]
            y_hat, slope = activate(w @ x_some.T + b[:, None], work.activation)
            delta = (y_hat - y_some) * slope
            grad_w += delta @ x_some
            grad_b += delta.sum(axis=1)
        w -= learning_rate[:, None] * grad_w / len(y)
        b -= learning_rate * grad_b / len(y)
    return w, b


def checked_neurons(num_neurons: int) -> np.ndarray:
    """The random subset of neurons that is trained in float64 too."""
    chosen = np.random.default_rng(0).permutation(num_neurons)[:NUM_CHECKED]
    return np.sort(chosen)


def agreement(weight: np.ndarray, bias: np.ndarray, reference: tuple[np.ndarray, np.ndarray]) -> Agreement:
    """How far the params of the checked neurons are from their reference."""
    chosen = checked_neurons(len(bias))
    measured = np.column_stack([weight[chosen], bias[chosen]]).astype(np.float64)
    expected = np.column_stack(reference)
    difference = np.abs(measured - expected) / (1 + np.abs(expected))
    difference = np.where(np.isnan(difference), np.inf, difference)
    agree = (difference <= WITHIN).all(axis=1)
    return Agreement(float(difference.max()), float(np.median(difference)), float(agree.mean()))
