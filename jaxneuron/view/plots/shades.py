"""The colours of a quantity's values: perceptually uniform, a fate's the same everywhere, and beside the
scale the names of values that have no place on it."""

import math
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import (
    BoundaryNorm,
    Colormap,
    LinearSegmentedColormap,
    ListedColormap,
    LogNorm,
    Normalize,
    to_hex,
)
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from jaxneuron.analysis.quantities import Quantity
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import Plot, as_text
from jaxneuron.view.plots.ticks import DecadeLocator, percent, tick_label

UNKNOWN_COLOUR = "#E6E6E6"
UNKNOWN = {"death_step": "none died", "half_life": "nobody at risk"}
INFINITE = {"half_life": "infinite (none died)", "final_loss": "infinite (diverged)"}


class Shades(NamedTuple):
    """The colours of values of a quantity. `marks` are (colour, name) of values that are not on the scale, as
    far as they occur; `has_scale` is whether known values differ."""

    quantity: Quantity
    colours: Colormap
    norm: Normalize
    marks: tuple[tuple[str, str], ...]
    has_scale: bool

    def shown(self, values: np.ndarray) -> np.ndarray:
        """The values for matplotlib to colour: none infinite, which it would take for unknown, and by decades
        none 0, which has no place there."""
        if isinstance(self.norm, LogNorm):
            values = np.maximum(values, self.norm.vmin or 0.0)
        return np.where(np.isposinf(values), np.finfo(float).max, values)


def shades_of(quantity: Quantity, values: np.ndarray, whole: bool = False) -> Shades:
    """The colours of all values of a quantity that are shown together; shares reach from 0 to 1 if `whole`,
    otherwise to the first round number above the largest."""
    known = values[np.isfinite(values)]
    unknown = [(UNKNOWN_COLOUR, UNKNOWN.get(quantity.name, "no neurons"))] if np.isnan(values).any() else []
    if quantity.scale == "kind":
        marks = [(FATE_COLOURS[fate], fate.label) for fate in Fate if (known == fate).any()]
        colours = ListedColormap([FATE_COLOURS[fate] for fate in Fate]).with_extremes(bad=UNKNOWN_COLOUR)
        norm = BoundaryNorm(np.arange(len(Fate) + 1) - 0.5, len(Fate))
        return Shades(quantity, colours, norm, (*marks, *unknown), False)
    has_scale = known.size > 0 and bool(known.min() < known.max())
    # The one value that some cells have, where others have none.
    only = known[:1] if not (has_scale or whole or known.size == values.size) else known[:0]
    if quantity.scale == "share":
        top = 1.0 if whole else round_above(float(known.max(initial=0.0)))
        norm, colours = Normalize(0, top), _share_colours(quantity.name)
        marks = [(to_hex(colours(norm(value))), value_in_words(quantity, value)) for value in only]
        return Shades(quantity, colours, norm, (*marks, *unknown), has_scale)
    positive = known[known > 0]
    low, high = (positive.min(), positive.max()) if positive.size else (1.0, 1.0)
    norm = LogNorm(low, max(high, 1.01 * low))
    # Losses that are low are light; steps that are few are dark; what is infinite stands out from both.
    name, over = (
        ("cividis_r", FATE_COLOURS[Fate.diverged]) if quantity.scale == "loss" else ("viridis", "#FFFFFF")
    )
    colours = matplotlib.colormaps[name].with_extremes(bad=UNKNOWN_COLOUR, over=over)
    zero = [(to_hex(colours(0.0)), "0, as the lowest above it")] if (known == 0).any() else []
    infinite = [(over, INFINITE.get(quantity.name, "infinite"))] if np.isposinf(values).any() else []
    alone = [(to_hex(colours(norm(value))), value_in_words(quantity, value)) for value in only[only > 0]]
    marks = (*alone, *zero, *infinite, *unknown)
    return Shades(quantity, colours, norm, marks, has_scale and positive.size > 0)


def share_ramp(colour: str) -> Colormap:
    """From white, where nobody is, to a colour."""
    return LinearSegmentedColormap.from_list("share", ["#FFFFFF", colour], bad=UNKNOWN_COLOUR)


def _share_colours(name: str) -> Colormap:
    return share_ramp(FATE_COLOURS[Fate[name]] if name in Fate.__members__ else "#000000")


def round_above(share: float) -> float:
    """The first of 1, 2, 5, 10, 20, 50 or 100 %, or of their thousandths, that is not below a share."""
    if share <= 0:
        return 1.0
    decade = 10.0 ** math.floor(math.log10(share))
    return min(1.0, next(f * decade for f in (1, 2, 5, 10) if f * decade >= share * (1 - 1e-9)))


def draw_scale(
    axes: Axes | list[Axes], drawn: ScalarMappable, shades: Shades, is_named: bool = True, **place
) -> None:
    """The colour bar of a quantity, where values differ, with its unit."""
    if shades.has_scale:
        label = as_text(unit_of(shades.quantity)) if is_named else ""
        colour_bar(axes, drawn, label, is_share=shades.quantity.scale == "share", **place)


def colour_bar(
    axes: Axes | list[Axes], drawn: ScalarMappable, label: str, is_share: bool = False, **place
) -> None:
    """A colour bar of shares, or by decades."""
    ticks, words = (
        (None, FuncFormatter(percent)) if is_share else (DecadeLocator(), FuncFormatter(tick_label))
    )
    figure = np.ravel(axes)[0].figure
    bar = figure.colorbar(drawn, ax=axes, pad=0.02, ticks=ticks, format=words, label=label, **place)
    bar.outline.set_visible(False)
    bar.ax.minorticks_off()


def name_marks(
    plot: Plot, marks: tuple[tuple[str, str], ...], handles: tuple = (), column: float = 1.1
) -> None:
    """The legend of handles and of values off the scale, in columns of `column` inches or more."""
    patches = [Patch(facecolor=colour, edgecolor="#999999", label=words) for colour, words in marks]
    if handles or patches:
        entries = [*handles, *patches]
        plot.legend(handles=entries, loc="outside lower center", ncols=plot.columns(len(entries), column))


def unit_of(quantity: Quantity) -> str:
    """What stands beside the scale of a quantity; its name stands above the figure."""
    return "share of neurons" if quantity.scale == "share" else quantity.unit


def value_in_words(quantity: Quantity, value: float) -> str:
    """A value of a quantity in words."""
    if math.isnan(value):
        return UNKNOWN.get(quantity.name, "no neurons")
    if math.isinf(value):
        return INFINITE.get(quantity.name, "infinite")
    if quantity.scale == "kind":
        return Fate(int(value)).label
    return percent(value) if quantity.scale == "share" else f"{value:.4g}"
