"""The phase diagram drawn: six maps, or curves over one axis, or bars over none."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jaxneuron.analysis.maps import Map
from jaxneuron.analysis.phase import PhaseDiagram
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import NARROW, SCREEN, Plot, as_text, draw_band
from jaxneuron.view.plots.curve import draw_curve
from jaxneuron.view.plots.descriptions import extremes, span
from jaxneuron.view.plots.map import draw_squares, label_axes
from jaxneuron.view.plots.shades import draw_scale, name_marks, shades_of, unit_of, value_in_words
from jaxneuron.view.plots.ticks import percent, scale, scale_by_shares


def draw_phase_diagram(diagram: PhaseDiagram, width: float = SCREEN) -> Plot:
    """The figure of a phase diagram."""
    is_narrow = width < NARROW
    height = {
        0: 0.4 * width,
        1: width * (1.2 if is_narrow else 0.62),
        2: width * (1.4 if is_narrow else 0.64),
    }
    draw = {0: _draw_bars, 1: _draw_curves, 2: _draw_maps}[len(diagram.axes)]
    plot = Plot(width, height[len(diagram.axes)] + 0.3, diagram.title, _described(diagram))
    with plot.styled():
        plot.name(diagram.title, diagram.remark)
        draw(plot, diagram)
    return plot


def _described(diagram: PhaseDiagram) -> str:
    over = f" over {'; '.join(map(span, diagram.axes))}" if diagram.axes else ""
    parts = [
        f"{fate.label}: {_overall(found)} in all, {extremes(found)}" for fate, found in diagram.shares.items()
    ]
    loss = f"Median final loss: {extremes(diagram.loss)}"
    remark = f"; {diagram.remark}" if diagram.remark else ""
    return f"Phase diagram of {diagram.title}{over}{remark}. Share by fate. {'. '.join(parts)}. {loss}."


def _overall(found: Map) -> str:
    """The share of all neurons that are shown."""
    neurons = found.neurons.sum()
    return percent(float(np.nansum(found.value * found.neurons) / neurons)) if neurons else "no neurons"


def _draw_maps(plot: Plot, diagram: PhaseDiagram) -> None:
    rows, columns = (3, 2) if plot.width < NARROW else (2, 3)
    grid = plot.subplots(rows, columns, sharex=True, sharey=True)
    marks: dict[tuple[str, str], None] = {}
    for axes, found in zip(grid.flat, (*diagram.shares.values(), diagram.loss), strict=True):
        shades = shades_of(found.quantity, found.value, whole=True)
        drawn = draw_squares(axes, found, shades)
        is_share = found is not diagram.loss
        # Shares of 0 everywhere have their scale too, so that the maps stay as wide.
        shades = shades._replace(has_scale=shades.has_scale or is_share)
        draw_scale(axes, drawn, shades, is_named=not is_share)
        axes.set_title(f"{Fate[found.quantity.name].label}: {_overall(found)}" if is_share else _loss(found))
        label_axes(axes, found)
        axes.label_outer()
        marks |= dict.fromkeys(shades.marks)
    limit = _draw_limits(grid.flat, diagram, " where all examples are active")
    name_marks(plot, tuple(marks), limit)


def _loss(found: Map) -> str:
    finite = found.value[np.isfinite(found.value)]
    is_alike = finite.size == found.value.size and finite.min() == finite.max()
    return (
        f"median final loss: {value_in_words(found.quantity, finite[0])}"
        if is_alike
        else found.quantity.label
    )


def _draw_limits(all_axes, diagram: PhaseDiagram, where: str = "") -> tuple[Line2D, ...]:
    """A line at the stability limit, where it lies among the learning rates; what the legend says of it."""
    limit = diagram.stability_limit
    lines: list[Line2D] = []
    for axes in all_axes:
        for axis, draw in zip(diagram.axes, (axes.axvline, axes.axhline), strict=False):
            is_inside = limit is not None and axis.values.min() < limit < axis.values.max()
            if axis.name == "learning_rate" and is_inside:
                lines.append(draw(limit, color="#000000", linewidth=1, linestyle="--"))
                lines[-1].set_label(rf"$2/\lambda_{{\max}}$ = {limit:.3g}, the stability limit{where}")
    return tuple(lines[:1])


def _draw_curves(plot: Plot, diagram: PhaseDiagram) -> None:
    top, bottom = plot.subplots(2, 1, sharex=True)
    (x,) = diagram.axes
    for fate, found in diagram.shares.items():
        _draw_share(top, found, fate)
    top.set_ylabel("share of neurons")
    scale_by_shares(top)
    scale(top.xaxis, x)
    draw_curve(bottom, diagram.loss)
    bottom.set_ylabel(as_text(f"{diagram.loss.quantity.label}\n{unit_of(diagram.loss.quantity)}"))
    top.tick_params(labelbottom=False)
    _, labels = top.get_legend_handles_labels()
    handles = [Line2D([], [], color=FATE_COLOURS[fate], label=fate.label) for fate in Fate][: len(labels)]
    name_marks(plot, (), (*handles, *_draw_limits((top, bottom), diagram)), column=1.65)


def _draw_share(axes: Axes, found: Map, fate: Fate) -> None:
    order = np.argsort(found.axes[0].values)
    places, marker = found.axes[0].values[order], "o" if len(order) < 30 or not found.is_grid else ""
    style = {
        "color": FATE_COLOURS[fate],
        "marker": marker,
        "linestyle": "-" if found.is_grid else "",
        "markersize": 3,
    }
    axes.plot(places, found.value[order], label=fate.label, **style)
    if found.is_grid:
        draw_band(axes, places, found.low, found.high, FATE_COLOURS[fate])


def _draw_bars(plot: Plot, diagram: PhaseDiagram) -> None:
    axes = plot.subplots()
    shares = [float(found.value) for found in diagram.shares.values()]
    bars = axes.barh([f.label for f in Fate], shares, color=[FATE_COLOURS[f] for f in Fate])
    axes.bar_label(bars, [percent(share) for share in shares], padding=4)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15)
    axes.xaxis.set_major_formatter(percent)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    loss = value_in_words(diagram.loss.quantity, float(diagram.loss.value))
    axes.set_xlabel(as_text(f"share of neurons (median final loss {loss})"))
