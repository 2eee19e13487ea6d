"""What was found, drawn."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.half_life.decay import Decay, half_life_of, hazard_of
from experiments.half_life.variations import VARIED_EXAMPLES, VARIED_INPUTS, Variation
from jaxneuron import Fate
from jaxneuron.view.palette import FATE_COLOURS

SHOWN_DATASET = 7  # whose limit is that of very many examples, and where next to none converge
SHOWN_RATES = (3.2, 3.3, 3.4, 3.5, 3.6)
POOLED_RATES = (2.4, 2.8, 3.2, 3.6, 4.0, 4.4)
WIDEST = 20  # times its low end is the high end of an interval that still says something


def draw(decay: Decay, path: Path) -> None:
    """The study: hazards of one data set and of all, half-lives and fates against the scaled rate."""
    figure = Figure(figsize=(9, 6.6), layout="constrained", dpi=100)
    (one, pooled), (halves, fates) = figure.subplots(2, 2)
    is_shown = np.arange(len(decay.limit))[:, None] == SHOWN_DATASET
    _draw_hazards(one, decay, SHOWN_RATES, is_shown)
    one.set_title("one data set: constant after some 100 steps", fontsize=10)
    _draw_hazards(pooled, decay, POOLED_RATES, np.full(is_shown.shape, True))
    pooled.set_title(f"{len(decay.limit)} data sets pooled: falling", fontsize=10)
    _draw_half_lives(halves, decay)
    _draw_fates(fates, decay)
    _save(figure, path)


def draw_variations(long: Decay, found: list[Variation], path: Path) -> None:
    """Half-lives at closer rates over more steps; the end of the phase by inputs and by examples."""
    figure = Figure(figsize=(10, 3.6), layout="constrained", dpi=100)
    halves, inputs, examples = figure.subplots(1, 3, width_ratios=(1.3, 1, 1))
    phase = half_life_of(long, long.moving)
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(long.limit)))
    for dataset in np.argsort(long.limit):
        seen = (phase.deaths[dataset] >= 5) & (long.scaled[dataset] > 1)
        colour = colours[np.searchsorted(np.sort(long.limit), long.limit[dataset])]
        values = np.where(seen, phase.half_life[dataset], np.nan)  # a line ends where few deaths are left
        halves.plot(long.scaled[dataset], values, "o-", color=colour, markersize=2.5, linewidth=0.7)
    halves.set_xlim(1.35, 1.95)  # beyond it next to none are left after 200 steps
    halves.set_yscale("log")
    halves.set_xlabel("learning rate / (2/λ)")
    halves.set_ylabel("half-life in steps")
    halves.set_title(f"{len(long.limit)} data sets, rates 0.04 apart", fontsize=10)
    by_size = {(one.inputs, one.examples): one for one in found}
    for axes, sizes, which in ((inputs, VARIED_INPUTS, 0), (examples, VARIED_EXAMPLES, 1)):
        _draw_ends(axes, [by_size[size] for size in sizes], [size[which] for size in sizes])
    inputs.set_xlabel("inputs, with 200 examples")
    examples.set_xlabel("examples, with 5 inputs")
    examples.sharey(inputs)
    inputs.set_ylabel("end of the phase without deaths / (2/λ)")
    for axes in (halves, inputs, examples):
        _tidy(axes)
    _save(figure, path)


def _draw_hazards(axes: Axes, decay: Decay, rates: tuple[float, ...], datasets: np.ndarray) -> None:
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(rates)))
    for rate, colour in zip(rates, colours, strict=True):
        edges, found = hazard_of(decay, datasets & np.isclose(decay.rate, rate))
        # Between the step it starts with and the one it ends before; half-way on a logarithmic axis.
        middle = np.sqrt(edges[:-1] * edges[1:])
        seen = (found.hazard > 0) & (edges[:-1] >= 1) & (found.high < WIDEST * found.low)
        ends = [(found.hazard - found.low)[seen], (found.high - found.hazard)[seen]]
        style = {"fmt": "o-", "markersize": 3, "linewidth": 0.8, "elinewidth": 0.8}
        axes.errorbar(middle[seen], found.hazard[seen], ends, color=colour, label=f"{rate:g}", **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("hazard of death per step")
    axes.legend(title="rate", frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _tidy(axes)


def _draw_half_lives(axes: Axes, decay: Decay) -> None:
    found = half_life_of(decay, decay.moving)
    beyond = decay.scaled > 1
    seen, quiet = beyond & (found.deaths >= 5), beyond & (found.deaths == 0) & np.isfinite(found.low)
    colour = FATE_COLOURS[Fate.died]
    axes.plot(decay.scaled[seen], found.half_life[seen], "o", color=colour, markersize=2.5, label="half-life")
    style = {"color": "#808080", "markersize": 2.5, "label": "no deaths: longer than"}
    axes.plot(decay.scaled[quiet], found.low[quiet], "^", **style)
    axes.set_yscale("log")
    axes.set_xlabel("learning rate / (2/λ of the data set)")
    axes.set_ylabel("steps")
    axes.legend(frameon=False, fontsize=8)
    axes.set_title("half-life, a point for each data set and rate", fontsize=10)
    _tidy(axes)


def _draw_fates(axes: Axes, decay: Decay) -> None:
    edges = np.arange(0.8, 2.45, 0.05)
    place = np.digitize(decay.scaled, edges)
    middle, counts = (edges[:-1] + edges[1:]) / 2, [decay.by_fate[place == i] for i in range(1, len(edges))]
    shares = np.array([count.sum(0) / max(count.sum(), 1) for count in counts])
    for fate in (Fate.converged, Fate.unsettled, Fate.died):
        axes.plot(middle, shares[:, fate], "o-", color=FATE_COLOURS[fate], markersize=3, label=fate.label)
    axes.set_xlabel("learning rate / (2/λ of the data set)")
    axes.set_ylabel("share of neurons")
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(f"fates after {decay.edges[-1] - 1} steps", fontsize=10)
    _tidy(axes)


def _draw_ends(axes: Axes, found: list[Variation], sizes: list[int]) -> None:
    for one, size in zip(found, sizes, strict=True):
        axes.plot(np.full(len(one.end), size), one.end, "o", color="#808080", markersize=3, alpha=0.6)
    # A phase that does not end in sight ends late.
    middle = np.array([np.median(np.where(np.isnan(one.end), np.inf, one.end)) for one in found])
    axes.plot(sizes, np.where(np.isinf(middle), np.nan, middle), "o-", color="#000000", label="median")
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size}" for size in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8)


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path)
