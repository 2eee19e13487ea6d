"""The half-life of a phase in which neurons die exponentially, from the histogram of their death steps.

In such a phase every neuron at risk dies with the same chance at each step: with λ the rate per step, the
share exp(−λ·w) of them outlives w steps, half of them ln 2/λ steps. Steps are whole and only bins are known;
neither needs an approximation. Neurons that diverge count as at risk up to the middle of their bin.
"""

from typing import NamedTuple

import numpy as np
import scipy

from jaxneuron.analysis.incidence import at_risk
from jaxneuron.analysis.intervals import CONFIDENCE, rate
from jaxneuron.analysis.parts import by_parts

# Pearson's statistic has a chi-square distribution where each group expects at least so many of a kind.
SMALLEST_EXPECTED = 5
# Of exp(this) neurons none outlives one bin: as good as an infinite rate.
LARGEST_EXPONENT = 40.0


class HalfLife(NamedTuple):
    """The half-life in steps with its interval, and the test that the phase is exponential: each [...].

    Without deaths the half-life is infinite, with a lower bound; without neurons at risk it is NaN. Where
    all die in the first bin it is 0, with an upper bound. `p_value` is the chance of a `chi_square` as large
    as this if the phase is exponential, with `degrees` of freedom; NaN where that is 0.
    `first_step` and `last_step` are those of the whole bins in the phase.
    """

    half_life: np.ndarray
    low: np.ndarray
    high: np.ndarray
    deaths: np.ndarray
    chi_square: np.ndarray
    degrees: np.ndarray
    p_value: np.ndarray
    first_step: int
    last_step: int


class _Phase(NamedTuple):
    """Counts of cells [cells, bins] in a phase, `width` [bins], and `outlived` [cells]: the steps that
    neurons outlived, in all, in bins in which they did not die."""

    deaths: np.ndarray
    divergences: np.ndarray
    neurons: np.ndarray
    width: np.ndarray
    outlived: np.ndarray


def half_life(
    deaths: np.ndarray,
    divergences: np.ndarray,
    total: np.ndarray,
    edges: np.ndarray,
    first_step: int,
    last_step: int,
) -> HalfLife:
    """The half-life in the bins that lie wholly within first_step … last_step, for one cell or for many.

    `deaths` and `divergences` are [..., bins], `total` [...], `edges` [bins + 1]; results are [...].
    Maximum likelihood; the interval is where twice the logarithm of the likelihood is less than the
    chi-square quantile below its peak (the profile likelihood). ValueError where there is no such bin.
    """
    edges = np.asarray(edges)
    inside = np.flatnonzero((edges[:-1] >= first_step) & (edges[1:] - 1 <= last_step))
    if not len(inside):
        raise ValueError(f"no bin lies wholly within the steps {first_step} to {last_step}")
    counts = (np.reshape(of_event, (-1, len(edges) - 1)) for of_event in (deaths, divergences))
    found = by_parts(lambda d, c, n: _of_phase(_phase_of(d, c, n, edges, inside)), *counts, np.ravel(total))
    return HalfLife(
        *(values.reshape(np.shape(total))[()] for values in found),
        first_step=int(edges[inside[0]]),
        last_step=int(edges[inside[-1] + 1] - 1),
    )


def _of_phase(phase: _Phase) -> tuple[np.ndarray, ...]:
    """The fields of HalfLife, of each cell."""
    rates = _rates(phase)
    # A rate is 0, or next to it where deaths weigh next to nothing.
    with np.errstate(divide="ignore", over="ignore"):
        of_rate, high, low = (np.log(2) / value for value in rates)
    chi_square, degrees = _pearson(phase, rates[0])
    p_value = scipy.special.chdtrc(np.where(degrees > 0, degrees, np.nan), chi_square)
    deaths = phase.deaths.sum(-1)
    whole = deaths.astype(np.int64)  # unless cells have weights
    return of_rate, low, high, whole if (whole == deaths).all() else deaths, chi_square, degrees, p_value


def _phase_of(
    deaths: np.ndarray, divergences: np.ndarray, total: np.ndarray, edges: np.ndarray, inside: np.ndarray
) -> _Phase:
    neurons = at_risk(deaths, divergences, total)
    deaths, divergences, neurons = (
        counts[:, inside].astype(float) for counts in (deaths, divergences, neurons)
    )
    width = np.diff(edges)[inside].astype(float)
    # A neuron diverges, on average, at the middle one of its bin's steps, and did not die at that one either.
    outlived = (neurons - deaths - divergences) @ width + divergences @ ((width + 1) / 2)
    return _Phase(deaths, divergences, neurons, width, outlived)


def _log_likelihood(log_rate: np.ndarray, cell: np.ndarray, phase: _Phase) -> np.ndarray:
    """The log-likelihood of a rate, given by its logarithm, for some of the cells."""
    rates = np.exp(log_rate)
    died = scipy.special.xlogy(phase.deaths[cell], -np.expm1(-rates[..., None] * phase.width)).sum(-1)
    return died - rates * phase.outlived[cell]


