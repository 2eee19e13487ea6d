"""What is known (Yehudai and Shamir, COLT 2020, Theorem 3.1): each example feels one weight and no other.

With z_i = ±w_i and κ = η/d a step takes z_i > 0 to z_i − κ(z_i − 1/√d), and leaves z_i ≤ 0 as it is for ever.
Up to κ = 1 no step crosses 0. So the number K of weights that never move is known at step 0: it is
Binomial(d, ½), and each of them leaves ½(1/√d)² in one of the d losses whose mean is the loss: K/(2d²).
"""

import numpy as np
from scipy.stats import binom

# Hoeffding's inequality bounds P(K < d/4) by exp(−d/8). It falls like exp(−0.1308 d), ln 2 − H(¼) with the
# entropy H: so exp(−d/4) is below it from some d on, and no bound.
EXPONENTS = {"exp(−d/8)": 1 / 8, "exp(−d/4)": 1 / 4}


def share_with(stuck: np.ndarray, num_inputs: int) -> np.ndarray:
    """P(K = stuck)."""
    return binom.pmf(stuck, num_inputs, 0.5)


def share_below_a_quarter(num_inputs: int | np.ndarray) -> np.ndarray:
    """P(K < d/4)."""
    return binom.cdf(np.ceil(np.asarray(num_inputs) / 4) - 1, num_inputs, 0.5)


def final_loss(stuck: int | np.ndarray, num_inputs: int) -> float | np.ndarray:
    """What so many weights that never move leave of the loss."""
    return stuck / (2 * num_inputs**2)
