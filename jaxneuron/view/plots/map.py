"""A map drawn: over two axes squares or points, over one a curve, over none a bar."""

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from jaxneuron.analysis.maps import Map
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, Plot, as_text
from jaxneuron.view.plots.curve import draw_bar, draw_curve
from jaxneuron.view.plots.descriptions import all_alike, described, title_of
from jaxneuron.view.plots.shades import Shades, draw_scale, name_marks, shades_of
from jaxneuron.view.plots.ticks import scale

MOST_LARGE_POINTS = 300
LARGE = 500  # dots: axes on which points have their full size


def draw_map(found: Map, width: float = DOUBLE_COLUMN) -> Plot:
    """The figure of one map."""
    heights = {0: 0.3, 1: 0.62, 2: 0.78}
    plot = Plot(width, heights[len(found.axes)] * width + 0.2, title_of(found), described(found))
    with plot.styled():
        alike = all_alike(found) if found.axes else None
        plot.name(found.quantity.label, found.remark, alike or "")
        axes = plot.subplots()
        if len(found.axes) == 2:
            shades = shades_of(found.quantity, found.value)
            draw_scale(axes, draw_squares(axes, found, shades), shades)
            label_axes(axes, found)
            name_marks(plot, shades.marks if alike is None else ())
        elif found.axes:
            draw_curve(axes, found)
        else:
            draw_bar(axes, found)
    return plot


def draw_squares(axes: Axes, found: Map, shades: Shades) -> ScalarMappable:
    """The cells of a grid as a mesh, points where they lie."""
    x, y = found.axes
    colours = {"cmap": shades.colours, "norm": shades.norm}
    values = shades.shown(found.value)
    axes.spines[:].set_visible(True)
    if found.is_grid:
        # Rasterised: as vectors, a mesh of 512 × 512 makes an SVG of 50 MB.
        return axes.pcolormesh(x.edges, y.edges, values.T, rasterized=True, **colours)
    is_many = len(x.values) > MOST_LARGE_POINTS
    edge = 0.1 if is_many else 0.3
    size = (5 if is_many else 14) * min(1.0, axes.get_window_extent().width / LARGE)
    return axes.scatter(
        x.values,
        y.values,
        c=values,
        s=size,
        edgecolors="#777777",
        linewidths=edge,
        rasterized=is_many,
        **colours,
    )


def label_axes(axes: Axes, found: Map) -> None:
    """The scales and the names of both axes."""
    x, y = found.axes
    scale(axes.xaxis, x)
    scale(axes.yaxis, y)
    axes.set_xlabel(as_text(x.label))
    axes.set_ylabel(as_text(y.label))
