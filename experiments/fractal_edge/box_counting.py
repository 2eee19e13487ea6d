"""Two ways to the dimension of a boundary, from the ends of points of the unit square.

Boxes: is the boundary in a random box of side ε? The share of those that it is in is N(ε)·ε², as N(ε) boxes
of the plane hold it, and goes by ε^(2 − D). A box is looked at in POINTS × POINTS points at every scale, so
what these miss is missed at every scale alike.

Pairs: is the end of a random point another one at a distance ε, in a random direction? The share of those
whose end is goes by εᵅ, and α = 2 − D (Grebogi, McDonald, Ott and Yorke 1983).

No picture need hold all boxes, so the scales reach as far as numbers do.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

POINTS = 8
WINDOWS = 8  # a side, into which the square is cut for the interval
RESAMPLES = 1000

Ends = Callable[[np.ndarray], np.ndarray]  # of points[..., 2]


class Shares(NamedTuple):
    """For each scale ε and each window: how many of the tries, the same number in all, hit the boundary."""

    scales: np.ndarray  # [scales]
    hits: np.ndarray  # [scales, windows]
    tries: int  # in a window

    @property
    def share(self) -> np.ndarray:
        """Of all tries at each scale."""
        return self.hits.mean(-1) / self.tries


class Estimate(NamedTuple):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


def boxes(ends_of: Ends, scales: np.ndarray, tries: int, rng: np.random.Generator) -> Shares:
    """Random boxes of every side: which the boundary is in."""
    grid = np.stack(np.meshgrid(*[(np.arange(POINTS) + 0.5) / POINTS] * 2), -1).reshape(-1, 2)
    hits = []
    for scale in scales:
        corners = random_points(tries, rng)
        ends = ends_of(corners[..., None, :] + scale * grid)
        hits.append(np.count_nonzero(ends.max(-1) != ends.min(-1), axis=-1))
    return Shares(scales, np.array(hits), tries)


def pairs(ends_of: Ends, scales: np.ndarray, tries: int, rng: np.random.Generator) -> Shares:
    """Random pairs at every distance: which end differently."""
    hits = []
    for scale in scales:
        one = random_points(tries, rng)
        angle = rng.uniform(0, 2 * np.pi, one.shape[:-1])
        other = one + scale * np.stack([np.cos(angle), np.sin(angle)], -1)
        ends = ends_of(np.stack([one, other]))
        hits.append(np.count_nonzero(ends[0] != ends[1], axis=-1))
    return Shares(scales, np.array(hits), tries)


def dimension_of(shares: Shares, rng: np.random.Generator) -> Estimate:
    """2 − α of shares ~ εᵅ, with the interval of a bootstrap in which windows and scales are drawn again: the
    share may differ from place to place, and wave about its power law."""
    num_scales, num_windows = shares.hits.shape
    found = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(num_scales, size=num_scales)
        if np.ptp(chosen) > 0:
            hits = shares.hits[chosen][:, rng.integers(num_windows, size=num_windows)].sum(-1)
            found.append(2 - _slope(shares.scales[chosen], hits))
    low, high = np.nanquantile(found, (0.025, 0.975))
    return Estimate(float(2 - _slope(shares.scales, shares.hits.sum(-1))), float(low), float(high))


def _slope(scales: np.ndarray, hits: np.ndarray) -> float:
    """Of log hits against log scale, by least squares, each weighted by its hits: they are the inverse of its
    variance."""
    seen = hits > 0
    if not seen.any() or np.ptp(scales[seen]) == 0:
        return np.nan
    x, y, weight = np.log(scales[seen]), np.log(hits[seen]), hits[seen]
    x = x - np.average(x, weights=weight)
    return np.sum(weight * x * y) / np.sum(weight * x**2)


def random_points(tries: int, rng: np.random.Generator) -> np.ndarray:
    """So many in each window: [windows, tries, 2]."""
    corners = np.stack(np.meshgrid(*[np.arange(WINDOWS) / WINDOWS] * 2), -1).reshape(-1, 1, 2)
    return corners + rng.random((WINDOWS**2, tries, 2)) / WINDOWS
