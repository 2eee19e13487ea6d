"""Quotients of polynomials whose largest error is least, by Lawson's weights (Lawson 1961) in linear least
squares, which are divided by the denominator of the turn before (Sanathanan and Koerner 1963)."""

from collections.abc import Sequence

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.polynomial.chebyshev import chebvander
from scipy.special import ndtr

POINTS = 800
TURNS = 300


def fit(
    end: float, targets: Sequence[np.ndarray], weights: np.ndarray, degrees: Sequence[int], below: int
) -> tuple[list[np.ndarray], np.ndarray, float]:
    """Coefficients of Pₖ(z²) and of Q(z²), Q(0) = 1, from the lowest power on, with each Pₖ/Q nearest to its
    target at `points(end)`; and the largest weighted error.

    Args:
        degrees: of each Pₖ, in z².
        below: the degree of Q.
    """
    t = 2 * (points(end) / end) ** 2 - 1
    bases = [chebvander(t, degree) for degree in (*degrees, below)]
    splits = np.cumsum([basis.shape[1] for basis in bases])[:-1]
    lawson, q = np.ones((len(targets), len(t))), np.ones(len(t))
    best = None, np.inf
    for _ in range(TURNS):
        scale = np.sqrt(lawson) * weights / abs(q)
        rows = []
        for k, target in enumerate(targets):
            columns = [np.zeros_like(basis) for basis in bases]
            columns[k], columns[-1] = bases[k], -target[:, None] * bases[-1]
            rows.append(scale[k][:, None] * np.hstack(columns))
        solution = np.split(np.linalg.svd(np.vstack(rows), full_matrices=False)[2][-1], splits)
        q = bases[-1] @ solution[-1]
        fitted = [basis @ p / q for basis, p in zip(bases[:-1], solution[:-1], strict=True)]
        errors = weights * abs(np.array(fitted) - targets)
        if (q * q[0] > 0).all() and errors.max() < best[1]:
            best = solution, errors.max()
        lawson *= errors / errors.max() + 1e-12
        lawson /= lawson.mean()
    solution, error = best
    assert solution is not None, "no denominator without a zero was found"
    *above, q = (_of_squares(p, end) for p in solution)
    return [p / q[0] for p in above], q / q[0], error


def points(end: float) -> np.ndarray:
    """Points of 0 < z ≤ end, closer to one another near both ends."""
    return end * np.sin(np.linspace(0, np.pi / 2, POINTS + 1)[1:])


def _of_squares(chebyshev: np.ndarray, end: float) -> np.ndarray:
    """Coefficients of the powers of z², of a Chebyshev series in t = 2(z/end)² − 1."""
    powers = Chebyshev(chebyshev).convert(kind=Polynomial)
    return np.resize(powers(Polynomial([-1, 2 / end**2])).coef, len(chebyshev))


def fit_tanh(end: float) -> tuple[list[np.ndarray], np.ndarray, float]:
    """tanh(z)/z = P/Q by relative error; a little above at the end, where it is cut off at 1."""
    z = points(end)
    target = np.tanh(z) / z * (1 + 1.3e-7 * (z / end) ** 12)
    return fit(end, [target], 1 / target, [4], 4)


def fit_gelu(end: float) -> tuple[list[np.ndarray], np.ndarray, float]:
    """(Φ(z) − ½)/z = P/Q and (the slope of z·Φ(z) − ½)/z = R/Q, by the error of what stands above z."""
    z = points(end)
    half = ndtr(z) - 0.5
    slope = half + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return fit(end, [half / z, slope / z], z, [6, 6], 6)
