"""What it takes to verify, to open and to read a run of many small chunks."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import jaxneuron as jn
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store

NUM_CHUNKS = 2000


class Reading(NamedTuple):
    """Of a run whose chunks are four cells each, as those of the large study are."""

    num_chunks: int
    verifying_ms_per_chunk: float
    opening_seconds: float
    fates_ms_per_chunk: float
    disk_bytes_per_chunk: float  # in blocks of the file system


def of_small_chunks(folder: Path) -> Reading:
    """Train so many chunks of four cells of one neuron, then do with the run what its owner will."""
    study = jn.Study(
        data={"x": [0.0, 1.0], "y": [0.0, 1.0]},
        training={"num_steps": 10},
        sweep={"learning_rate": tuple(np.linspace(0.1, 1, 4 * NUM_CHUNKS)), "chunk_size": 4},
    )
    path = folder / "reading.zarr"
    jn.sweep(study, path, overwrite=True)
    store = Store(Location(path))
    verifying = _seconds(lambda: store.examine(range(NUM_CHUNKS)))
    opening = _seconds(lambda: jn.open_run(path))
    fates = _seconds(lambda: jn.open_run(path).cells.fate_count.values)
    blocks = sum(file.stat().st_blocks * 512 for file in path.rglob("*") if file.is_file())
    return Reading(
        NUM_CHUNKS,
        1e3 * verifying / NUM_CHUNKS,
        opening,
        1e3 * (fates - opening) / NUM_CHUNKS,
        blocks / NUM_CHUNKS,
    )


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
