"""Ticks of an axis: round values, at least three, also where an axis of decades spans less than two.

Matplotlib's own locator of decades gives two labels between 0.5 and 30, and 1.025·10⁰ between 1 and 1.2.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FixedFormatter, FixedLocator, Locator, MaxNLocator

from jaxneuron.analysis.axes import MapAxis, shown_values
from jaxneuron.view.plots.canvas import as_text

FEWEST = 3
MOST_LINEAR = 5
# Within a decade; the coarsest of which there are enough is taken.
SUBDIVISIONS = ((1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
LARGEST = 307  # power of ten that is a number
PLAIN = (1e-4, 1e5)  # beyond it numbers are written with a power of ten


class DecadeLocator(Locator):
    """Ticks of an axis of decades, or of one from step 0 on, as many as have room."""

    def __init__(self, most: int | None = None, from_zero: bool = False) -> None:
        self.most, self.from_zero = most, from_zero

    def __call__(self) -> Sequence[float]:
        assert self.axis is not None
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """The ticks between two values."""
        # Matplotlib counts with shorter labels.
        room = self.most or (0.7 * self.axis.get_tick_space() if isinstance(self.axis, Axis) else 6)
        most = max(FEWEST, min(int(room), 7))
        if self.from_zero:
            return [0.0, *decade_ticks(1.0, vmax, most - 1)]
        return decade_ticks(min(vmin, vmax), max(vmin, vmax), most).tolist()


def decade_ticks(low: float, high: float, most: int) -> np.ndarray:
    """Round values from `low` to `high`, both positive: decades, or some in between; at least three, however
    near each other the two are, and hardly more than `most`."""
    if not 0 < low <= high < math.inf:
        return np.array([])
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first + 1 >= FEWEST:
        return 10.0 ** np.arange(first, last + 1, _stride(last - first, most))
    decades = 10.0 ** np.arange(first - 1, last + 2)
    for within in SUBDIVISIONS:
        ticks = np.multiply.outer(decades, within).ravel()
        ticks = ticks[(ticks >= low * (1 - 1e-9)) & (ticks <= high * (1 + 1e-9))]
        if len(ticks) >= FEWEST:
            return ticks
    if low == high:
        return np.array([low])
    unit = 10.0 ** (first - 1)  # the locator takes ends that are small for equal
    ticks = unit * np.asarray(MaxNLocator(most, min_n_ticks=FEWEST).tick_values(low / unit, high / unit))
    return ticks[(ticks >= low) & (ticks <= high)]


def _stride(length: int, most: int) -> int:
    """Every how many decades there is a tick, of `length` + 1 decades."""
    wide = math.ceil(length / (most - 1))
    return wide if length // wide + 1 >= FEWEST else max(1, length // (FEWEST - 1))


def tick_label(value: float, _: float | None = None) -> str:
    """A tick's value: 0.05, or 5·10⁻⁷ where it is very small or very large."""
    if value == 0 or PLAIN[0] <= abs(value) < PLAIN[1]:
        return f"{value:.6g}".replace("-", "−")
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    factor = f"{value / 10.0**exponent:.4g}".replace("-", "−")
    return rf"$10^{{{exponent}}}$" if factor == "1" else rf"{factor}·$10^{{{exponent}}}$"


def scale(axis: Axis, shown: MapAxis) -> None:
    """Give an axis of a figure the scale and the ticks of what is shown along it."""
    if shown.values.min() == shown.values.max():
        _limit(axis, *shown._replace(values=shown.values[:1]).edges)
    if shown.names:
        places = shown_values(len(shown.names), MOST_LINEAR)
        axis.set_major_locator(FixedLocator(places.tolist()))
        axis.set_major_formatter(FixedFormatter([as_text(shown.names[i]) for i in places]))
    elif shown.is_log:
        scale_by_decades(axis)
    elif len(shown.values) == 1:
        axis.set_major_locator(FixedLocator(list(shown.values)))
        axis.set_major_formatter(tick_label)
    else:
        # Fixed: ticks that change while a figure is laid out have labels for which no room was found.
        low, high = float(shown.values.min()), float(shown.values.max())
        ticks = np.asarray(MaxNLocator(MOST_LINEAR, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
        axis.set_major_locator(FixedLocator(ticks[(ticks >= low) & (ticks <= high)].tolist()))


def scale_by_decades(axis: Axis, values: np.ndarray | None = None) -> None:
    """Make an axis one of decades, with room around values, and more of it where they hardly differ."""
    (axis.axes.set_xscale if isinstance(axis, XAxis) else axis.axes.set_yscale)("log")
    label_decades(axis, DecadeLocator())
    if values is not None and values.size:
        low, high = np.log10([float(values.min()), float(values.max())])
        margin = max(0.04 * (high - low), 0.02 if high - low > 0.01 else 0.3)
        _limit(axis, 10.0 ** max(low - margin, -LARGEST), 10.0 ** min(high + margin, LARGEST))


def _limit(axis: Axis, low: float, high: float) -> None:
    (axis.axes.set_xlim if isinstance(axis, XAxis) else axis.axes.set_ylim)(low, high)


def scale_by_shares(axes: Axes, top: float = 1.0) -> None:
    """Make the axis upwards one of shares from 0 to `top`, with room for lines at its ends."""
    axes.set_ylim(-0.03 * top, 1.03 * top)
    axes.yaxis.set_major_formatter(percent)


def scale_by_steps(axes: Axes, last_step: int) -> None:
    """Make the axis to the right one of steps, by decades; step 0 has its place, to the left of step 1."""
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(0, max(last_step, 1))
    axes.set_xlabel("step")
    label_decades(axes.xaxis, DecadeLocator(from_zero=True))


def label_decades(axis: Axis, locator: Locator) -> None:
    """Round labelled ticks, and no others: minor ticks take longer to lay out than all else to draw."""
    axis.set_major_locator(locator)
    axis.set_major_formatter(tick_label)
    axis.minorticks_off()


def percent(value: float, _: float | None = None) -> str:
    """A share in per cent; never 0 or 100 where it is not."""
    for digits in (0, 1, 2, 3, 5, 7, 9):
        text = f"{100 * value:.{digits}f}"
        is_end = float(text) in (0, 100) and value not in (0, 1)
        if not is_end and abs(float(text) / 100 - value) <= 0.0025 * max(abs(value), 1e-9):
            break
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"
