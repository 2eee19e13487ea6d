"""How many weights never move, and how often few: lines are what is known, points what was found."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.yehudai_shamir.counts import Counts
from experiments.yehudai_shamir.theory import EXPONENTS, share_below_a_quarter

COLOURS = ("#0072B2", "#D55E00", "#404040")


def draw(counts: Sequence[Counts], path: Path) -> None:
    """Left the shares of K, right P(K < d/4) beside its bounds."""
    figure = Figure(figsize=(9, 3.6), layout="constrained", dpi=150)
    left, right = figure.subplots(1, 2)
    _draw_shares(left, counts)
    _draw_tail(right, counts)
    for axes in (left, right):
        axes.set_yscale("log")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(path)


def _draw_shares(axes: Axes, counts: Sequence[Counts]) -> None:
    for found, colour in zip(counts, COLOURS, strict=False):
        number = np.arange(found.num_inputs + 1)
        axes.plot(number, found.known, color=colour, linewidth=1)
        seen = found.stuck.number > 0
        ends = abs(np.stack([found.stuck.low, found.stuck.high]) - found.stuck.share)[:, seen]
        places, shares = number[seen], found.stuck.share[seen]
        axes.errorbar(
            *(places, shares, ends),
            fmt="o",
            color=colour,
            markersize=4,
            linewidth=1,
            label=f"d = {found.num_inputs}",
        )
    axes.set_ylim(0.5 / max(found.stuck.number.sum() for found in counts), 1)
    axes.set_xlabel("K, weights that never move")
    axes.set_ylabel("share of neurons")


def _draw_tail(axes: Axes, counts: Sequence[Counts]) -> None:
    inputs = np.arange(4, 41, 4)
    for (name, rate), style in zip(EXPONENTS.items(), ("--", ":"), strict=True):
        axes.plot(inputs, np.exp(-rate * inputs), style, color="#808080", linewidth=1, label=name)
    axes.plot(inputs, share_below_a_quarter(inputs), color="#000000", linewidth=1, label="binomial")
    for found, colour in zip(counts, COLOURS, strict=False):
        _, share, low, high = found.below
        ends = [[share - low], [high - share]]
        axes.errorbar([found.num_inputs], [share], ends, fmt="o", color=colour, markersize=4, linewidth=1)
    axes.set_xticks(inputs[1::2])
    axes.set_xlabel("d, inputs")
    axes.set_ylabel("P(K < d/4)")
