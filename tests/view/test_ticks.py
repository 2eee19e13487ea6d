"""Ticks: at least three labelled ones on every axis of decades, and words that do not round a share away."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.view.plots.ticks import decade_ticks, percent, scale, scale_by_decades, tick_label


@settings(max_examples=300, deadline=None)
@given(st.floats(-290, 290), st.floats(1e-3, 15), st.integers(3, 7))
def test_there_are_three_ticks_or_more_and_not_many(exponent, decades, most):
    low, high = 10.0**exponent, 10.0 ** (exponent + decades)
    ticks = decade_ticks(low, high, most)
    assert len(ticks) >= 3
    assert len(ticks) <= max(2 * most, 8)
    assert (np.diff(ticks) > 0).all()
    assert ticks[0] >= low * (1 - 1e-8)
    assert ticks[-1] <= high * (1 + 1e-8)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1e-3, 10, [1e-3, 0.01, 0.1, 1, 10]),
        (0.5, 30, [1, 3, 10, 30]),
        (0.2, 1.1, [0.2, 0.5, 1]),
        (1.5, 3, [1.5, 2, 3]),
        (2, 2, [2]),
        (1, 1.01, None),
        (0, 1, []),
        (1, np.inf, []),
    ],
)
def test_ticks_are_round(low, high, ticks):
    found = decade_ticks(low, high, 6)
    if ticks is None:
        assert len(found) >= 3
    else:
        np.testing.assert_allclose(found, ticks)


@pytest.mark.parametrize("ends", [(0.1, 0.5), (1.0, 1.2), (3e-9, 2e-8), (1e-12, 1e9), (0.3, 0.3)])
@pytest.mark.parametrize("inches", [1.0, 2.0, 3.0, 8.0])
def test_labels_do_not_overlap(ends, inches):
    figure = Figure(figsize=(inches, 2), layout="constrained")
    axes = figure.subplots()
    axes.plot(ends, [0, 1])
    scale(axes.xaxis, MapAxis("rate", "rate", np.array(ends), True))
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    inside = [box for box in boxes if box.x0 < axes.bbox.x1 and box.x1 > axes.bbox.x0]
    assert len(inside) >= (3 if ends[0] < ends[1] else 1)
    if inches > 1:
        assert all(a.x1 < b.x0 for a, b in pairwise(inside))


def test_values_that_hardly_differ_have_room():
    axes = Figure().subplots()
    axes.plot([0, 1], [0.5, 0.5])
    scale_by_decades(axes.yaxis, np.array([0.5, 0.5]))
    low, high = axes.get_ylim()
    assert low < 0.4 < 0.6 < high
    scale_by_decades(axes.yaxis, np.array([1e-300, 1e307]))
    assert np.isfinite(axes.get_ylim()).all()


@pytest.mark.parametrize(
    ("value", "label"),
    [(0, "0"), (0.001, "0.001"), (3000, "3000"), (1e-7, "$10^{-7}$"), (3e-7, "3·$10^{-7}$"), (-2.5, "−2.5")],
)
def test_labels_are_short(value, label):
    assert tick_label(value) == label


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.5, "50 %"),
        (0.404, "40.4 %"),
        (0.99997, "99.997 %"),
        (1e-6, "0.0001 %"),
        (3.642e-8, "0.000003642 %"),
    ],
)
def test_a_share_is_told_as_it_is(share, words):
    assert percent(share) == words


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-8, 1 - 1e-8))
def test_no_share_is_rounded_to_none_or_all(share):
    told = float(percent(share).removesuffix(" %")) / 100
    assert 0 < told < 1
    assert told == pytest.approx(share, rel=0.01)
