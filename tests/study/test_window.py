"""Windows: cells tile a span, and a precision is chosen that tells them apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.window import Span, Window

LOGS = st.booleans()
NUMBERS = st.integers(1, 300)
LOWS = st.floats(1e-6, 1e3)
WIDTHS = st.floats(1e-3, 1e3)


@given(LOWS, WIDTHS, LOGS, NUMBERS)
def test_cells_are_equally_wide_and_tile_the_span(low, width, is_log, num):
    span = Span("learning_rate", low, low * (1 + width), is_log)
    values = span.axis(num).values()
    to, ends = (np.log, np.log([span.low, span.high])) if is_log else (np.asarray, [span.low, span.high])
    middles = ends[0] + (np.arange(num) + 0.5) * (ends[1] - ends[0]) / num
    np.testing.assert_allclose(to(values), middles, rtol=1e-12, atol=1e-12 * abs(ends[1]))


@given(LOWS, st.floats(1e-16, 10.0), st.integers(2, 600))
def test_the_precision_tells_all_neighbours_apart(low, width, num):
    window = Window(
        Span("learning_rate", low, low * (1 + width), False), Span("init_bias", -1, 1, False), num, 2
    )
    if not window.x.low < window.x.high:
        return
    precision = window.precision(None)
    coarser = {"float32": [], "float64": ["float32"], None: ["float32", "float64"]}[precision]
    values = window.x.axis(num).values()
    gaps = np.diff(values) / np.abs(values[1:])
    if precision is not None:
        assert len(np.unique(values.astype(precision))) == num
        assert gaps.min() > np.finfo(precision).eps
    for each in coarser:  # which was refused for a reason
        assert gaps.min() < 130 * np.finfo(each).eps


def test_float32_gives_way_to_float64_and_that_to_nothing():
    rate = Span("learning_rate", 0.01, 10.0, True)
    found = []
    for zoom in 10.0 ** np.arange(16):
        bias = Span("init_bias", 1 - 1 / zoom, 1 + 1 / zoom, False)
        found.append(Window(rate, bias, 512, 512).precision(None))
    assert found == sorted(found, key=["float32", "float64", None].index)
    assert found.index("float64") == 3
    assert found.index(None) >= 13


@pytest.mark.parametrize(
    ("span", "wrong"),
    [
        (Span("learning_rate", 1.0, 1.0, False), "ends must increase"),
        (Span("learning_rate", -1.0, 1.0, True), "must be above 0"),
        (Span("learning_rate", 0.0, np.inf, False), "ends must increase"),
        (Span("init_bias", 0.0, 1.0, False), "is both axes"),
    ],
)
def test_what_is_no_window_is_refused(span, wrong):
    with pytest.raises(BadInput, match=wrong):
        Window(span, Span("init_bias", 0.0, 1.0, False), 4, 4).axes()
