"""What is known of a neuron with one example: while it is active, z ← z − κ(z − y), so that each step
multiplies z − y by 1 − κ, and once z ≤ 0 it stays as it is."""

import numpy as np
from scipy.stats import norm

ALIVE = -1


def death_step(z: np.ndarray, target: np.ndarray, kappa: np.ndarray) -> np.ndarray:
    """The step from which a neuron is silent, by its first z, its target and κ: 0 born dead, −1 never.

    For a target above 0: up to κ = 1 it never crosses, up to 2 only the first step can take it across, and
    beyond 2 it swings out, below the target at odd steps from above it and at even ones from below. For a
    target below 0 it comes down to it: at once from κ = 1 on.
    """
    apart, swing = abs(z - target), kappa - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        swings = np.maximum(np.ceil(np.log(target / apart) / np.log(swing)), 1)
        parity = np.where(z > target, 1, 0)
        swings = np.where(swings % 2 == parity, swings, swings + 1)
        comes_down = np.maximum(np.ceil(np.log(-target / (z - target)) / np.log(1 - kappa)), 1)
    for_good = [
        z <= 0,
        (target < 0) & (kappa < 1),
        target < 0,
        kappa > 2,
        (kappa > 1) & (z > target) & (swing * apart >= target),
    ]
    return np.select(for_good, [0, comes_down, 1, swings, 1], ALIVE).astype(int)


def share_alive(target: np.ndarray, kappa: np.ndarray, spread: float) -> np.ndarray:
    """P(alive) for z₀ ~ N(0, spread²)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        thrown_across = norm.cdf(kappa * target / ((kappa - 1) * spread)) - 0.5
    return np.select([target < 0, kappa <= 1, kappa < 2], [0.0, 0.5, thrown_across], 0.0)
