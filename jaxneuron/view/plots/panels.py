"""Small multiples drawn: maps at some values of a third axis, with one scale of colours."""

import numpy as np
from matplotlib.colors import to_hex

from jaxneuron.analysis.panels import Panels
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, NARROW, Plot, as_text
from jaxneuron.view.plots.curve import draw_bar, draw_curve
from jaxneuron.view.plots.descriptions import extremes, span, title_of
from jaxneuron.view.plots.map import draw_squares, label_axes
from jaxneuron.view.plots.shades import Shades, draw_scale, name_marks, shades_of, value_in_words


def draw_panels(found: Panels, width: float = DOUBLE_COLUMN) -> Plot:
    """The figure of small multiples."""
    number, first = len(found.maps), found.maps[0]
    columns = min(number, 2 if width < NARROW else 3)
    rows = -(-number // columns)
    num_values, label = len(found.axis.values), found.axis.label
    title = f"{title_of(first)} at {number} of {num_values} values of {label}"
    if number == num_values:
        title = f"{title_of(first)} by {label}"
    plot = Plot(width, rows * 0.82 * width / columns + 0.6, title, _described(found, title))
    with plot.styled():
        plot.name(title, _remark(found))
        grid = plot.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        _draw_maps(plot, list(grid.flat), found)
    return plot


def _draw_maps(plot: Plot, all_axes: list, found: Panels) -> None:
    shades = shades_of(found.maps[0].quantity, np.stack([part.value for part in found.maps]))
    drawn = None
    for axes, part, name in zip(all_axes, found.maps, found.at, strict=False):
        if len(part.axes) == 2:
            drawn = draw_squares(axes, part, shades)
            label_axes(axes, part)
        else:
            (draw_curve if part.axes else draw_bar)(axes, part)
        axes.set_title(as_text(f"{found.axis.label} = {name}"))
    _hide_inner_labels(plot, all_axes, len(found.maps))
    if drawn is not None:
        draw_scale(all_axes[: len(found.maps)], drawn, shades, aspect=40)
        name_marks(plot, shades.marks or _the_same(found, shades))


def _the_same(found: Panels, shades: Shades) -> tuple[tuple[str, str], ...]:
    """The one value that all squares have, if they do, as then there is no scale."""
    if shades.has_scale:
        return ()
    value = float(found.maps[0].value.flat[0])
    return (
        (to_hex(shades.colours(shades.norm(value))), f"{value_in_words(shades.quantity, value)} everywhere"),
    )


def _hide_inner_labels(plot: Plot, all_axes: list, number: int) -> None:
    """Labels stand to the left of each row, and beneath the lowest map of each column."""
    columns = all_axes[0].get_subplotspec().get_gridspec().ncols
    for i, axes in enumerate(all_axes):
        if i >= number:
            axes.remove()
            continue
        if i % columns:
            axes.set_ylabel("")
        is_lowest = i + columns >= number
        axes.tick_params(labelbottom=is_lowest)
        if not is_lowest:
            axes.set_xlabel("")


def _remark(found: Panels) -> str:
    """The remark that all maps have in common."""
    return ", ".join(
        p for p in found.maps[0].remark.split(", ") if not p.startswith(f"at {found.axis.label} = ")
    )


def _described(found: Panels, title: str) -> str:
    axes = "; ".join(map(span, found.maps[0].axes))
    parts = (
        f"At {found.axis.label} {name}: {extremes(part)}"
        for part, name in zip(found.maps, found.at, strict=True)
    )
    return f"{title}. {axes}. {'. '.join(parts)}. {_remark(found)}. {found.maps[0].quantity.definition}."
