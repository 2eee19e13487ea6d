"""The golden ratio's experiment in small: what is found is what is known, to 5 standard errors."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.golden_ratio.diagram import boundary_of, compare, draw, table_of
from experiments.golden_ratio.lyapunov import lyapunov_exponent
from experiments.golden_ratio.theory import BOUNDARY, share_that_diverges
from tests.experiments.small import check_drawn, small_study

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def diagram(tmp_path_factory):
    study = small_study("golden_ratio/study", training={"num_steps": 3000}, sweep={"replicates": 1000})
    return compare(jn.sweep(study, tmp_path_factory.mktemp("golden") / "run.zarr"))


def test_shares_are_those_known(diagram):
    successes, divergences = diagram.errors
    # Just beyond φ² neurons stay for long before they leave: 3000 steps are too few.
    near = (diagram.kappa > BOUNDARY) & (diagram.kappa < BOUNDARY + 0.05)
    assert (abs(successes[diagram.kappa < 2]) <= 5).all()
    assert (abs(divergences[~near]) <= 5).all()
    assert (diagram.diverge.share[diagram.kappa > 2.65] == 1).all()
    assert (diagram.diverge.share[diagram.kappa < BOUNDARY] < 0.1).all()
    below, above = boundary_of(diagram)
    assert BOUNDARY - 1e-4 < below < above < 2.71


def test_those_beyond_the_cycle_diverge_and_no_others():
    # Step by step in NumPy, from many weights; at κ = 2.5 the cycle is at w = 3.
    kappa, weight = 2.5, np.linspace(-4, 4, 80_001)
    start = weight.copy()
    for _ in range(200):
        weight = weight - kappa * np.where(weight > 0, weight - 1, weight)
    at_the_cycle = (abs(start - 3) < 1e-3) | (abs(start + 2) < 1e-3)
    is_beyond = (start > 3) | (start < -2)
    np.testing.assert_array_equal((abs(weight) > 1e6)[~at_the_cycle], is_beyond[~at_the_cycle])
    assert share_that_diverges(np.array([2.5])) == pytest.approx(0.0013499 + 0.0227501, abs=1e-6)


def test_the_figure_and_the_table_are_made(diagram, tmp_path):
    check_drawn(draw, diagram, path=tmp_path)
    assert table_of(diagram).row_count == len(diagram.kappa)


def test_neighbours_part_as_known():
    assert lyapunov_exponent(small_study("golden_ratio/study"), 2.4) == pytest.approx(np.log(1.4), abs=1e-4)