def _slope(log_rate: np.ndarray, cell: np.ndarray, phase: _Phase) -> np.ndarray:
    """The derivative of the log-likelihood by the rate."""
    exponent = np.exp(log_rate)[..., None] * phase.width
    # Where the exponent is large enough to overflow, those deaths have no slope.
    died = phase.deaths[cell] * phase.width / np.expm1(np.minimum(exponent, 700.0))
    return died.sum(-1) - phase.outlived[cell]


def _rates(phase: _Phase) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rate, low, high) of each cell: 0, 0 and a bound without deaths, NaN without neurons."""
    num_deaths = phase.deaths.sum(-1)
    # Without deaths their number is all that is known and its bound is exact; the likelihood's, half as far
    # away, leaves out the truth too often.
    best, (low, high) = 0 * num_deaths, rate(0 * num_deaths, phase.outlived)
    best[phase.neurons[:, 0] == 0] = np.nan
    cell = np.flatnonzero(num_deaths)
    if len(cell):
        log_peak = _log_peak(cell, phase)
        drop = scipy.special.gammaincinv(0.5, CONFIDENCE)  # half of the chi-square quantile
        least = _log_likelihood(log_peak, cell, phase) - drop
        below, above = (np.exp(_crossing(side, log_peak, least, cell, phase)) for side in (-1, 1))
        # Where no step was outlived no rate is too high.
        bounded = phase.outlived[cell] > 0
        best[cell] = np.where(bounded, np.exp(log_peak), np.inf)
        low[cell], high[cell] = below, np.where(bounded, above, np.inf)
    return best, low, high


def _log_peak(cell: np.ndarray, phase: _Phase) -> np.ndarray:
    """The logarithm of the rate at which the likelihood is largest."""
    from scipy.optimize.elementwise import find_root

    deaths, outlived = phase.deaths[cell], phase.outlived[cell]
    largest = np.full(len(cell), LARGEST_EXPONENT / phase.width[0])
    # x/(eˣ − 1) lies between 1 − x/2 and 1, which puts the peak between two rates.
    num_deaths = deaths.sum(-1)
    slow = num_deaths / (outlived + deaths @ phase.width / 2)
    fast = np.divide(num_deaths, outlived, out=largest, where=outlived > 0)
    # Rounding must not put the ends on one side of the peak.
    between = np.log(slow) - 1e-6, np.log(fast) + 1e-6
    found = find_root(lambda t, i: _slope(t, i, phase), between, args=(cell,))
    return np.where(outlived > 0, found.x, between[1])


def _crossing(
    side: int, log_peak: np.ndarray, least: np.ndarray, cell: np.ndarray, phase: _Phase
) -> np.ndarray:
    """The logarithm of the rate, to one side of the peak, at which the log-likelihood has fallen to `least`.

    Where it never does, as above the peak with no step outlived, what is returned means nothing.
    """

    from scipy.optimize.elementwise import bracket_root, find_root

    def above(away: np.ndarray, of: np.ndarray) -> np.ndarray:
        return _log_likelihood(log_peak[of] + side * away, cell[of], phase) - least[of]

    of = np.arange(len(cell))
    start = np.zeros(len(cell))
    with np.errstate(over="ignore", invalid="ignore"):
        bracket = bracket_root(above, start, start + 0.1, xmin=start, args=(of,))
        found = find_root(above, bracket.bracket, args=(of,))
    return log_peak + side * found.x


def _pearson(phase: _Phase, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(chi-square, degrees of freedom) of the deaths per bin against those expected of the bin's neurons.

    Both the dead and those that stay are compared, so the squares are divided by the binomial variance, which
    is below both expected numbers. Bins are pooled in order until it is large enough; one degree is spent on
    the rate.
    """
    died = np.where(np.isfinite(rates), rates, 0.0)[:, None]
    expected, variance = np.zeros((2, *phase.deaths.shape))
    for neurons, exposed in (
        (phase.neurons - phase.divergences, phase.width),
        (phase.divergences, (phase.width + 1) / 2),
    ):
        stay = np.exp(-died * exposed)
        expected += neurons * (1 - stay)
        variance += neurons * (1 - stay) * stay
    excess = phase.deaths - expected
    to_come = variance[:, ::-1].cumsum(-1)[:, ::-1] - variance
    statistic, groups, sum_excess, sum_variance = np.zeros((4, len(rates)))
    for i in range(len(phase.width)):
        sum_excess, sum_variance = sum_excess + excess[:, i], sum_variance + variance[:, i]
        full = (sum_variance >= SMALLEST_EXPECTED) & (
            (to_come[:, i] >= SMALLEST_EXPECTED) | (i == len(phase.width) - 1)
        )
        statistic += np.where(full, sum_excess**2 / np.where(full, sum_variance, 1), 0)
        groups += full
        sum_excess, sum_variance = np.where(full, 0, sum_excess), np.where(full, 0, sum_variance)
    degrees = np.maximum(groups - 1, 0).astype(np.int64)
    return np.where(degrees > 0, statistic, np.nan), degrees
