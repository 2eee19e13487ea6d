"""Importance: against loops over all cells, tables whose shares are known, and what has no shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxneuron as jn
from jaxneuron.analysis.importance import (
    as_numbers,
    importance,
    share_of_points,
    shares_of_grid,
    variance_of,
)
from jaxneuron.analysis.maps import quantity_map
from jaxneuron.analysis.quantities import quantity_of
from tests.studies import study_of


def by_loops(values):
    """(first-order shares, total shares) of values [*axes], cell by cell; NaN is left out."""
    cells = [place for place in np.ndindex(values.shape) if not np.isnan(values[place])]
    whole = np.var([values[place] for place in cells])
    first, total = [], []
    for i in range(values.ndim):
        for kept, found in (([i], first), ([j for j in range(values.ndim) if j != i], total)):
            means = []
            for place in cells:
                alike = [values[o] for o in cells if all(o[j] == place[j] for j in kept)]
                means.append(np.mean(alike))
            found.append(np.var(means) / whole)
    return np.array(first), 1 - np.array(total)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_shares_are_those_of_a_loop_over_cells(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    seed = data.draw(st.integers(0, 2**32))
    random = np.random.default_rng(seed)
    values = random.normal(size=shape)
    if data.draw(st.booleans()):
        values[random.random(shape) < 0.3] = np.nan
    known = values[~np.isnan(values)]
    if len(known) < 2 or known.std() < 1e-6:
        return
    first, total = shares_of_grid(values[..., None])
    want_first, want_total = by_loops(values)
    np.testing.assert_allclose(first, want_first, atol=1e-9)
    np.testing.assert_allclose(total, want_total, atol=1e-9)
    if not np.isnan(values).any():
        assert (first <= total + 1e-9).all()
        assert first.sum() <= 1 + 1e-9


def test_additive_values_have_no_interactions():
    a, b, c = np.array([0.0, 1, 5]), np.array([0.0, 2]), np.zeros(4)
    values = a[:, None, None] + b[:, None] + c
    first, total = shares_of_grid(values[..., None])
    variances = np.array([a.var(), b.var(), 0])
    np.testing.assert_allclose(first, variances / variances.sum(), atol=1e-12)
    np.testing.assert_allclose(total, first, atol=1e-12)


def test_ishigami_s_function_has_the_shares_that_are_known():
    # Ishigami and Homma 1990: sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁; on a grid of middles the integrals of the
    # sines are exact, and those of x₃ nearly.
    a, b, number = 7.0, 0.1, 400
    x = np.pi * (2 * (np.arange(number) + 0.5) / number - 1)
    x1, x2, x3 = x[::10, None, None], x[None, ::10, None], x[None, None]
    first, total = shares_of_grid((np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1))[..., None])
    v1, v2 = (1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8
    v13 = 8 * b**2 * np.pi**8 / 225
    whole = v1 + v2 + v13
    np.testing.assert_allclose(first, [v1 / whole, v2 / whole, 0], atol=1e-3)
    np.testing.assert_allclose(total, [(v1 + v13) / whole, v2 / whole, v13 / whole], atol=1e-3)


def test_a_product_of_what_has_no_mean_is_all_interaction():
    u, v = np.array([-1.0, 1]), np.array([-2.0, 0, 2])
    first, total = shares_of_grid((u[:, None] * v)[..., None])
    np.testing.assert_allclose(first, [0, 0], atol=1e-12)
    np.testing.assert_allclose(total, [1, 1], atol=1e-12)


def test_points_have_the_share_that_chance_does_not_explain():
    random = np.random.default_rng(0)
    places, noise = random.random((2, 4000))
    steps = np.floor(4 * places)
    assert share_of_points(steps[:, None], places) == pytest.approx(1, abs=0.02)
    half = steps + np.sqrt(12 * steps.var()) * noise
    assert share_of_points(half[:, None], places) == pytest.approx(0.5, abs=0.03)
    # Without an effect the ratio itself would be (bins − 1)/(points − 1) in the mean, here 15/255.
    found = [share_of_points(random.normal(size=(256, 1)), random.random(256)) for _ in range(300)]
    assert np.mean(found) < 0.02
    assert min(found) == 0


def test_kelley_s_correction_is_his():
    random = np.random.default_rng(1)
    places, values = random.random(64), random.normal(size=64) + np.repeat([0, 1], 32)
    order = np.argsort(places)
    groups = np.array_split(values[order], 8)
    within = sum(((group - group.mean()) ** 2).sum() for group in groups)
    whole = ((values - values.mean()) ** 2).sum()
    want = 1 - (within / (64 - 8)) / (whole / 63)
    assert share_of_points(values[:, None], places) == pytest.approx(max(want, 0))


def test_what_has_no_variance_has_no_shares():
    for values in (np.full((3, 2, 1), 0.1), np.full((3, 2, 1), np.nan), np.full((1, 1, 1), 2.0)):
        assert np.isnan(shares_of_grid(values)).all()
    assert np.isnan(share_of_points(np.full((99, 1), 0.1), np.arange(99.0)))
    assert np.isnan(share_of_points(np.arange(9.0)[:, None], np.arange(9.0)))  # too few for two bins
    assert variance_of(np.full((1000, 1), 0.1)) == 0
    assert variance_of(np.empty((0, 1))) == 0


@pytest.fixture
def run(run_of):
    return run_of("three axes")


@pytest.mark.parametrize("name", ["dead", "final_loss", "death_step", "half_life", "fate"])
def test_a_run_s_shares_are_those_of_its_cells(run, name):
    found = importance(run, name)
    assert found.names == ("learning_rate", "momentum", "init_bias")
    cells = np.stack(
        [
            quantity_map(run, name, found.names[:2], at={"init_bias": value}).value
            for value in run.cells.init_bias.values
        ],
        axis=-1,
    )
    if name == "fate":
        parts = [(cells == fate).astype(float) for fate in jn.Fate]
        variances = [part.var() for part in parts]
        moving = [(part, v) for part, v in zip(parts, variances, strict=True) if v > 0]
        shares = [np.array(by_loops(part)) * v for part, v in moving]
        want = sum(shares) / sum(variances)
        # 1 − Σ explained: the total shares add up by variance as the first-order ones do.
        np.testing.assert_allclose([found.first, found.total], want, atol=1e-9)
        return
    if name != "dead":
        finite = cells[np.isfinite(cells) & (cells > 0)]
        cells = np.log(np.clip(cells, finite.min(), finite.max()))
    want_first, want_total = by_loops(cells)
    np.testing.assert_allclose(found.first, want_first, atol=1e-9)
    np.testing.assert_allclose(found.total, want_total, atol=1e-9)
    assert (found.num_cells, found.num_known) == (90, (~np.isnan(cells)).sum())
    assert found.variance == pytest.approx(np.nanvar(cells))


def test_infinite_values_count_as_the_largest_and_zero_as_the_smallest(run):
    quantity = quantity_of(run, "final_loss")
    values = as_numbers(quantity, np.array([0.0, 1.0, np.e, np.inf, np.nan]))[:, 0]
    np.testing.assert_allclose(values, [0, 0, 1, 1, np.nan])
    assert np.ptp(as_numbers(quantity, np.full(3, np.inf))) == 0


def test_points_and_a_run_without_a_sweep(run_of, tmp_path):
    study = study_of("points")
    sweep = study.sweep.model_copy(update={"init_bias": jn.Uniform(-0.1, 0.1)})
    study = study.model_copy(update={"sweep": sweep})
    found = importance(jn.sweep(study, tmp_path / "points.zarr"), "dead")
    assert not found.is_grid
    assert found.first[0] > 0.4
    assert found.first[1] < 0.2
    assert np.isnan(found.total).all()
    nothing = importance(run_of("no axis"), "dead")
    assert (nothing.names, nothing.variance, nothing.num_cells) == ((), 0.0, 1)


def test_by_loops_is_no_copy_of_what_it_tests():
    table = np.array([[0.0, 1.0], [1.0, 3.0]])
    # By hand: means of rows ½, 2; of columns ½, 2; of all 1.25; variance 1.1875.
    first, total = by_loops(table)
    np.testing.assert_allclose(first, [0.5625 / 1.1875] * 2)
    np.testing.assert_allclose(total, [1 - 0.5625 / 1.1875] * 2)
