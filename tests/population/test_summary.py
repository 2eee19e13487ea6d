"""Summaries: what is counted, that it merges exactly, and quantiles within their stated error."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.fate import Fate
from jaxneuron.population.summary import make_bins, merge, quantile, summarise

BINS = make_bins(0.5, 1000)


def neurons(seed, shape=(3, 2, 40)):
    rng = np.random.default_rng(seed)
    fate = rng.integers(0, 5, shape)
    dead = (fate == Fate.died) * rng.integers(1, 1001, shape)
    death_step = np.where((fate == Fate.died) | (fate == Fate.born_dead), dead, -1)
    loss = np.exp(rng.normal(-2, 4, shape))
    loss[fate == Fate.diverged] = rng.choice([np.nan, np.inf, 1e30], (fate == Fate.diverged).sum())
    fixed_step = rng.choice([-1, 0, 7], shape)
    return fate, death_step, fixed_step, loss


def test_counts_are_the_neurons():
    fate, death_step, fixed_step, loss = neurons(0)
    got = summarise(fate, death_step, fixed_step, loss, BINS)
    for f in Fate:
        np.testing.assert_array_equal(got.fate_count[..., f], (fate == f).sum(-1))
    np.testing.assert_array_equal(got.final_loss_count.sum(-1), 40)
    np.testing.assert_array_equal(got.fixed_count, (fixed_step != -1).sum(-1))
    dead = (fate == Fate.died) | (fate == Fate.born_dead)
    np.testing.assert_array_equal(got.death_step_count.sum(-1), dead.sum(-1))
    for i, (low, high) in enumerate(zip(BINS.death_step, BINS.death_step[1:], strict=False)):
        inside = (death_step >= low) & (death_step < high)
        np.testing.assert_array_equal(got.death_step_count[..., i], inside.sum(-1))
    for i, (low, high) in enumerate(zip(BINS.loss, BINS.loss[1:], strict=False)):
        inside = (loss >= low) & ((loss < high) | (high == np.inf))
        inside |= ~np.isfinite(loss) & (high == np.inf)
        np.testing.assert_array_equal(got.final_loss_count[..., i], inside.sum(-1))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 1000), st.integers(1, 39), st.randoms(use_true_random=False))
def test_summaries_merge_exactly_in_any_order(seed, cut, random):
    arrays = neurons(seed)
    whole = summarise(*arrays, BINS)
    parts = [summarise(*(a[..., part] for a in arrays), BINS) for part in (slice(cut), slice(cut, None))]
    random.shuffle(parts)
    for field in dataclasses.fields(whole):
        some = np.stack([getattr(part, field.name) for part in parts], axis=1)
        np.testing.assert_array_equal(merge(field.name, some, axis=1), getattr(whole, field.name))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_a_quantile_is_within_half_a_bin(seed, probability):
    fate, death_step, fixed_step, loss = neurons(seed)
    summary = summarise(fate, death_step, fixed_step, loss, BINS)
    got = quantile(
        summary.final_loss_count, summary.final_loss_min, summary.final_loss_max, BINS.loss, probability
    )
    finite = np.sort(np.where(np.isfinite(loss), loss, np.inf), -1)
    want = finite[..., int(np.floor(probability * 39))]
    inside = (want > BINS.loss[1]) & (want < BINS.loss[-2])
    half_a_bin = 10 ** (0.5 / 16)
    ratio = got[inside] / want[inside]
    assert (ratio <= half_a_bin * 1.0001).all()
    assert (ratio >= 1 / half_a_bin / 1.0001).all()


def test_a_quantile_of_equal_losses_is_that_loss():
    loss = np.full((1, 7), 0.0848177)
    summary = summarise(np.full((1, 7), 3), np.full((1, 7), -1), np.full((1, 7), -1), loss, BINS)
    got = quantile(summary.final_loss_count, summary.final_loss_min, summary.final_loss_max, BINS.loss, 0.5)
    assert got == pytest.approx(0.0848177, rel=1e-12)


@pytest.mark.parametrize("num_steps", [0, 1, 7, 1000, 10**8])
def test_death_step_bins_hold_every_step(num_steps):
    edges = make_bins(1.0, num_steps).death_step
    assert edges[0] == 0
    assert edges[-1] == num_steps + 1
    assert (np.diff(edges) > 0).all()
    few = min(num_steps, 11)
    np.testing.assert_array_equal(edges[: few + 1], np.arange(few + 1))


def test_the_loss_of_the_dead_is_not_on_an_edge():
    for reference in (1e-9, 0.37, 5.0, 1e12):
        edges = make_bins(reference, 10).loss
        assert np.abs(np.log10(edges[1:-1] / reference)).min() > 0.03
