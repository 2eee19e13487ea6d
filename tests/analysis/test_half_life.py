"""The half-life of an exponential phase: lifelines', laws, how often it holds the truth, its test."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jaxneuron.analysis.half_life import half_life
from jaxneuron.analysis.parts import CELLS_AT_A_TIME
from tests.dying import EDGES, histograms, neurons_that_die, share_that_hold

NUM_STUDIES, NUM_NEURONS = 1000, 400
TOTAL = np.full(NUM_STUDIES, NUM_NEURONS)
# Few die, half die, nearly all die in the phase; with and without divergence.
RATES = [(0.002, 1e-12), (0.005, 0.002), (0.02, 1e-12), (0.02, 0.01), (0.1, 0.02)]
FIVE = np.array([0, 1, 2, 5, 9, 20])


def studies(rates, power=1.0, seed=0):
    neurons = neurons_that_die(np.random.default_rng(seed), (NUM_STUDIES, NUM_NEURONS), *rates, power)
    return *histograms(neurons), TOTAL, EDGES


@pytest.mark.thorough
@pytest.mark.parametrize("rates", RATES)
def test_it_is_lifelines(rates, lifelines):
    neurons = neurons_that_die(np.random.default_rng(3), (1, 300), *rates)
    found = half_life(*histograms(neurons), np.array([300]), EDGES, 4, 256)
    assert (found.first_step, found.last_step) == (4, 256)
    # What lifelines gets: between which whole steps, counted from the last before the phase, each neuron at
    # risk died; of one that diverged, that it had not by the middle of that bin; of the rest, by the end.
    step, died = (value[0][neurons.step[0] >= 4] for value in neurons)
    place = np.minimum(np.searchsorted(EDGES, step, side="right") - 1, len(EDGES) - 2)
    first, last = EDGES[place] - 1.0, EDGES[place + 1] - 1.0
    seen = step <= 256
    lower = np.where(seen, np.where(died, first, (first + last + 1) / 2), 256) - 3
    upper = np.where(seen & died, last - 3, np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # logarithms of 0 on the way
        fit = lifelines.ExponentialFitter().fit_interval_censoring(lower, upper)
    assert found.half_life[0] == pytest.approx(fit.lambda_ * np.log(2), rel=1e-3)
    # The interval is not symmetric as theirs is, but about as wide.
    theirs = fit.summary.loc["lambda_", ["coef lower 95%", "coef upper 95%"]].astype(float) * np.log(2)
    assert found.high[0] - found.low[0] == pytest.approx(theirs.iloc[1] - theirs.iloc[0], rel=0.15)


def test_with_no_bin_wider_than_a_step_it_is_deaths_over_steps_at_risk():
    neurons = neurons_that_die(np.random.default_rng(4), (1, 500), 0.01, 1e-12)
    edges = np.arange(102)
    found = half_life(*histograms(neurons, edges), np.array([500]), edges, 1, 100)
    at_risk = [(neurons.step >= step).sum() for step in range(1, 101)]
    chance = found.deaths[0] / sum(at_risk)
    assert found.half_life[0] == pytest.approx(np.log(2) / -np.log1p(-chance), rel=1e-6)


@pytest.mark.parametrize("rates", RATES)
def test_the_interval_holds_the_truth(rates):
    found = half_life(*studies(rates), 1, 256)
    truth = np.log(2) / rates[0]
    assert 0.93 <= share_that_hold(found.low, truth, found.high) <= 0.97
    assert np.median(found.half_life) == pytest.approx(truth, rel=0.02)


@pytest.mark.parametrize("rates", RATES)
def test_exponential_phases_are_rejected_as_often_as_they_should(rates):
    p_value = half_life(*studies(rates, seed=1), 1, 256).p_value
    assert 0.03 <= np.mean(p_value < 0.05) <= 0.07
    assert 0.4 <= np.mean(p_value < 0.5) <= 0.6


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_other_phases_are_rejected(power):
    assert np.mean(half_life(*studies((0.01, 0.002), power), 1, 256).p_value < 0.05) > 0.99


def test_without_deaths_without_neurons_and_all_dead_at_once():
    deaths = np.array([[0, 0, 0], [3, 0, 0], [0, 5, 0], [0, 1, 0]])
    found = half_life(deaths, np.zeros((4, 3), int), np.array([5, 3, 5, 5]), np.array([0, 1, 5, 9]), 1, 8)
    np.testing.assert_array_equal(found.half_life[:3], [np.inf, np.nan, 0])
    np.testing.assert_array_equal(found.high[:2], [np.inf, np.nan])
    np.testing.assert_array_equal(found.deaths, [0, 0, 5, 1])
    # Five outlive eight steps with a chance of a fortieth.
    assert np.exp(-np.log(2) / found.low[0] * 40) == pytest.approx(0.025)
    assert found.low[2] == pytest.approx(0, abs=0.1)
    # All five die within four steps with a chance that is exp(-3.84/2) of certainty.
    assert (1 - 0.5 ** (4 / found.high[2])) ** 5 == pytest.approx(np.exp(-3.8415 / 2), rel=1e-4)
    assert 0 < found.low[3] < found.half_life[3] < found.high[3] < np.inf
    assert np.isnan(found.p_value).all()


@pytest.mark.parametrize("weight", [1e-3, 1e-12])
def test_deaths_that_weigh_next_to_nothing_do_not_bound_it(weight):
    """As where cells weigh by their area."""
    found = half_life(weight * np.eye(6)[3], np.zeros(6), 100.0, np.array([0, 1, 2, 4, 8, 16, 32]), 1, 31)
    assert found.low < found.half_life < found.high == np.inf


def test_one_cell_has_plain_numbers():
    found = half_life(np.array([1, 3, 2, 1, 0]), np.array([0, 0, 1, 0, 0]), 10, FIVE, 1, 19)
    assert np.shape(found.half_life) == np.shape(found.p_value) == ()


def test_a_phase_without_a_bin_is_refused():
    with pytest.raises(ValueError, match="6 to 12"):
        half_life(np.zeros(5, int), np.zeros(5, int), 10, FIVE, 6, 12)


def test_a_billion_neurons():
    share = np.concatenate([[0.1], 0.9 * -np.diff(np.exp(-0.02 * (EDGES[1:] - 1)))])
    deaths = np.round(10**9 * share).astype(np.int64)
    found = half_life(deaths, 0 * deaths, 10**9, EDGES, 1, 256)
    assert found.half_life == pytest.approx(np.log(2) / 0.02, rel=1e-7)
    assert found.high / found.low - 1 == pytest.approx(2 * 1.96 / np.sqrt(9e8), rel=0.1)
    assert found.p_value > 0.99


COUNTS = st.tuples(
    arrays(np.int64, (4, 2, 5), elements=st.one_of(st.integers(0, 3), st.integers(0, 10**8))),
    arrays(np.int64, 4, elements=st.one_of(st.just(0), st.integers(0, 10**8))),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(COUNTS, st.permutations(range(4)))
def test_each_cell_on_its_own_within_its_interval(counts, order):
    (deaths, divergences), others = counts[0].transpose(1, 0, 2), counts[1]
    total = deaths.sum(-1) + divergences.sum(-1) + others
    found = half_life(deaths, divergences, total, FIVE, 1, 19)
    known = ~np.isnan(found.half_life)
    assert (known == (total - deaths[:, 0] - divergences[:, 0] > 0)).all()
    assert (found.low[known] <= found.half_life[known] * (1 + 1e-9)).all()
    assert (found.half_life[known] <= found.high[known] * (1 + 1e-9)).all()
    moved = half_life(deaths[order], divergences[order], total[order], FIVE, 1, 19)
    alone = [half_life(deaths[i], divergences[i], total[i], FIVE, 1, 19) for i in order]
    for name in ("half_life", "low", "high", "chi_square", "p_value"):
        for ours in (getattr(moved, name), [getattr(one, name) for one in alone]):
            np.testing.assert_allclose(ours, getattr(found, name)[order], rtol=1e-6)


def test_many_cells_are_what_each_of_them_is():
    rng = np.random.default_rng(4)
    edges = np.array([0, 1, 2, 4, 8, 16, 32])
    died, diverged = rng.integers(0, 9, (2, CELLS_AT_A_TIME + 5, 6))
    total = died.sum(-1) + diverged.sum(-1) + rng.integers(0, 50, len(died))
    whole = half_life(died, diverged, total, edges, 1, 31)
    for i in (0, CELLS_AT_A_TIME - 1, CELLS_AT_A_TIME, CELLS_AT_A_TIME + 4):
        one = half_life(died[i], diverged[i], total[i], edges, 1, 31)
        for name in ("half_life", "low", "high", "chi_square", "p_value"):
            np.testing.assert_allclose(getattr(whole, name)[i], getattr(one, name), rtol=1e-9)
