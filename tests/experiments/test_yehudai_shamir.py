"""The construction of Yehudai and Shamir in small: each neuron ends as known, counts to 5 standard errors."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.yehudai_shamir.construction import construction
from experiments.yehudai_shamir.counts import are_known, counts_of, frame_of, p_value, table_of
from experiments.yehudai_shamir.figure import draw
from experiments.yehudai_shamir.theory import EXPONENTS, share_below_a_quarter
from jaxneuron import Fate
from tests.experiments.small import check_drawn

pytestmark = pytest.mark.thorough
NEURONS = 50_000


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return counts_of(jn.sweep(construction(8, NEURONS), tmp_path_factory.mktemp("construction") / "8.zarr"))


def test_every_neuron_ends_as_is_known(found):
    assert found.num_others == 0
    assert found.largest_miss < 1e-4
    # Nobody dies: those without a weight that moves are born dead, all others converge.
    assert found.fates[Fate.born_dead] == found.stuck.number[-1] > 0
    assert found.fates.sum() == found.fates[[Fate.born_dead, Fate.converged]].sum() == NEURONS


def test_counts_are_binomial(found):
    assert (abs(found.errors) <= 5).all()
    assert abs(found.below_errors) <= 5
    assert found.p_value > 1e-6


def test_a_neuron_that_ends_otherwise_is_seen():
    first = np.array([[0.3, -0.2, -1.0, 0.0]]).repeat(5, axis=0)
    last, stuck = first.copy(), np.array([3, 3, 3, 3, 2])
    last[:, 0] = 0.5  # 1/√4
    last[1, 1] += 1e-9  # has moved
    last[2, 0] = 0.499  # has not arrived
    last[3, 3] = 0.5  # starts at 0, where the slope is 0
    np.testing.assert_array_equal(are_known(first, last, stuck), [True, False, False, False, False])


def test_rare_counts_are_tested_together():
    expected = np.array([1.0, 9.0, 40.0, 40.0, 9.0, 1.0])
    # From 10 expected on a count stands alone; here the ends join the middle ones.
    assert p_value(np.array([5, 5, 40, 40, 5, 5]), expected) == pytest.approx(1)
    assert p_value(np.array([0, 0, 50, 50, 0, 0]), expected) == pytest.approx(1)
    assert p_value(np.array([0, 0, 70, 30, 0, 0]), expected) < 1e-3


def test_which_exponent_bounds():
    inputs = np.arange(4, 101, 4)
    tail = share_below_a_quarter(inputs)
    np.testing.assert_allclose(tail[[1, 3]], [9 / 256, 697 / 65536], rtol=1e-12)
    hoeffding, faster = (np.exp(-rate * inputs) for rate in EXPONENTS.values())
    assert (tail <= hoeffding).all()
    np.testing.assert_array_equal(tail > faster, inputs >= 24)


def test_the_figure_and_the_tables_are_made(found, tmp_path):
    check_drawn(draw, [found], path=tmp_path)
    assert table_of([found]).row_count == 1
    assert len(frame_of([found])) == 9
