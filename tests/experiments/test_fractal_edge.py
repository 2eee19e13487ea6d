"""The fractal edge in small: known dimensions are found, and ends are those of extended precision."""

from functools import partial

import numpy as np
import pytest

from experiments.fractal_edge.box_counting import boxes, dimension_of, pairs
from experiments.fractal_edge.cases import CASES, cantor_dimension
from experiments.fractal_edge.fates import End, ends_of
from experiments.fractal_edge.precision import check_clear
from experiments.fractal_edge.stepping import step_to_end

SCALES = np.logspace(-1.5, -3.5, 5)


def of_line(points):
    """Two ends on either side of a line."""
    return (points[..., 0] + 0.3 * points[..., 1] > 0.57).astype(int)


def of_cantor_set(points):
    """Two ends in turn in the gaps of the middle-thirds Cantor set times a line, by the level of the gap."""
    x, level = points[..., 0] % 1, np.zeros(points.shape[:-1], int)
    for depth in range(1, 40):
        x = 3 * x
        level[(level == 0) & (x >= 1) & (x < 2)] = depth
        x = x % 1
    return level % 2


@pytest.mark.parametrize("way", [boxes, pairs])
@pytest.mark.parametrize(
    ("ends", "known"), [(of_line, 1.0), (of_cantor_set, 1 + np.log(2) / np.log(3))], ids=["line", "Cantor"]
)
def test_known_dimensions_are_found(way, ends, known):
    tries = 128 if way is boxes else 2048
    found = dimension_of(way(ends, SCALES, tries, np.random.default_rng(0)), np.random.default_rng(1))
    assert abs(found.value - known) < 0.05
    assert found.low < known < found.high


def test_two_copies_have_the_dimension_of_moran():
    assert cantor_dimension(3, 3) == pytest.approx(np.log(2) / np.log(3))
    assert cantor_dimension(4, 2) == pytest.approx(np.log((1 + 5**0.5) / 2) / np.log(2))


def test_one_weight_is_the_map_that_is_said():
    plane = CASES["one_weight"].plane
    points = np.random.default_rng(0).random((500, 2))
    values = plane.values(points)
    u = values["init_weight"] / values["target_scale"]
    for _ in range(100):
        u = np.where(u > 0, 5 - 4 * u, -1.5 - 0.5 * u)
    known = np.where(abs(u) > 20, End.diverged, End.converged)
    np.testing.assert_array_equal(step_to_end(plane, points, np.float64, 400).end, known)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["one_weight", "three"])
def test_what_is_clear_ends_as_in_extended_precision(name):
    found = check_clear(CASES[name].plane, 2000, 1e-2, np.random.default_rng(0))
    assert found["clear"] > 500
    assert found["differ and clear"] == 0


@pytest.mark.thorough
def test_a_boundary_is_smooth_below_the_limit_and_fractal_beyond():
    beyond = CASES["three"].plane  # at twice the limit; below it a neuron has the same program
    below = beyond._replace(given={"learning_rate": 0.475 * beyond.given["learning_rate"]})

    def found(plane, tries):
        rng = np.random.default_rng(0)
        # Twice so many in 64 windows are whole batches of neurons.
        return dimension_of(pairs(partial(ends_of, plane), SCALES[:4], tries, rng), rng)

    smooth, fractal = found(below, 256), found(beyond, 128)
    assert smooth.low < 1.05
    assert smooth.value == pytest.approx(1, abs=0.1)
    assert fractal.low > 1.3
