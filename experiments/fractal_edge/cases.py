"""The planes that are looked at: data, what spans the plane, and what is known of the boundary in it."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import root_scalar

from experiments.fractal_edge.fates import Plane
from jaxneuron import read_study
from jaxneuron.study.data import load

ENGEL = Path(__file__).parents[1] / "engel" / "study.toml"
START = ("init_weight", -4.0, 4.0), ("init_bias", -4.0, 4.0)


class Case(NamedTuple):
    """A plane; the decades of 1/ε between which the dimension is estimated; the tries of pairs and of boxes
    in each of the 64 windows; and the dimension where it is known."""

    plane: Plane
    decades: tuple[float, float]
    pairs: int
    boxes: int
    known: float | None = None


def cantor_dimension(first: float, second: float) -> float:
    """s of first⁻ˢ + second⁻ˢ = 1, of a set that is two copies of itself, so much smaller (Moran 1946)."""
    return float(root_scalar(lambda s: first**-s + second**-s - 1, bracket=(1e-9, 1)).root)


def limit_of(x: np.ndarray) -> float:
    """2/λ of the Hessian with every example active, weight and bias trained."""
    features = np.stack([x, np.ones_like(x)], -1)
    return float(2 / np.linalg.eigvalsh(features.T @ features / len(x))[-1])


def _one_weight() -> Plane:
    """Two examples on either side of 0 and no bias: with w = γ·u, for targets scaled by γ, a step takes u > 0
    to 5 − 4u and u < 0 to −1.5 − 0.5u. Whoever is beyond the cycle of two steps, u > 4 or u < −11, diverges,
    and does so slowly: it is stepped until that is plain, not beyond all numbers."""
    x = np.array([2.0, -2 * math.sqrt(0.3)])
    return Plane(
        *("two examples, one weight", x, np.abs(x), False),
        *(("init_weight", -12.0, 6.0), ("target_scale", 0.5, 1.5)),
        {"init_bias": 0.0, "learning_rate": 2.5},
        num_steps=400,
    )


def _small(name: str, x: list[float], y: list[float], limits: float) -> Plane:
    inputs = np.array(x, float)
    return Plane(name, inputs, np.array(y, float), True, *START, {"learning_rate": limits * limit_of(inputs)})


def _cases() -> dict[str, Case]:
    (data,) = load(read_study(ENGEL).data)
    engel = (data.x[:, 0], data.y, True)
    rate, weight, bias = ("learning_rate", 4.0, 6.0), ("init_weight", -2.0, 2.0), ("init_bias", -1.0, 3.0)
    planes = {
        "below": Plane("Engel, 0.95 limits", *engel, *START, {"learning_rate": 1.9}),
        "engel": Plane("Engel, 3 limits", *engel, *START, {"learning_rate": 6.0}),
        "rate_bias": Plane("Engel, rate and bias", *engel, rate, bias, {"init_weight": 0.3}),
        "rate_weight": Plane("Engel, rate and weight", *engel, rate, weight, {"init_bias": 0.5}),
    }
    one = Plane("one example", np.ones(1), np.ones(1), True, *START, {"learning_rate": 0.75}, num_steps=400)
    two = _small("two examples, 1.6 limits", [-3, 1], [1, 2], 1.6)
    three = _small("three examples, 2 limits", [2.7, -2, -1], [1.4, 0.5, 2.5], 2)
    return {
        "one_example": Case(one, (1.5, 4), 16384, 512, 1.0),
        "one_weight": Case(_one_weight(), (2, 8.5), 1024, 128, 1 + cantor_dimension(4, 2)),
        "below": Case(planes["below"], (1.5, 4), 2048, 160),
        "two": Case(two, (1.5, 4), 2048, 128),
        "three": Case(three, (2, 6.5), 1024, 96),
        **{name: Case(planes[name], (3, 9), 384, 32) for name in ("engel", "rate_bias", "rate_weight")},
    }


CASES = _cases()
