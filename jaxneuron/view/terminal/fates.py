"""The phase diagram of a run in a terminal: a map of squares, a strip of stacked shares, or a bar."""

import numpy as np

from jaxneuron.analysis.axes import MapAxis, map_axis
from jaxneuron.analysis.frames import shown_by_default
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.mosaic import SCREEN_COLOURS, STACKED, apportion, fate_map, mosaic
from jaxneuron.view.terminal.picture import EMPTY, Ends, Entry, Glyph, Picture, half_blocks, margin_of

# What is printed where there are no colours: letters would be read as words.
PLAIN = {Fate.diverged: "x", Fate.born_dead: "#", Fate.died: "+", Fate.converged: ".", Fate.unsettled: "~"}
INKS = [(SCREEN_COLOURS[fate], PLAIN[fate]) for fate in Fate]

EIGHTHS = " ▁▂▃▄▅▆▇█"
WIDEST = 4  # a square that is wider than so many times its height is no square
LEAST_LINES = 3


def fate_picture(run: Run, width: int, height: int) -> Picture:
    """The fates of a run over the first two of what it sweeps, for a terminal of so many columns and lines:
    as wide as that, and half as high."""
    names = shown_by_default(run)
    axes = [map_axis(run, name) for name in names]
    up = (None, Ends("share of neurons", "0 %", "100 %"), *map(_ends, axes[1:]))[len(axes)]
    columns, lines = max(8, width - margin_of(up)), max(LEAST_LINES, height // 2 - 3)
    found = fate_map(run, columns, 2 * lines)
    if len(axes) == 2:
        rows = _mosaic(found.counts, columns, 2 * lines)
    elif axes:
        rows = _stacks(found.counts, columns, lines)
    else:
        rows = _bar(found.counts, columns)
    over = " and ".join(axis.label for axis in axes)
    counts = found.counts.reshape(-1, len(Fate)).sum(0)
    return Picture(
        title=f"Fates over {over}" if axes else "Fates",
        rows=rows,
        right=_ends(axes[0]) if axes else None,
        up=up,
        legend=_legend(counts),
        remark=found.remark,
        width=width,
    )


def _mosaic(counts: np.ndarray, columns: int, rows: int) -> list[list[Glyph]]:
    high = rows // counts.shape[1]
    wide = min(columns // counts.shape[0], WIDEST * high)
    return half_blocks(mosaic(counts, wide * counts.shape[0], rows), INKS)


def _stacks(counts: np.ndarray, columns: int, lines: int) -> list[list[Glyph]]:
    """A column of stacked shares for each value, in eighths of a character."""
    wide = min(columns // len(counts), WIDEST * lines)
    stacks = [_stack(of_value, lines) for of_value in counts]
    return [[stack[line] for stack in stacks for _ in range(wide)] for line in range(lines)]


def _stack(counts: np.ndarray, lines: int) -> list[Glyph]:
    """One column from the top; a character shows the two fates that have most of it."""
    if not counts.sum():
        return [EMPTY] * lines
    eighths = np.repeat(STACKED, apportion(counts[list(STACKED)], 8 * lines))
    return [_two_of(eighths[8 * i : 8 * i + 8]) for i in reversed(range(lines))]


def _two_of(eighths: np.ndarray) -> Glyph:
    """A character of eighths from below, each with its fate."""
    fates, first, number = np.unique(eighths, return_index=True, return_counts=True)
    lower, *upper = sorted(np.argsort(-number, kind="stable")[:2], key=lambda i: first[i])
    most = Fate(int(fates[number.argmax()]))
    front = SCREEN_COLOURS[Fate(int(fates[lower]))]
    if not upper:
        return Glyph("█", front, None, PLAIN[most])
    height = round(8 * int(number[lower]) / int(number[lower] + number[upper[0]]))
    return Glyph(EIGHTHS[height], front, SCREEN_COLOURS[Fate(int(fates[upper[0]]))], PLAIN[most])


def _bar(counts: np.ndarray, columns: int) -> list[list[Glyph]]:
    return half_blocks(np.repeat(list(Fate), apportion(counts, columns))[None].repeat(4, 0), INKS)


def _ends(axis: MapAxis) -> Ends:
    label = f"{axis.label} (log)" if axis.is_log else axis.label
    return Ends(label, f"{axis.values.min():.3g}", f"{axis.values.max():.3g}")


def _legend(counts: np.ndarray) -> tuple[Entry, ...]:
    """Each fate with its colour and its share of all neurons."""
    return tuple(
        Entry((Glyph("█", *INKS[fate][:1], None, PLAIN[fate]),), f"{fate.label} {share_text(*pair)}")
        for fate in Fate
        for pair in [(int(counts[fate]), int(counts.sum()))]
    )


def share_text(number: int, total: int) -> str:
    """A share with one decimal; neither 0 nor 100 % unless it is exactly that."""
    if 0 < number < 0.0005 * total:
        return "< 0.1 %"
    if 0.9995 * total < number < total:
        return "> 99.9 %"
    return f"{100 * number / total:.1f} %"
