"""A run of very many chunks: how long its markers take to write, to count and to read."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from experiments.scale.idle import prepared
from jaxneuron.store.status import status
from jaxneuron.store.store import Store


class Listing(NamedTuple):
    """Of a run whose chunks are all marked."""

    num_chunks: int
    markers_written_per_second: float
    markers_counted_per_second: float
    markers_read_per_second: float
    status_seconds: float


def of_markers(folder: Path, num_chunks: int) -> Listing:
    """Mark every chunk of a run, and ask how far it is."""
    location, _ = prepared(folder, num_chunks)
    store = Store(location, "r+")
    written = _seconds(lambda: [store.mark(number, 1, 0.001, {}) for number in range(num_chunks)])
    counted = _seconds(store.marked)
    read = _seconds(lambda: store.markers(range(num_chunks)))
    asked = _seconds(lambda: status(location.name))
    rates = (num_chunks / seconds for seconds in (written, counted, read))
    return Listing(num_chunks, *rates, asked)


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
