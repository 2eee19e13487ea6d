"""When neurons die: cumulative incidence and hazard, from the histogram of a cell's death steps.

Death is an event that divergence competes with: a neuron that diverges can no longer die. Every neuron is
watched to the last step, so nothing but the end censors, and the Aalen-Johansen estimator of the cumulative
incidence is the plain share of all neurons. One minus Kaplan and Meier's survival is not: it would ask how
many died if none diverged.

Counts of deaths and of divergences are [..., bins], cells before bins, and the neurons of each cell [...].
Bin i holds the whole steps from edges[i] up to, but not with, edges[i + 1], as in `population.histograms`;
step 0 has a bin of its own: those that die at it are born dead.
"""

from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.intervals import Share, clopper_pearson, share_of


class Hazard(NamedTuple):
    """The hazard of death per step, the same throughout each bin, with its interval: each [..., bins]."""

    hazard: np.ndarray
    low: np.ndarray
    high: np.ndarray


def cumulative_share(counts: np.ndarray, total: np.ndarray) -> Share:
    """The share of all neurons that have met an event, counted in bins, by the end of each: [..., bins].

    Its intervals (Wilson 1927) hold step by step; NaN where a cell has no neurons.
    """
    return share_of(np.asarray(counts).cumsum(-1), np.asarray(total)[..., None])


def at_risk(deaths: np.ndarray, divergences: np.ndarray, total: np.ndarray) -> np.ndarray:
    """How many neurons have neither died nor diverged before each bin, [..., bins]."""
    left = np.asarray(deaths) + np.asarray(divergences)
    return np.asarray(total)[..., None] - (left.cumsum(-1) - left)


def hazard(deaths: np.ndarray, divergences: np.ndarray, total: np.ndarray, edges: np.ndarray) -> Hazard:
    """The chance that a neuron at risk dies at a step, in each bin; NaN where none is at risk.

    It is the maximum likelihood for hazards of death and of divergence that are constant within the bin, as
    with w steps and n neurons at risk of which d die and c diverge:
    q = 1 − (1 − (d + c)/n)^(1/w) leave per step, and of these d/(d + c) by dying. In a bin of one step that
    is d/n. Counting half of the leavers' steps comes near it only where few leave.

    The interval is that of a binomial share of the bin's neurons, not of a Poisson rate: the steps at risk
    are as random as the deaths where many die. Simulated with 400 neurons, a 95 % Poisson interval held the
    truth in 99 % in a bin of one step in which half die, in 84 % in a bin of 100 steps in which 95 % do. This
    one is exact where none diverge; otherwise those that diverge count as the part of a neuron that had the
    time to die.
    """
    width = np.diff(np.asarray(edges, float))
    deaths, divergences = np.asarray(deaths, float), np.asarray(divergences, float)
    neurons = np.asarray(at_risk(deaths, divergences, total), float)
    leavers = deaths + divergences
    with np.errstate(invalid="ignore", divide="ignore"):
        leave = -np.expm1(np.log1p(-leavers / neurons) / width)
        die = np.where(leavers > 0, deaths / leavers * leave, 0.0)
        # As many neurons as, with none diverging, would have had this many deaths at this hazard.
        exposed = np.where(deaths > 0, deaths / -np.expm1(width * np.log1p(-die)), neurons)
        only_diverge = (deaths == 0) & (divergences > 0)
        exposed = np.where(only_diverge, divergences / (width * leave), exposed)
        ends = clopper_pearson(deaths, exposed)
        low, high = (-np.expm1(np.log1p(-end) / width) for end in ends)
    values = (np.where(neurons > 0, value, np.nan) for value in (die, low, high))
    return Hazard(*values)
