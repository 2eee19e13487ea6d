"""What is known of the study: one example, target γ, heavy ball with velocity v ← βv + g and z ← z − κv.

While the neuron is active its error z − γ is e_t times the first one, with e_{−1} = e_0 = 1 and
e_{t+1} = (1 + β − κ)e_t − βe_{t−1}. It dies where the first swing to the other side, of m = min e_t, takes z
to 0 or below: then it has no gradient, and its velocity carries it further down.
"""

import math

import numpy as np
from scipy.stats import norm

SWING = 10_000  # steps in which the first swing has come


def smallest_that_dies(momentum: float, kappa: float) -> float:
    """ρ: a neuron dies where z₀ ≥ ρ·γ; infinite where the error never changes its sign."""
    before = error = 1.0
    smallest = 0.0
    for _ in range(SWING):
        before, error = error, (1 + momentum - kappa) * error - momentum * before
        smallest = min(smallest, error)
    return 1 + 1 / abs(smallest) if smallest < 0 else math.inf


def share_alive(target: np.ndarray, momentum: float, kappa: float) -> np.ndarray:
    """P(alive) for targets γ [...] and z₀ ~ N(0, 1): born dead are those with z₀ ≤ 0."""
    return norm.cdf(smallest_that_dies(momentum, kappa) * target) - 0.5
