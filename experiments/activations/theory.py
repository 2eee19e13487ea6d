"""What is known: how many ReLU neurons with one input and a given bias are born dead."""

import numpy as np
from scipy.stats import norm


def share_born_dead(init_bias: np.ndarray, smallest: float, largest: float) -> np.ndarray:
    """P(W·x + b ≤ 0 on every example) for W ~ N(0, 1) and inputs on both sides of 0, elementwise.

    With b < 0 these are the W from b/|smallest| to |b|/largest; with b ≥ 0 none.
    """
    reach = np.maximum(-init_bias, 0)
    return norm.cdf(reach / largest) - norm.cdf(reach / smallest)
