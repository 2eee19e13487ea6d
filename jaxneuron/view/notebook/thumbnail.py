"""A run's phase diagram as a small image, each pixel of the colour of one fate, and in words."""

import base64
import io
from typing import NamedTuple

import matplotlib.image
import numpy as np
from matplotlib.colors import to_rgba

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.mosaic import NOBODY, SCREEN_COLOURS, STACKED, apportion, fate_map, mosaic

COLUMNS, ROWS = 160, 100
# The last is that of pixels without neurons.
COLOURS = np.array([*(to_rgba(SCREEN_COLOURS[fate]) for fate in Fate), (0, 0, 0, 0)])


class Thumbnail(NamedTuple):
    """A PNG as a data URI, what it shows in words, and its axes, of which there is one at least."""

    uri: str
    words: str
    axes: tuple[MapAxis, ...]
    remark: str


def thumbnail(run: Run) -> Thumbnail | None:
    """A map over two axes, or stacked shares along one; None where nothing is swept."""
    found = fate_map(run, COLUMNS, ROWS)
    if not found.axes:
        return None
    fates = mosaic(found.counts, COLUMNS, ROWS) if len(found.axes) == 2 else _stacks(found.counts)
    ranges = " and ".join(f"{axis.label} ({ends_of(axis)})" for axis in found.axes)
    most = Fate(int(found.counts.reshape(-1, len(Fate)).sum(0).argmax()))
    words = f"Fates of neurons over {ranges}; the most frequent is {most.label}"
    return Thumbnail(_data_uri(fates), words, found.axes, found.remark)


def ends_of(axis: MapAxis) -> str:
    """From where to where it goes."""
    log = ", log" if axis.is_log else ""
    return f"{axis.values.min():.3g} to {axis.values.max():.3g}{log}"


def _stacks(counts: np.ndarray) -> np.ndarray:
    """The fate of each pixel [rows, columns] from the top of shares that are stacked."""
    order = np.array(STACKED)
    columns = [
        np.repeat(order, apportion(of_value[order], ROWS)) if of_value.any() else np.full(ROWS, NOBODY)
        for of_value in counts
    ]
    return np.repeat(np.array(columns), COLUMNS // len(columns), axis=0).T[::-1]


def _data_uri(fates: np.ndarray) -> str:
    image = io.BytesIO()
    matplotlib.image.imsave(image, np.ascontiguousarray(COLOURS[fates]), format="png")
    return f"data:image/png;base64,{base64.b64encode(image.getvalue()).decode('ascii')}"
