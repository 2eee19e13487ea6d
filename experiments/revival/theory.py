"""When weight decay revives a silent neuron, and how far Adam coasts."""

import numpy as np
from scipy.stats import norm


def revival_step(weight: np.ndarray, bias: np.ndarray, x: float, shrink: np.ndarray) -> np.ndarray:
    """The first step at which z = w·(1 − η·λ)ᵗ·x + b is above 0, for w < 0 < b and z ≤ 0 at step 0.

    `x` is the smallest input, above 0, and `shrink` η·λ, below 1.
    """
    return np.floor(np.log(bias / (-weight * x)) / np.log1p(-shrink)) + 1


def share_silent(bias: np.ndarray, x: float, shrink: np.ndarray, num_steps: int) -> np.ndarray:
    """The share of neurons with w ~ N(0, 1) that are silent at all of the steps 0 … num_steps."""
    return norm.cdf(-bias / (x * (1 - shrink) ** num_steps))


def adam_coast(beta1: float, beta2: float) -> float:
    """How far Adam goes on when the gradient is 0, in units of its last update: r + r² + …, r = β₁/√β₂."""
    ratio = beta1 / np.sqrt(beta2)
    return ratio / (1 - ratio)
