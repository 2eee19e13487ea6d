"""The loss surface drawn: contours of its logarithm, the paths of neurons, and where a neuron is silent."""

import math
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke

from jaxneuron.analysis.in_words import columns_in_words
from jaxneuron.analysis.surface import LossSurface, ParamsPath
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, Plot
from jaxneuron.view.plots.shades import colour_bar, name_marks

COLOURS = "cividis"
MOST_DECADES = 6  # beneath the highest loss
CONTOURS = 12
SILENT = "#FFFFFF"
SHORT = 60  # places of a path up to which each is marked
TURNS = 12  # a path turns back so often before the rest of it is drawn faintly
LONG = 5000  # places of a path from which on it is drawn as an image


def draw_surface(surface: LossSurface, width: float = DOUBLE_COLUMN) -> Plot:
    """The figure of a loss surface."""
    title = f"Loss of one neuron, {columns_in_words([surface.input], surface.target)}"
    plot = Plot(width, 0.78 * width + 0.2, title, _described(surface, title))
    with plot.styled():
        plot.name(title, "" if surface.trains_bias else "the bias is not trained: a path keeps its b")
        axes = plot.subplots()
        axes.spines[:].set_visible(True)
        drawn = _draw_losses(axes, surface)
        handles = _draw_silence(axes, surface) + _draw_paths(axes, surface)
        unit = " (standardised)" if surface.is_scaled else ""
        axes.set_xlabel(f"weight W{unit}")
        axes.set_ylabel(f"bias b{unit}")
        axes.set_xlim(surface.weight[0], surface.weight[-1])
        axes.set_ylim(surface.bias[0], surface.bias[-1])
        if drawn is not None:
            colour_bar(axes, drawn, "loss, mean of ½(ŷ − y)²")
        name_marks(plot, (), tuple(handles))
    return plot


def _draw_losses(axes: Axes, surface: LossSurface) -> ScalarMappable | None:
    """A mesh and contours; nothing where no loss is positive and finite."""
    positive = surface.loss[np.isfinite(surface.loss) & (surface.loss > 0)]
    if not positive.size:
        return None
    high = max(positive.max(), np.finfo(float).tiny * 1e10)
    low = max(positive.min(), high * 10.0**-MOST_DECADES)
    norm = LogNorm(low, max(high, 1.01 * low))
    shown = np.clip(surface.loss, low, high).T
    colours = matplotlib.colormaps[COLOURS]
    mesh = axes.pcolormesh(
        surface.weight, surface.bias, shown, norm=norm, cmap=colours, shading="nearest", rasterized=True
    )
    levels = np.geomspace(low, high, CONTOURS + 2)[1:-1]
    if math.log10(high / low) > 0.01:
        axes.contour(surface.weight, surface.bias, shown, levels, colors="#FFFFFF", linewidths=0.4, alpha=0.6)
    return mesh


def _draw_silence(axes: Axes, surface: LossSurface) -> list[Patch | Line2D]:
    border = surface.silent_up_to
    if border is None or (border < surface.bias[0]).all():
        return []
    bottom = surface.bias[0]
    overlay = axes.fill_between(surface.weight, bottom, np.maximum(border, bottom), linewidth=0, alpha=0.45)
    overlay.set(facecolor=SILENT, hatch="////", edgecolor="#777777")
    axes.plot(surface.weight, border, color="#000000", linestyle="--", linewidth=1)
    name = "silent on every example"
    return [Patch(facecolor="#DDDDDD", hatch="////", edgecolor="#777777", linestyle="--", label=name)]


def _draw_paths(axes: Axes, surface: LossSurface) -> list[Line2D]:
    for path in sorted(surface.paths, key=lambda path: -len(path.weight)):  # the longest beneath all others
        _draw_path(axes, path)
    handles = [
        Line2D([], [], color=FATE_COLOURS[fate], label=fate.label)
        for fate in Fate
        if any(path.fate == fate for path in surface.paths)
    ]
    place: dict[str, Any] = {"color": "#FFFFFF", "markeredgecolor": "#000000", "linestyle": ""}
    return [
        *handles,
        Line2D([], [], marker="o", label="start", **place),
        Line2D([], [], marker="s", label="end", **place),
    ]


def _draw_path(axes: Axes, path: ParamsPath) -> None:
    if not len(path.weight):
        return
    colour = FATE_COLOURS[path.fate]
    is_short, is_long = len(path.weight) <= SHORT, len(path.weight) > LONG
    halo = [Stroke(linewidth=2.4, foreground="#FFFFFF"), Normal()]
    clear, rest = _parted(path)
    (line,) = axes.plot(*clear, color=colour, linewidth=1.2, path_effects=halo)
    line.set_rasterized(is_long)
    # Going to and fro without end would hide what is beneath.
    axes.plot(*rest, color=colour, linewidth=0.5, alpha=0.4, rasterized=is_long)
    if is_short:
        axes.plot(path.weight, path.bias, ".", color=colour, markersize=3)
    for index, marker in ((0, "o"), (-1, "s")):
        axes.plot(
            path.weight[index],
            path.bias[index],
            marker,
            color=colour,
            markeredgecolor="#FFFFFF",
            markersize=5,
            zorder=3,
        )


def _parted(path: ParamsPath) -> tuple[np.ndarray, np.ndarray]:
    """(the path until it has often turned back, the rest): each [weight and bias, places]."""
    places = np.stack([path.weight, path.bias])
    steps = np.diff(places)
    with np.errstate(all="ignore"):
        turns = ((steps[:, 1:] * steps[:, :-1]).sum(0) < 0).cumsum()
    last = int(np.searchsorted(turns, TURNS)) + 1
    return places[:, : last + 1], places[:, last:]


def _described(surface: LossSurface, title: str) -> str:
    index = np.unravel_index(np.argmin(surface.loss), surface.loss.shape)
    lowest = (
        f"Lowest loss shown {surface.loss[index]:.4g} at W = {surface.weight[index[0]]:.4g}, "
        f"b = {surface.bias[index[1]]:.4g}"
    )
    ends = "; ".join(
        f"{path.fate.label}, from W = {path.weight[0]:.4g}, b = {path.bias[0]:.4g} to "
        f"W = {path.weight[-1]:.4g}, b = {path.bias[-1]:.4g}"
        for path in surface.paths[:20]
        if len(path.weight)
    )
    silent = "" if surface.silent_up_to is None else " Shaded: where a neuron is silent on every example."
    return (
        f"{title}: mean of ½(ŷ − y)² over weight {surface.weight[0]:.4g} to {surface.weight[-1]:.4g} and "
        f"bias {surface.bias[0]:.4g} to {surface.bias[-1]:.4g}. {lowest}.{silent} Paths: {ends}."
    )
