"""What is known of the share born dead, and of the share that dies where the bias is not trained.

A neuron is silent where z = w·x + b ≤ 0 at the smallest and at the largest input, low and high, none of them
0: between them z is a line. Weights start as w ~ N(0, spread²).
"""

import numpy as np
from scipy.stats import norm


def born_dead(bias: np.ndarray, low: float, high: float, spread: float = 1.0) -> np.ndarray:
    """Share born dead, for a bias that starts at the same value for all."""
    # w·x + b ≤ 0 bounds w from above where x > 0, and from below where x < 0.
    above = [-bias / x for x in (low, high) if x > 0]
    below = [-bias / x for x in (low, high) if x < 0]
    largest = np.min(above, axis=0) if above else np.inf
    smallest = np.max(below, axis=0) if below else -np.inf
    return np.maximum(norm.cdf(largest / spread) - norm.cdf(smallest / spread), 0.0)


def born_dead_of_drawn(std: np.ndarray, low: float, high: float, spread: float = 1.0) -> np.ndarray:
    """Share born dead, for b ~ N(0, std²): (w, b) must point into a wedge, whose angle is a share of 2π."""
    return 0.5 - (np.arctan(high * spread / std) - np.arctan(low * spread / std)) / (2 * np.pi)


def died_untrained(
    bias: np.ndarray, rate: np.ndarray, x: np.ndarray, y: np.ndarray, spread: float = 1.0
) -> np.ndarray:
    """Share that dies while the bias stays what it is, for biases and rates that broadcast, NaN if not known.

    With inputs on both sides of 0 no weight silences a neuron whose bias is at least 0, but 0 itself. With
    all inputs above 0 and a bias of 0, all examples are active while w > 0, and a step takes w − w* to
    (1 − κ)(w − w*), κ = η·mean x². As with one example w is thrown across 0, from where it does not return,
    never up to κ = 1, at the first step or never up to κ = 2, and in the end always beyond.
    """
    kappa, fit = rate * np.mean(x**2), np.mean(x * y) / np.mean(x**2)
    if x.min() < 0 < x.max():
        return np.where((bias >= 0) & (kappa >= 0), 0.0, np.nan)
    with np.errstate(divide="ignore"):
        thrown = norm.sf(kappa * fit / ((kappa - 1) * spread))
    return np.where(bias == 0, np.select([kappa <= 1, kappa < 2], [0.0, thrown], 0.5), np.nan)
