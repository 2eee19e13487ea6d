"""Strict and effective death in small: none is dead, half are nearly silent, and rounding says how nearly."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.strict_or_effective.silence import PRECISIONS, draw, silence, table_of
from experiments.strict_or_effective.theory import nearest
from tests.experiments.small import check_drawn, small_study

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strict_or_effective")

    def of(precision):
        study = small_study(f"strict_or_effective/{precision}", sweep={"replicates": 1000})
        return silence(jn.sweep(study, folder / f"{precision}.zarr"))

    return [of(precision) for precision in PRECISIONS]


def test_none_is_dead_and_half_are_nearly_silent(found):
    y = np.maximum(np.arange(-100, 101) / 101 - 0.8, 0)
    for one in found:
        assert one.num_neurons == 1000
        assert one.dead.number == 0
        assert abs(one.error) <= 5
        assert one.num_mixed == 0
        assert one.num_converged == len(one.largest_z) == one.failed.number
        assert one.tolerance == pytest.approx(1e-3 * np.sqrt(np.mean(y**2)), rel=1e-4)


def test_rounding_says_how_nearly(found):
    single, double = found
    assert np.median(single.largest_z) == pytest.approx(3e-6, rel=0.1)
    assert np.median(double.largest_z) == pytest.approx(5.6e-15, rel=0.1)
    for one in found:
        assert one.largest_z.min() > 0
        assert one.num_nearer >= 0.999 * len(one.largest_z)
        assert (one.largest_z > 0.01 * one.nearest).mean() > 0.9  # or the bound would say little


def test_the_spacings_decide():
    weight, bias = np.float32([-1.5]), np.float32([0.75])
    assert nearest(weight, bias, -0.5, 1.0, 10) == 10 * 0.5 * 2**-24
    assert nearest(weight, np.float32([3.0]), -0.5, 2.0, 10) == 10 / 2 * 0.5 * 2**-22


def test_the_figure_and_the_table_are_made(found, tmp_path):
    check_drawn(draw, found, path=tmp_path)
    assert table_of(found).row_count == 9
