"""What training a chunk of the default size takes, and what writing it adds."""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

from experiments.scale.workers import ENGEL
from jaxneuron import read_study
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store


class Writing(NamedTuple):
    """Medians over the chunks of the Engel study, one after the other."""

    chunk_size: int
    training_ms: float
    writing_ms: float
    kilobytes: float  # on disk, of a chunk
    files: int


def of_default_chunks(folder: Path) -> Writing:
    """Train and write every chunk of the Engel study, once it is compiled."""
    program, location = Program(read_study(ENGEL)), Location(folder / "writing.zarr")
    prepare(program, location, overwrite=True)
    store, empty = Store(location, "r+"), _num_bytes(location.folder)
    num_chunks = program.chunking.num_chunks
    for number in range(num_chunks):  # compiled; those that diverge take a program of their own
        program.train_chunk(number)
    training, writing = [], []
    for number in range(num_chunks):
        began = time.perf_counter()
        results = program.train_chunk(number)
        trained_at = time.perf_counter()
        store.write(number, results, 0.0)
        training.append(trained_at - began)
        writing.append(time.perf_counter() - trained_at)
    return Writing(
        program.chunking.chunk_size,
        1e3 * statistics.median(training),
        1e3 * statistics.median(writing),
        (_num_bytes(location.folder) - empty) / num_chunks / 1e3,
        program.sizes.num_objects() // num_chunks,
    )


def _num_bytes(folder: Path | None) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder else 0
