"""Cumulative incidence and hazard: lifelines', laws, and how often intervals hold the truth."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jaxneuron.analysis.incidence import at_risk, cumulative_share, hazard
from tests.dying import EDGES, Neurons, histograms, neurons_that_die, share_that_hold

NUM_STUDIES, NUM_NEURONS = 1000, 400
DEATH_RATE, DIVERGENCE_RATE = 0.01, 0.004


def true_incidence(death_rate=DEATH_RATE, divergence_rate=DIVERGENCE_RATE):
    """Shares dead and diverged by the last step of each bin; of two in one step, death comes first."""
    die, diverge = -np.expm1(-death_rate), -np.expm1(-divergence_rate) * np.exp(-death_rate)
    left = 0.9 * -np.expm1(-(death_rate + divergence_rate) * (EDGES[1:] - 1)) / (die + diverge)
    return 0.1 + die * left, diverge * left


@pytest.fixture(scope="module")
def studies():
    random = np.random.default_rng(11)
    neurons = neurons_that_die(random, (NUM_STUDIES, NUM_NEURONS), DEATH_RATE, DIVERGENCE_RATE)
    return *histograms(neurons), np.full(NUM_STUDIES, NUM_NEURONS)


@pytest.fixture(scope="module")
def listed():
    """200 neurons, each with a step of its own, so that lifelines has no ties to scatter; not all are seen
    to leave."""
    random = np.random.default_rng(5)
    step = random.permutation(300)[None, :200]
    edges = np.array([0, 1, 2, 5, 9, 20, 51, 100, 101, 180, 251])
    died = random.random(step.shape) < 0.6
    seen = step[0] <= 250
    events = np.where(seen, np.where(died[0], 1, 2), 0)
    return np.minimum(step[0], 251), events, edges, histograms(Neurons(step, died), edges)


@pytest.mark.thorough
def test_incidence_is_aalens_and_johansens(listed, lifelines):
    step, events, edges, counts = listed
    for event, of_event in zip((1, 2), counts, strict=True):
        share = cumulative_share(of_event, np.array([200])).share
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those censored at the end are tied; pandas' own
            # Steps are counted from 1: lifelines' curve starts at 0 before any event.
            fit = lifelines.AalenJohansenFitter(calculate_variance=False, seed=0).fit(step + 1, events, event)
            theirs = fit.cumulative_density_.iloc[:, 0]
        last = [theirs[theirs.index < edge + 0.5].iloc[-1] for edge in edges[1:]]
        np.testing.assert_allclose(share[0], last, rtol=1e-9, atol=1e-12)


@pytest.mark.thorough
def test_those_at_risk_are_kaplans_and_meiers(listed, lifelines):
    step, events, edges, (deaths, divergences) = listed
    survival = lifelines.KaplanMeierFitter().fit(step + 1, events > 0).predict(edges[:-1] + 0.5)
    np.testing.assert_allclose(at_risk(deaths, divergences, np.array([200]))[0], 200 * survival, rtol=1e-9)


@pytest.mark.thorough
def test_hazards_of_single_steps_add_up_to_nelsons_and_aalens(lifelines):
    neurons = neurons_that_die(np.random.default_rng(6), (1, 300), 0.05, 0.03)
    edges = np.arange(100)
    died = neurons.died[0] & (neurons.step[0] < 99)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' own
        fit = lifelines.NelsonAalenFitter(nelson_aalen_smoothing=False).fit(
            np.minimum(neurons.step[0], 99) + 1, died
        )
        theirs = fit.cumulative_hazard_.iloc[:, 0]
    ours = hazard(*histograms(neurons, edges), np.array([300]), edges).hazard[0].cumsum()
    expected = [theirs[theirs.index <= step + 1].iloc[-1] for step in edges[:-1]]
    np.testing.assert_allclose(ours[~np.isnan(ours)], np.array(expected)[~np.isnan(ours)], rtol=1e-9)


def test_hazard_of_a_wide_bin_is_the_most_likely():
    # 100 at risk for 30 steps: 40 die, 25 diverge. Which chances per step make that likeliest, on a grid?
    result = hazard(np.array([0, 40]), np.array([0, 25]), 100, np.array([0, 1, 31]))
    die, diverge = np.meshgrid(np.linspace(0.001, 0.06, 1500), np.linspace(0.001, 0.06, 1500), indexing="ij")
    leave = die + diverge
    by_the_end = 1 - (1 - leave) ** 30
    likelihood = (
        40 * np.log(die / leave * by_the_end)
        + 25 * np.log(diverge / leave * by_the_end)
        + 35 * 30 * np.log1p(-leave)
    )
    best = die.ravel()[likelihood.argmax()]
    assert result.hazard[1] == pytest.approx(best, abs=0.06 / 1500)


def test_intervals_hold_the_truth(studies):
    # Early bins have few divergences and whole counts; over all bins that averages out.
    for counts, truth in zip(studies[:2], true_incidence(), strict=True):
        share, enough = cumulative_share(counts, studies[2]), NUM_NEURONS * truth > 5
        assert enough.sum() >= 8
        held = share_that_hold(share.low, truth, share.high)[enough]
        assert 0.93 <= held.mean() <= 0.97
        assert abs(share.share.mean(0) - truth).max() < 0.003


@pytest.mark.parametrize(("death_rate", "divergence_rate"), [(0.01, 0.004), (0.05, 0.05), (0.01, 1e-12)])
def test_intervals_of_hazards_hold_the_truth(death_rate, divergence_rate):
    neurons = neurons_that_die(np.random.default_rng(7), (1000, 4000), death_rate, divergence_rate)
    deaths, divergences = histograms(neurons)
    result = hazard(deaths, divergences, np.full(1000, 4000), EDGES)
    truth = -np.expm1(-death_rate)
    # An exact interval is wide where few die; these bins have tens of deaths and neurons that stay.
    stay = at_risk(deaths, divergences, np.full(1000, 4000)) - deaths - divergences
    many = (deaths.mean(0) > 30) & (stay.mean(0) > 30)
    many[0] = False
    assert many.sum() >= 5
    held = share_that_hold(result.low, truth, result.high)[many]
    assert 0.93 <= held.mean() <= 0.97
    assert abs(result.hazard[:, many].mean(0) / truth - 1).max() < 0.02


def test_without_deaths_or_neurons():
    deaths = np.array([[0, 0, 0], [0, 0, 0], [0, 4, 0], [0, 0, 0]])
    divergences = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 4, 0]])
    total, edges = np.array([4, 0, 4, 4]), np.array([0, 1, 5, 9])
    result = hazard(deaths, divergences, total, edges)
    np.testing.assert_array_equal(result.hazard, [[0, 0, 0], [np.nan] * 3, [0, 1, np.nan], [0, 0, np.nan]])
    assert (result.high[0] > 0).all()
    assert result.high[0, 0] == pytest.approx(1 - 0.025 ** (1 / 4))
    assert 0 < result.low[2, 1] < 1 == result.high[2, 1]
    assert np.isnan(cumulative_share(deaths, total).share[1]).all()
    assert (cumulative_share(divergences, total).share[3] == [0, 1, 1]).all()


def cells(shape=(3, 2), most=10**8):
    """Deaths and divergences of cells with up to a billion neurons, and the neurons of each."""
    counts = arrays(np.int64, (*shape, 2, 5), elements=st.integers(0, most))
    others = arrays(np.int64, shape, elements=st.integers(0, most))
    return st.tuples(counts, others).map(
        lambda both: (both[0][..., 0, :], both[0][..., 1, :], both[0].sum((-2, -1)) + both[1])
    )


FIVE = np.array([0, 1, 2, 5, 9, 20])


@settings(deadline=None, derandomize=True)
@given(cells())
def test_shares_rise_and_lie_within_their_intervals(counts):
    left = at_risk(*counts)
    assert (np.diff(left) <= 0).all()
    for of_event in counts[:2]:
        _, middle, low, high = (ends[counts[2] > 0] for ends in cumulative_share(of_event, counts[2]))
        assert all((np.diff(ends) >= 0).all() for ends in (middle, low, high))
        _in_order(low, middle, high)
    of_step = hazard(*counts, FIVE)
    known = ~np.isnan(of_step.hazard)
    assert (known == (left > 0)).all()
    _in_order(of_step.low[known], of_step.hazard[known], of_step.high[known])


@settings(deadline=None, derandomize=True)
@given(cells(), st.permutations(range(3)))
def test_each_cell_has_its_own_results_and_merging_adds_counts(counts, order):
    moved = tuple(c[order] for c in counts)
    for ours, theirs in zip(hazard(*moved, FIVE), hazard(*counts, FIVE), strict=True):
        np.testing.assert_array_equal(ours, theirs[order])
    merged, parts = (cumulative_share(c[0], c[2]).share for c in ([c.sum(0) for c in counts], counts))
    weighted = np.nansum(parts * counts[2][..., None], 0)
    np.testing.assert_allclose(np.nan_to_num(merged) * counts[2].sum(0)[:, None], weighted, rtol=1e-9)
    np.testing.assert_array_equal(at_risk(*(c.sum(0) for c in counts)), at_risk(*counts).sum(0))


def _in_order(*values):
    """Each at most the next, but for rounding."""
    for low, high in pairwise(values):
        assert (low <= high + 1e-12).all()
