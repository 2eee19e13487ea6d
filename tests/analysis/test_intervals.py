"""Intervals of shares, differences and rates: published ones, SciPy's, how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, poisson

from jaxneuron.analysis.intervals import clopper_pearson, difference, rate, wilson
from tests.dying import share_that_hold

COUNTS = st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10.
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_differences_as_published(counts, published):
    np.testing.assert_allclose(difference(*counts), published, atol=0.5e-4)


@settings(deadline=None, derandomize=True)
@given(COUNTS, COUNTS)
def test_a_difference_the_other_way_round_has_the_other_sign(a, b):
    low, high = difference(*a, *b)
    assert low <= a[0] / a[1] - b[0] / b[1] <= high
    np.testing.assert_allclose(difference(*b, *a), (-high, -low), rtol=1e-12, atol=1e-15)


@settings(deadline=None, derandomize=True)
@given(COUNTS, st.floats(0.5, 0.9999))
def test_intervals_of_shares_are_scipys(counts, confidence):
    count, total = min(counts[0], 10**4), min(counts[1], 10**5)  # scipy searches, which takes long for more
    count = min(count, total)
    for interval, name, rtol in ((clopper_pearson, "exact", 1e-7), (wilson, "wilson", 1e-9)):
        expected = binomtest(count, total).proportion_ci(confidence, name)
        np.testing.assert_allclose(interval(count, total, confidence), expected, rtol=rtol, atol=1e-15)


def test_a_few_of_very_many_are_poissons():
    # SciPy's quantile of the beta distribution says 1.52e-5, twice the share itself.
    low, high = clopper_pearson(np.array([1000, 1000]), np.array([132579327, 2 * 132579327]), 0.99)
    poisson = np.array(rate(1000, 132579327, 0.99))
    np.testing.assert_allclose([low[0], high[0]], poisson, rtol=1e-3)
    np.testing.assert_allclose([low[1], high[1]], poisson / 2, rtol=1e-3)


@settings(deadline=None, max_examples=300)
@given(COUNTS)
def test_at_the_ends_of_an_exact_interval_so_much_is_left_in_the_tail(counts):
    count, total = counts
    low, high = clopper_pearson(np.array([count]), np.array([total]), 0.99)
    if count > 0:
        assert binom.sf(count - 1, total, low[0]) == pytest.approx(0.005, rel=1e-4)
    if count < total:
        assert binom.cdf(count, total, high[0]) == pytest.approx(0.005, rel=1e-4)


def test_at_the_ends_of_a_rate_as_few_or_as_many_events_have_a_chance_of_a_fortieth():
    events = np.array([0, 1, 7, 400, 10**6])
    low, high = rate(events, 20.0)
    assert low[0] == 0
    np.testing.assert_allclose(poisson.sf(events[1:] - 1, 20 * low[1:]), 0.025, rtol=1e-6)
    np.testing.assert_allclose(poisson.cdf(events, 20 * high), 0.025, rtol=1e-6)


def test_of_nothing():
    differences = difference(0, 0, 1, 2), difference(1, 2, 0, 0)
    for values in (wilson(0, 0), clopper_pearson(0, 0), rate(0, 0.0), *differences):
        assert np.isnan(values).all()
    low, high = wilson(np.array([0, 5]), np.array([5, 5]))
    assert (low[0], high[1]) == (0, 1)


def test_a_billion_neurons():
    for interval in (wilson, clopper_pearson, rate):
        low, high = interval(np.array([0, 10**5, 5 * 10**8]), np.array(10**9))
        assert low[0] == 0
        assert (np.diff(high) > 0).all()
        assert (high - low < 9e-5).all()  # 2 · 1.96 · √(5·10⁸)/10⁹ for a Poisson count


# Counts are whole, so at one share the intervals hold the truth a little more or less often than they say;
# that averages out over several.
SHARES = np.linspace(0.05, 0.95, 19)


def test_intervals_hold_the_truth():
    random, size = np.random.default_rng(2), (1000, 19)
    other, rates = SHARES[::-1] / 2, np.linspace(1, 3, 19)
    count, other_count = (
        binom.rvs(n, p, size=size, random_state=random) for n, p in ((200, SHARES), (120, other))
    )
    events = poisson.rvs(100 * rates, size=size, random_state=random)
    for (low, high), truth in (
        (wilson(count, 200), SHARES),
        (difference(count, 200, other_count, 120), SHARES - other),
        (rate(events, 100.0), rates),
    ):
        assert 0.93 <= share_that_hold(low, truth, high).mean() <= 0.97


@pytest.mark.parametrize("neurons", [1, 2, 3, 5, 10, 20])
def test_of_few_neurons_too(neurons):
    """Exactly, on average over all shares; at some shares less often, as counts are whole."""
    counts, shares = np.arange(neurons + 1), np.linspace(0.0005, 0.9995, 1000)
    low, high = wilson(counts, neurons)
    held = (low <= shares[:, None]) & (shares[:, None] <= high)
    coverage = (held * binom.pmf(counts, neurons, shares[:, None])).sum(-1)
    assert 0.94 <= coverage.mean() <= 0.98
    assert coverage.min() > 0.79


def test_of_neurons_pooled_from_cells_that_differ_it_holds_the_mean_share():
    """At least as often as it says: that so many are from each cell leaves less to chance."""
    random = np.random.default_rng(4)
    shares = random.uniform(0, 0.6, 40)
    count = binom.rvs(3, shares, size=(4000, 40), random_state=random).sum(1)
    low, high = wilson(count, 3 * 40)
    assert np.mean((low <= shares.mean()) & (shares.mean() <= high)) >= 0.95
