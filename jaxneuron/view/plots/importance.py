"""The importance of hyperparameters drawn: bars of the variance that each explains, alone and in all."""

import numpy as np
from matplotlib.axes import Axes

from jaxneuron.analysis.importance import Importance
from jaxneuron.study.counted import are, counted
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, Plot, as_text, say
from jaxneuron.view.plots.ticks import percent

ALONE, IN_ALL = "#0072B2", "#A9CCE3"


def draw_importance(found: Importance, width: float = DOUBLE_COLUMN) -> Plot:
    """The figure of importance, the largest first."""
    title = f"What explains the {found.quantity.label}"
    plot = Plot(width, 0.32 * max(len(found.names), 2) + 0.25 * width, title, _described(found))
    with plot.styled():
        plot.name(title, _left_out(found), found.remark)
        axes = plot.subplots()
        if np.isfinite(found.first).any():
            _draw_bars(axes, found)
        else:
            say(axes, nothing_to_explain(found))
            axes.set_axis_off()
    return plot


def nothing_to_explain(found: Importance) -> str:
    """Why there are no shares."""
    if not found.names:
        return "nothing is swept"
    if not found.num_known:
        return "nothing is known of any cell"
    if found.variance == 0:
        cells = f"all {found.num_known:,} cells are alike" if found.num_known > 1 else "there is one cell"
        return f"{cells}: there is nothing to explain"
    return f"{counted(found.num_known, 'point')} {are(found.num_known)} too few"


def _draw_bars(axes: Axes, found: Importance) -> None:
    size = found.total if found.is_grid else found.first
    order = np.argsort(np.nan_to_num(size))
    places = np.arange(len(order))
    if found.is_grid:
        label = "in all, with its interactions"
        bars = axes.barh(places, found.total[order], 0.7, color=IN_ALL, label=label)
        axes.bar_label(bars, [percent(share) for share in found.total[order]], padding=3)
    bars = axes.barh(places, found.first[order], 0.4 if found.is_grid else 0.7, color=ALONE, label="alone")
    if not found.is_grid:
        axes.bar_label(bars, [percent(share) for share in found.first[order]], padding=3)
    axes.set_yticks(places, [as_text(found.labels[i]) for i in order])
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(percent)
    axes.set_xlabel(f"share of the variance between {'cells' if found.is_grid else 'points'}")
    if found.is_grid:
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)  # pyright: ignore


def _left_out(found: Importance) -> str:
    missing = found.num_cells - found.num_known
    if not missing:
        return ""
    cells = f"{missing:,} of {counted(found.num_cells, 'cell')}"
    return f"{cells}, of which nothing is known, {are(missing)} left out"


def _described(found: Importance) -> str:
    if not np.isfinite(found.first).any():
        return f"Importance for the {found.quantity.label}: {nothing_to_explain(found)}."
    parts = [
        f"{label} {percent(float(first))} alone"
        + (f", {percent(float(total))} in all" if found.is_grid else "")
        for label, first, total in zip(found.labels, found.first, found.total, strict=True)
    ]
    how = (
        "functional analysis of variance of the grid"
        if found.is_grid
        else "correlation ratio in bins of equally many points, corrected for chance"
    )
    return (
        f"Share of the variance of the {found.quantity.label} between {counted(found.num_known, 'cell')} "
        f"that each hyperparameter explains ({how}): {'; '.join(parts)}. {_left_out(found)}"
    )
