"""Summaries: what is counted, that it merges exactly, and quantiles within their stated error."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Trained
from jaxneuron.population import summaries
from jaxneuron.population.histograms import make_bins, quantile
from jaxneuron.population.merging import merged
from jaxneuron.population.results import CELLS

BINS = make_bins(0.5, 1000)
STEPS = {
    "death_step": [Fate.born_dead, Fate.died],
    "diverge_step": [Fate.diverged],
    "settle_step": [Fate.converged],
}


def neurons(seed, shape=(3, 2, 40)):
    """Results of neurons, with all in them that summaries tell apart; what they do not read is None."""
    rng = np.random.default_rng(seed)
    fate = rng.integers(0, 5, shape)
    steps = {
        name: np.where(np.isin(fate, fates), rng.integers(0, 1001, shape), -1)
        for name, fates in STEPS.items()
    }
    loss = np.exp(rng.normal(-2, 4, shape))
    loss[fate == Fate.diverged] = rng.choice([np.nan, np.inf, 1e30], (fate == Fate.diverged).sum())
    loss.reshape(-1, shape[-1])[0] = np.nan  # a cell without a best neuron
    others = {
        "fixed_step": rng.choice([-1, 0, 7], shape),
        "revivals": rng.choice([0, 1, 9], shape),
        "absorbed": rng.random(shape) < 0.3,
        "nearly_silent": rng.random(shape) < 0.6,
        "num_active": rng.integers(0, 2**31, shape, dtype=np.int32),
        "period": rng.choice([-1, 0, 1, 2, 96], shape),
        "undecided": rng.random(shape) < 0.2,
        "params": Params(rng.normal(size=(*shape, 2)), rng.normal(size=shape)),
    }
    return Trained(**dict.fromkeys(Trained._fields) | {"fate": fate, "loss": loss} | steps | others)


def summarise(trained, bins, num_replicates=None):
    """What is found on the device of neurons [*cells, replicate], of which the last may be padding."""
    shape = trained.loss.shape
    flat = jax.tree.map(lambda values: values.reshape(-1, *values.shape[len(shape) :]), trained)
    found = summaries.summarise(flat, bins, shape, np.uint32(num_replicates or shape[-1]))
    return {
        name: values.astype(CELLS[name].dtype or values.dtype)
        for name, values in jax.device_get(found).items()
    }


def test_counts_are_the_neurons():
    trained = neurons(0)
    fate, loss = trained.fate, trained.loss
    got = summarise(trained, BINS)
    for f in Fate:
        np.testing.assert_array_equal(got["fate_count"][..., f], (fate == f).sum(-1))
    np.testing.assert_array_equal(got["final_loss_count"].sum(-1), 40)
    np.testing.assert_array_equal(got["fixed_count"], (trained.fixed_step != -1).sum(-1))
    np.testing.assert_array_equal(got["revived_count"], (trained.revivals != 0).sum(-1))
    np.testing.assert_array_equal(got["absorbed_count"], trained.absorbed.sum(-1))
    np.testing.assert_array_equal(got["nearly_silent_count"], trained.nearly_silent.sum(-1))
    is_cycle = (trained.period == 0) | (trained.period >= 2)
    np.testing.assert_array_equal(got["cycling_count"], is_cycle.sum(-1))
    np.testing.assert_array_equal(got["undecided_count"], trained.undecided.sum(-1))
    np.testing.assert_array_equal(got["active_count"], trained.num_active.astype(object).sum(-1))
    best = np.where(np.isfinite(loss), loss, np.inf).argmin(-1)[..., None]
    is_lost = ~np.isfinite(loss).any(-1)
    weight, bias = trained.params
    want = np.take_along_axis(bias, best, -1)[..., 0]
    np.testing.assert_array_equal(got["best_bias"], np.where(is_lost, np.nan, want))
    want = np.take_along_axis(weight, best[..., None], -2)[..., 0, :]
    np.testing.assert_array_equal(got["best_weight"], np.where(is_lost[..., None], np.nan, want))
    for name, fates in STEPS.items():
        count, step = got[f"{name}_count"], getattr(trained, name)
        np.testing.assert_array_equal(count.sum(-1), np.isin(fate, fates).sum(-1))
        for i, (low, high) in enumerate(zip(BINS.step, BINS.step[1:], strict=False)):
            np.testing.assert_array_equal(count[..., i], ((step >= low) & (step < high)).sum(-1))
    for i, (low, high) in enumerate(zip(BINS.loss, BINS.loss[1:], strict=False)):
        inside = (loss >= low) & ((loss < high) | (high == np.inf))
        inside |= ~np.isfinite(loss) & (high == np.inf)
        np.testing.assert_array_equal(got["final_loss_count"][..., i], inside.sum(-1))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_loss_has_the_bin_that_a_search_in_float64_finds(precision):
    """Also next to an edge, and of the smallest and the largest numbers."""
    for reference in (0.37, 3e-37, 1e35):
        edges = make_bins(reference, 10).loss
        with np.errstate(over="ignore", under="ignore"):
            near = edges.astype(precision)
            ends = np.array([0.0, -0.0, np.inf, np.nan, -np.inf, -1e-9], precision)
            losses = np.concatenate([near, np.nextafter(near, 0), np.nextafter(near, np.inf), ends])
        losses = np.resize(losses, 3 * len(losses))  # more than 255
        found = np.searchsorted(edges, np.where(np.isfinite(losses), losses, np.inf), side="right") - 1
        want = np.bincount(np.minimum(found, len(edges) - 2) + 1, minlength=len(edges))[1:]
        trained = neurons(0, losses.shape)._replace(loss=losses)
        got = summarise(trained, make_bins(reference, 1000))
        np.testing.assert_array_equal(got["final_loss_count"], want)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 1000), st.integers(1, 39), st.randoms(use_true_random=False))
def test_summaries_merge_exactly_in_any_order(seed, cut, random):
    """What a part does not hold is its padding."""
    trained = neurons(seed)
    whole = summarise(trained, BINS)
    turned = jax.tree.map(lambda values: np.roll(values, -cut, 2), trained)
    parts = [summarise(trained, BINS, cut), summarise(turned, BINS, 40 - cut)]
    random.shuffle(parts)
    assert set(whole) == set(CELLS)
    some = {name: np.stack([part[name] for part in parts], axis=1) for name in whole}
    for name, values in merged(some, axis=1).items():
        np.testing.assert_array_equal(values, whole[name])


def quantile_of(summary, probability):
    counts, smallest, largest = (summary[f"final_loss_{name}"] for name in ("count", "min", "max"))
    return quantile(counts, smallest, largest, BINS.loss, probability)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_a_quantile_is_within_half_a_bin(seed, probability):
    trained = neurons(seed)
    summary, loss = summarise(trained, BINS), trained.loss
    got = quantile_of(summary, probability)
    finite = np.sort(np.where(np.isfinite(loss), loss, np.inf), -1)
    want = finite[..., int(np.floor(probability * 39))]
    inside = (want > BINS.loss[1]) & (want < BINS.loss[-2])
    half_a_bin = 10 ** (0.5 / 16)
    ratio = got[inside] / want[inside]
    assert (ratio <= half_a_bin * 1.0001).all()
    assert (ratio >= 1 / half_a_bin / 1.0001).all()


def test_a_quantile_of_equal_losses_is_that_loss():
    trained = neurons(0, (1, 7))
    summary = summarise(trained._replace(loss=np.full((1, 7), 0.0848177)), BINS)
    got = quantile_of(summary, 0.5)
    assert got == pytest.approx(0.0848177, rel=1e-12)


@pytest.mark.parametrize("num_steps", [0, 1, 7, 1000, 10**8])
def test_bins_of_steps_hold_every_step(num_steps):
    edges = make_bins(1.0, num_steps).step
    assert edges[0] == 0
    assert edges[-1] == num_steps + 1
    assert (np.diff(edges) > 0).all()
    few = min(num_steps, 11)
    np.testing.assert_array_equal(edges[: few + 1], np.arange(few + 1))


def test_the_first_bin_holds_what_rounding_leaves_and_no_more():
    edges = make_bins(3.0, 10).loss
    assert edges[1] < 3.0 * np.finfo("float32").eps ** 2
    np.testing.assert_allclose(edges[2:-1] / edges[1:-2], 10 ** (1 / 16), rtol=1e-12)


def test_the_loss_of_the_dead_is_not_on_an_edge():
    for reference in (1e-9, 0.37, 5.0, 1e12):
        edges = make_bins(reference, 10).loss
        assert np.abs(np.log10(edges[1:-1] / reference)).min() > 0.03
