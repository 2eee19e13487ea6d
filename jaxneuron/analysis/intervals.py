"""Intervals for shares, for differences of shares, for rates and for medians.

No part of SciPy is imported before it is used; `scipy.stats`, which takes longest, is not used at all.
"""

import itertools
import math
from functools import lru_cache
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import scipy

CONFIDENCE = 0.95
MOST_ADDED_UP = 1000  # neurons whose binomial distribution is added up, term by term


class Share(NamedTuple):
    """Counts of neurons and the shares that they are, each with its interval (Wilson 1927)."""

    number: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def at(self, index: Any) -> "Share":
        """The shares at an index, as of an array."""
        return Share(*(values[index] for values in self))


def share_of(number: np.ndarray, total: np.ndarray) -> Share:
    """The share number/total, elementwise, with its interval; NaN where the total is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return Share(number, number / total, *wilson(number, total))


def wilson(
    count: np.ndarray, total: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the share count/total, elementwise; NaN where the total is 0.

    Wilson 1927: the shares at which what was counted is just not too far off. Unlike the normal interval it
    holds for shares of 0 and 1 and for few neurons.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    count, total = np.asarray(count, float), np.asarray(total, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = count / total
        centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
        half = z / (1 + z**2 / total) * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    # Rounding must not exclude a share that was seen in none or in all.
    low, high = np.where(count == 0, 0.0, centre - half), np.where(count == total, 1.0, centre + half)
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def clopper_pearson(
    count: np.ndarray, total: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the share count/total, elementwise; NaN where the total is 0. It need not be whole.

    Clopper and Pearson 1934: it holds the truth at least as often as it says, at every share and number, and
    for confidences near 1, where Wilson's does not; the price is that it is a little wide.
    """
    tail = (1 - confidence) / 2
    count, total = np.broadcast_arrays(np.asarray(count, float), np.asarray(total, float))
    others = np.maximum(total - count, 0)
    # At the ends scipy's inverse has no meaning: 0 of n leaves no room below, n of n none above.
    # Of less than one, as weights make of a few, nothing is known from below either.
    low = np.where(count >= 1, _beta_quantile(np.where(count >= 1, count, 1), others + 1, tail), 0.0)
    high = np.where(others > 0, _beta_quantile(count + 1, np.where(others > 0, others, 1), 1 - tail), 1.0)
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def _beta_quantile(a: np.ndarray, b: np.ndarray, probability: float) -> np.ndarray:
    """The quantile of beta distributions, elementwise.

    SciPy's own is off by a factor for a few large numbers (1000 of 1.3·10⁸, in 1.17 and 1.18), so it is put
    back, and where it does not fit found anew.
    """
    found = np.asarray(scipy.special.betaincinv(a, b, probability))
    is_off = abs(scipy.special.betainc(a, b, found) - probability) > 1e-6 * min(probability, 1 - probability)
    if is_off.any():
        from scipy.optimize.elementwise import find_root

        some = a[is_off], b[is_off]

        def excess(log: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return scipy.special.betainc(a, b, np.exp(log)) - probability

        log = find_root(excess, (-100.0, 0.0), args=some)
        found[is_off] = np.exp(log.x)
    return found


def difference(
    count_a: np.ndarray, total_a: np.ndarray, count_b: np.ndarray, total_b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the difference count_a/total_a − count_b/total_b, elementwise; NaN where a total is 0.

    Newcombe 1998, method 10 (SciPy has none): the distances from both shares to the ends of their Wilson
    intervals, added as errors that have nothing to do with one another.
    """
    a, b = (share_of(*map(np.asarray, pair)) for pair in ((count_a, total_a), (count_b, total_b)))
    found = a.share - b.share
    below, above = np.hypot(a.share - a.low, b.high - b.share), np.hypot(a.high - a.share, b.share - b.low)
    return found - below, found + above


def rate(
    events: np.ndarray, exposure: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the rate events/exposure, elementwise, per unit of the exposure; NaN where that is 0.

    Garwood 1936: exact for a Poisson count. SciPy has only the distribution (half of a chi-square one).
    """
    tail = (1 - confidence) / 2
    events, exposure = np.asarray(events, float), np.asarray(exposure, float)
    low = np.where(events > 0, scipy.special.gammaincinv(np.maximum(events, 1), tail), 0.0)
    high = scipy.special.gammaincinv(events + 1, 1 - tail)
    known = np.where(exposure > 0, exposure, np.nan)
    return low / known, high / known


def rank_below_median(total: np.ndarray) -> np.ndarray:
    """The rank, from 0 on, of the largest of so many values that lies below the median of their distribution
    with a confidence of 97.5 %, elementwise; -1 where there are too few values for that.

    So many as this one lies from the first, another lies above the median from the last.
    """
    numbers, places = np.unique(total, return_inverse=True)
    ranks = np.array([_rank_below_median(number) for number in numbers.tolist()], int)
    return ranks[places].reshape(np.shape(total))


@lru_cache(None)
def _rank_below_median(total: int) -> int:
    """How many of so many values lie below the median is a binomial number of probability ½: its quantile
    of 2.5 % is the first number that is not too small."""
    tail = (1 - CONFIDENCE) / 2
    if total <= MOST_ADDED_UP:
        ways = itertools.accumulate(math.comb(total, number) for number in range(total + 1))
        return next(number for number, way in enumerate(ways) if way >= tail * 2.0**total) - 1
    return math.ceil(scipy.special.bdtrik(tail, total, 0.5)) - 1
