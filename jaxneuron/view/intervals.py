"""Intervals for shares."""

import numpy as np
from scipy.stats import norm

CONFIDENCE = 0.95


def wilson(
    count: np.ndarray, total: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the share count/total, elementwise; NaN where the total is 0.

    Wilson 1927: the shares at which what was counted is just not too far off. Unlike the normal interval it
    holds for shares of 0 and 1 and for few neurons.
    """
    z = norm.ppf((1 + confidence) / 2)
    count, total = np.asarray(count, float), np.asarray(total, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = count / total
        centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
        half = z / (1 + z**2 / total) * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    # Rounding must not exclude a share that was seen in none or in all.
    low, high = np.where(count == 0, 0.0, centre - half), np.where(count == total, 1.0, centre + half)
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)
