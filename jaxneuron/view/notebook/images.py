"""Images of a notebook: a run's fates as squares, and figures, each a PNG within the page."""

import base64
import io
from typing import NamedTuple

import matplotlib.image
import numpy as np
from matplotlib.colors import to_rgba
from PIL import Image

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.fate_map import fate_map
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.plots.canvas import Plot
from jaxneuron.view.raster import FATE_INKS, ends_of, fate_squares

COLUMNS, ROWS = 160, 100
# The last is that of squares without neurons.
COLOURS = np.array([*(to_rgba(ink.colour) for ink in FATE_INKS), (0, 0, 0, 0)])
DPI = 144  # half as many again as a page has, for screens that have more
PALETTE = 128  # colours of a figure: a third of the bytes, and no difference to the eye


class Thumbnail(NamedTuple):
    """A PNG as a data URI, its description, and its axes, of which there is one at least."""

    uri: str
    description: str
    axes: tuple[MapAxis, ...]
    remark: str


def thumbnail(run: Run) -> Thumbnail | None:
    """A map over two axes, or stacked shares along one; None where nothing is swept."""
    found = fate_map(run, COLUMNS, ROWS)
    if not found.axes:
        return None
    image = io.BytesIO()
    colours = np.ascontiguousarray(COLOURS[fate_squares(found.counts, COLUMNS, ROWS)])
    matplotlib.image.imsave(image, colours, format="png")
    most = Fate(int(found.counts.reshape(-1, len(Fate)).sum(0).argmax()))
    over = " and ".join(map(_range, found.axes))
    description = f"Fates of neurons over {over}; the most frequent is {most.label}"
    return Thumbnail(_data_uri(image), description, found.axes, found.remark)


def _range(axis: MapAxis) -> str:
    """'learning rate (0.05 to 30, log)'."""
    _, low, high = ends_of(axis)
    return f"{axis.label} ({low} to {high}{', log' if axis.is_log else ''})"


def figure_uri(plot: Plot) -> str:
    """A figure as a PNG of few bytes."""
    whole, image = io.BytesIO(), io.BytesIO()
    plot.savefig(whole, format="png", dpi=DPI)
    Image.open(whole).convert("RGB").quantize(PALETTE).save(image, "PNG")
    return _data_uri(image)


def _data_uri(image: io.BytesIO) -> str:
    return f"data:image/png;base64,{base64.b64encode(image.getvalue()).decode('ascii')}"
