"""Axes and designs: which values and which cells a sweep visits."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.population import design
from jaxneuron.population.axes import Linear, Log, Refined, Values


def test_axes_are_numpys():
    np.testing.assert_array_equal(Linear(-4.0, 4.0, 9).values(), np.linspace(-4, 4, 9))
    np.testing.assert_array_equal(Log(1e-3, 10.0, 5).values(), [1e-3, 1e-2, 1e-1, 1.0, 10.0])
    np.testing.assert_array_equal(Values([0.1, 0.5]).values(), [0.1, 0.5])
    assert Linear(2.0, 2.0, 1).values() == [2.0]
    refined = Refined((3.0, Linear(0.0, 4.0, 5), Log(2.0, 8.0, 3)))
    np.testing.assert_allclose(refined.values(), [0, 1, 2, 3, 4, 8], rtol=1e-15)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Linear(4.0, -4.0, 3), "below"),
        (lambda: Linear(1.0, 1.0, 2), "below"),
        (lambda: Linear(0.0, np.inf, 3), "finite"),
        (lambda: Linear(0.0, 1.0, 0), "at least 1"),
        (lambda: Linear(0.0, 1.0, 2.5), "whole"),
        (lambda: Log(0.0, 1.0, 3), "above 0"),
        (lambda: Log(-1.0, 1.0, 3), "above 0"),
        (lambda: Values([]), "empty"),
        (lambda: Values([1.0, 1.0]), "increase"),
        (lambda: Values([1.0, np.nan]), "finite"),
        (lambda: Refined((Linear(0.0, 1.0, 2), np.inf)), "finite"),
        (lambda: Refined(()), "empty"),
    ],
)
def test_an_axis_that_makes_no_sense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_grid_has_every_combination_once():
    cells = design.grid({"learning_rate": Values([1.0, 2.0]), "init_bias": Values([3.0, 4.0, 5.0])})
    assert cells.num_cells == 6
    values = cells.values(np.arange(6))
    pairs = list(zip(values["learning_rate"], values["init_bias"], strict=True))
    assert pairs == [(1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]


def test_a_grid_without_axes_is_one_cell():
    cells = design.grid({})
    assert cells.num_cells == 1
    assert cells.values(np.array([0])) == {}


RANGES = {
    "learning_rate": LogUniform(1e-3, 10.0),
    "init_bias": Uniform(-4.0, 4.0),
    "momentum": Normal(0.5, 0.1),
}


def test_sobol_points_fill_evenly_and_are_reproducible():
    cells = design.sobol(RANGES, 64, seed=5)
    again = design.sobol(RANGES, 64, seed=5)
    other = design.sobol(RANGES, 64, seed=6)
    for name, (dim, values) in cells.coordinates.items():
        assert dim == "point"
        np.testing.assert_array_equal(values, again.coordinates[name][1])
        assert (values != other.coordinates[name][1]).any()
    # 64 Sobol points put exactly one in each of 64 equal parts of every coordinate.
    bias = cells.coordinates["init_bias"][1]
    np.testing.assert_array_equal(np.sort(np.floor((bias + 4) * 8)), np.arange(64))


def test_fewer_points_are_the_first_of_more():
    few, many = design.sobol(RANGES, 20, seed=0), design.sobol(RANGES, 32, seed=0)
    for name in RANGES:
        np.testing.assert_array_equal(few.coordinates[name][1], many.coordinates[name][1][:20])


def test_random_points_follow_their_distributions():
    cells = design.random(RANGES, 4000, seed=1)
    expected = [scipy.stats.loguniform(1e-3, 10), scipy.stats.uniform(-4, 8), scipy.stats.norm(0.5, 0.1)]
    for (_, values), distribution in zip(cells.coordinates.values(), expected, strict=True):
        assert scipy.stats.kstest(values, distribution.cdf).pvalue > 1e-3


@settings(deadline=None, derandomize=True)
@given(st.floats(0, 1))
def test_no_point_is_infinite(probability):
    assert np.isfinite(Normal(0.0, 1.0).quantile(design.inside_unit(np.array([probability]))))
