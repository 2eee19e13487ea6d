"""Momentum's experiment in small: what is found is what is known, to 5 standard errors."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.momentum.survival import draw, survival, table_of
from experiments.momentum.theory import share_alive, smallest_that_dies
from tests.experiments.small import check_drawn, small_study

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder, results = tmp_path_factory.mktemp("momentum"), []
    for name, setting in (("study", "momentum"), ("adam", "learning_rate")):
        study = small_study(f"momentum/{name}", sweep={"replicates": 300})
        results.append(survival(jn.sweep(study, folder / f"{name}.zarr"), setting))
    return results


def test_shares_are_those_known(found):
    heavy_ball, adam = found
    assert heavy_ball.known.shape == (5, 25)
    assert (abs(heavy_ball.errors) <= 5).all()
    # Small targets kill under momentum, and leave half alive without.
    assert heavy_ball.alive.share[0, 0] > 0.4
    assert heavy_ball.alive.share[2, 0] < 0.02
    assert np.isnan(adam.known).all()
    assert adam.alive.share[1, 0] < 0.25 < 0.4 < adam.alive.share[1, -1]


def test_the_threshold_as_published_in_the_theory():
    assert smallest_that_dies(0.9, 0.1) == pytest.approx(2.6564, abs=5e-5)
    assert smallest_that_dies(0.0, 0.1) == np.inf
    known = share_alive(np.array([1.0, 0.1, 0.01]), 0.9, 0.1)
    np.testing.assert_allclose(known, [0.496, 0.105, 0.0106], atol=5e-4)


def test_the_figure_and_the_table_are_made(found, tmp_path):
    check_drawn(draw, *found, path=tmp_path)
    assert table_of(*found).row_count > 20
