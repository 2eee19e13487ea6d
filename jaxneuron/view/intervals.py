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


def difference(
    count: np.ndarray,
    total: np.ndarray,
    other_count: np.ndarray,
    other_total: np.ndarray,
    confidence: float = CONFIDENCE,
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of count/total − other_count/other_total, elementwise; NaN where a total is 0.

    Newcombe 1998, method 10: the distances of both shares to the ends of their Wilson intervals, added as
    the sides of a right angle are.
    """
    (low, high), (other_low, other_high) = (
        wilson(count, total, confidence),
        wilson(other_count, other_total, confidence),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        share, other = np.asarray(count, float) / total, np.asarray(other_count, float) / other_total
    apart = share - other
    return (
        apart - np.hypot(share - low, other_high - other),
        apart + np.hypot(high - share, other - other_low),
    )
