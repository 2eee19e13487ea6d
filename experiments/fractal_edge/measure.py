"""The numbers of a case: the shares of its ends, and its dimension in up to three ways."""

from functools import partial
from typing import Any

import numpy as np

from experiments.fractal_edge.box_counting import (
    Estimate,
    Shares,
    boxes,
    dimension_of,
    pairs,
    random_points,
)
from experiments.fractal_edge.cases import Case
from experiments.fractal_edge.fates import End, Plane, ends_of
from experiments.fractal_edge.precision import MAX_STEPS
from experiments.fractal_edge.stepping import step_to_end

STEPPED = 256  # neurons of each window whose growth is followed
ENOUGH = 10  # hits of a scale: with fewer it says nothing


def scales_of(case: Case) -> np.ndarray:
    """ε two to a decade."""
    first, last = case.decades
    return np.logspace(-first, -last, round(2 * (last - first)) + 1)


def measure(case: Case, rng: np.random.Generator) -> dict[str, Any]:
    """The numbers of a case, as JSON has them."""
    ends, scales = partial(ends_of, case.plane), scales_of(case)
    sample = ends(random_points(256, rng)).ravel()
    ways = {"boxes": boxes(ends, scales, case.boxes, rng), "pairs": pairs(ends, scales, case.pairs, rng)}
    if case.plane.train_bias and {case.plane.across[0], case.plane.up[0]} == {"init_weight", "init_bias"}:
        ways["growth"] = growth(case.plane, scales, STEPPED, rng)
    dimension = {name: dimension_of(way, rng) for name, way in ways.items() if _says(way)}
    return {
        "name": case.plane.name,
        "known": case.known,
        "ends": {end.name: float(np.mean(sample == end)) for end in End},
        "scales": scales.tolist(),
        "shares": {name: way.share.tolist() for name, way in ways.items()},
        "hits": {name: way.hits.sum(-1).tolist() for name, way in ways.items()},
        "dimension": dimension,
        "agree": agree(dimension["boxes"], dimension["pairs"]),
        "halves": {
            name: [dimension_of(half, rng) for half in _halves(ways[name])] for name in ("boxes", "pairs")
        },
    }


def growth(plane: Plane, scales: np.ndarray, tries: int, rng: np.random.Generator) -> Shares:
    """The neurons on whose path a nudge of ε grows to 1 before their active examples change for the last
    time, which decides their end."""
    points = random_points(tries, rng)
    grown = step_to_end(plane, points.reshape(-1, 2), np.float64, MAX_STEPS).growth.reshape(points.shape[:-1])
    return Shares(scales, np.stack([np.sum(grown > -np.log(scale), -1) for scale in scales]), tries)


def _halves(shares: Shares) -> tuple[Shares, Shares]:
    """Of those scales that have hits enough, the coarse half and the fine one."""
    enough = np.flatnonzero(shares.hits.sum(-1) >= ENOUGH)
    middle = (len(enough) + 1) // 2
    coarse, fine = (
        shares._replace(scales=shares.scales[part], hits=shares.hits[part])
        for part in (enough[:middle], enough[middle:])
    )
    return coarse, fine


def _says(shares: Shares) -> bool:
    """Whether enough scales have hits: where no nudge grows, growth says nothing of a dimension above 1."""
    return bool(np.count_nonzero(shares.hits.sum(-1) >= ENOUGH) >= 4)


def agree(one: Estimate, other: Estimate) -> bool:
    """Whether two intervals have a number in common."""
    return max(one.low, other.low) <= min(one.high, other.high)
