"""Who is born dead and who dies: lines are what is known, points what was found, joined where nothing is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.bias.shares import Along, Found, Known

COLOURS = {"born dead": "#404040", "died, bias trained": "#D55E00", "died, bias not trained": "#0072B2"}
TITLES = {"one_sided": "one-sided", "standardised": "the same, standardised", "engel": "Engel's households"}


def draw(sets: Sequence[Found], path: Path) -> None:
    """A column for each data set: along the initial bias, along the spread of drawn ones, along the rate."""
    figure = Figure(figsize=(9, 7.5), layout="constrained", dpi=120)
    rows = figure.subplots(3, len(sets), sharey=True, squeeze=False)
    for i, found in enumerate(sets):
        bias, std, rate = rows[:, i]
        draw_along(bias, found.biases)
        draw_along(std, found.stds)
        draw_along(rate, found.rates)
        bias.set_title(f"{TITLES.get(found.name, found.name)}\nη = {found.rate:g}", fontsize=10)
        bias.set_xlabel("initial bias")
        std.set_xscale("log")
        std.set_xticks(found.stds.values, [f"{value:g}" for value in found.stds.values])
        std.minorticks_off()
        std.set_xlabel("σ of initial biases N(0, σ²)")
        std.set_title(f"η = {found.rate:g}", fontsize=10)
        for limit, colour in zip(found.limits, list(COLOURS.values())[1:], strict=True):
            rate.axvline(limit, color=colour, linewidth=0.8, alpha=0.4)
        rate.set_xlabel("learning rate η")
        rate.set_title("initial bias 0", fontsize=10)
    for row in rows:
        row[0].set_ylabel("share of neurons")
    rows[0, -1].legend(frameon=False, fontsize=9)
    rows[0, 0].set_ylim(-0.03, 1.03)
    figure.savefig(path)


def draw_along(axes: Axes, along: Along) -> None:
    """Three shares along something."""
    unknown = np.full(len(along.values), np.nan)
    shares = along.born_dead, Known(along.died_trained, unknown, unknown), along.died_untrained
    for share, marker, (label, colour) in zip(shares, "os^", COLOURS.items(), strict=True):
        _draw_share(axes, along.values, share, colour, marker, label)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_share(axes: Axes, values: np.ndarray, share: Known, colour: str, marker: str, label: str) -> None:
    found = share.found
    is_known = np.isfinite(share.known)
    axes.plot(values, share.known, color=colour, linewidth=1)
    axes.plot(values, np.where(is_known, np.nan, found.share), ":", color=colour, linewidth=1)
    ends = [found.share - found.low, found.high - found.share]
    axes.errorbar(
        values, found.share, ends, fmt=marker, color=colour, markersize=3.5, linewidth=1, label=label
    )
