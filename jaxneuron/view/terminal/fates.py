"""The phase diagram of a run in a terminal: a map of squares, stacked shares, or a bar."""

import numpy as np

from jaxneuron.analysis.axes import map_axis
from jaxneuron.analysis.fate_map import fate_map
from jaxneuron.analysis.frames import shown_by_default
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.raster import FATE_INKS, Ends, ends_of, fate_squares
from jaxneuron.view.terminal.picture import Entry, Picture, half_blocks, margin_of, swatch

WIDEST = 4  # a square that is wider than so many times its height is no square
LEAST_LINES, BAR_LINES = 3, 2


def fate_picture(run: Run, width: int, height: int) -> Picture:
    """The fates of a run over the first two swept axes, for a terminal of so many columns and lines: as wide
    as the terminal, and half as high."""
    axes = [ends_of(map_axis(run, name)) for name in shown_by_default(run)]
    up = (None, Ends("share of neurons", "0 %", "100 %"), *axes[1:])[len(axes)]
    columns = max(8, width - margin_of(up))
    rows = 2 * (max(LEAST_LINES, height // 2 - 3) if axes else BAR_LINES)
    found = fate_map(run, columns, rows)
    over = " and ".join(axis.label for axis in found.axes)
    return Picture(
        title=f"Fates over {over}" if axes else "Fates",
        rows=half_blocks(fate_squares(found.counts, columns, rows, WIDEST), FATE_INKS),
        right=axes[0] if axes else None,
        up=up,
        legend=_legend(found.counts.reshape(-1, len(Fate)).sum(0)),
        remark=found.remark,
        width=width,
    )


def _legend(counts: np.ndarray) -> tuple[Entry, ...]:
    """Each fate with its colour and its share of all neurons."""
    total = int(counts.sum())
    return tuple(
        Entry((swatch(FATE_INKS[fate]),), f"{fate.label} {share_in_words(int(counts[fate]), total)}")
        for fate in Fate
    )


def share_in_words(number: int, total: int) -> str:
    """A share with one decimal; neither 0 nor 100 % unless it is exactly that."""
    if 0 < number < 0.0005 * total:
        return "< 0.1 %"
    if 0.9995 * total < number < total:
        return "> 99.9 %"
    return f"{100 * number / total:.1f} %"
