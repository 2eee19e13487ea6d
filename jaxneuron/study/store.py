"""What is done of a run, chunk by chunk of work: written with a marker last, verified, added up.

A chunk of work is one Zarr chunk of each array, so it has one writer. When it has written them all it writes
its *marker*: the run's fingerprint, and checksums of what it wrote. A chunk without a marker, or whose arrays
do not hold what its marker says, is missing.

Where a cell's replicates are too many for one chunk, chunks write to the group `parts`, and `cells` is what
these add up to; counts and extremes do so exactly, in any order.
"""

import datetime
import hashlib
import json
import operator
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import zarr

from jaxneuron.neuron.train import Trained
from jaxneuron.population.chunks import Chunk
from jaxneuron.population.summary import Summary, merge
from jaxneuron.study.location import Location
from jaxneuron.study.skeleton import array_of, chunking_of, open_skeleton
from jaxneuron.study.variables import CELLS, NEURONS

READERS = 8  # threads that read at a time, mostly waiting for the disk

Region = tuple[slice, ...]


class Marker(NamedTuple):
    """What a chunk of work says of itself when it is done."""

    fingerprint: str  # of the run
    chunk: int
    neurons: int
    seconds: float  # since the chunk before it, or since its process began to compile
    finished: str  # when, in UTC
    checksums: dict[str, str]  # of the values that it wrote, by array


class Store:
    """The arrays of a run, to write and to verify; `Run` reads what they hold."""

    def __init__(self, location: Location, mode: Literal["r", "r+"] = "r") -> None:
        root = open_skeleton(location, mode)
        self.attrs: dict[str, Any] = root.attrs.asdict()
        self.cells = {
            name: array_of(root, f"cells/{name}")
            for name in CELLS
            if f"cells/{name}" in self.attrs["contents"]
        }
        self.chunking = chunking_of(root)
        self.summaries = {
            name: array_of(root, f"{'parts' if self.has_parts else 'cells'}/{name}") for name in self.cells
        }
        # A swept starting value is not here: it is a coordinate.
        kept = self.attrs["contents"].keys() - {f"neurons/{name}" for name in self.attrs["coordinates"]}
        self.neurons = {
            name: array_of(root, f"neurons/{name}") for name in NEURONS if f"neurons/{name}" in kept
        }
        self._markers = array_of(root, "work/marker")

    @property
    def has_parts(self) -> bool:
        """Whether cells are sums of what several chunks found."""
        return self.chunking.num_blocks > 1

    def write(self, number: int, chunk: Chunk, summary: Summary, trained: Trained, seconds: float) -> None:
        """What came of a chunk of work, its marker last."""
        values = {array.path: getattr(summary, name) for name, array in self.summaries.items()}
        for name, array in self.neurons.items():
            values[array.path] = operator.attrgetter(NEURONS[name].field)(trained)
        checksums = {}
        for array, region in self._written(chunk):
            shape = (*(part.stop - part.start for part in region), *array.shape[len(region) :])
            some = np.asarray(values[array.path], array.dtype).reshape(shape)
            array[region] = some
            checksums[array.path] = _checksum(some)
        marker = Marker(
            fingerprint=self.attrs["fingerprint"],
            chunk=number,
            neurons=trained.fate.size,
            seconds=round(seconds, 3),
            finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            checksums=checksums,
        )
        self._markers[number] = json.dumps(marker._asdict())
        self.markers[number] = marker

    @cached_property
    def markers(self) -> dict[int, Marker]:
        """The markers that are there, by chunk; one that cannot be read is not there."""
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(self._marker, range(self.chunking.num_chunks))
            return {marker.chunk: marker for marker in found if marker is not None}

    def damaged(self) -> dict[int, str]:
        """The chunks that do not hold what their marker says, each with the first array that is wrong.

        Where cells are sums and wrong, the first of their chunks is named.
        """
        chunks = dict(enumerate(self.chunking))
        with ThreadPoolExecutor(READERS) as pool:
            wrong = pool.map(lambda number: self._wrong_array(number, chunks[number]), self.markers)
            found = {number: path for number, path in zip(self.markers, wrong, strict=True) if path}
        if not self.missing(found):
            found = {tile * self.chunking.num_blocks: path for tile, path in self._wrong_sums()}
        return found

    def missing(self, damaged: Collection[int] = ()) -> list[tuple[int, Chunk]]:
        """The chunks of work that are still to be done: those without a marker, and the damaged ones."""
        return [
            (number, chunk)
            for number, chunk in enumerate(self.chunking)
            if number not in self.markers or number in damaged
        ]

    def add_up(self) -> None:
        """Write the cells that are not what their parts add up to."""
        for tile, name, total in self._sums():
            if not _holds(self.cells[name], tile, _checksum(total)):
                self.cells[name][tile] = total

    def _sums(self) -> Iterator[tuple[Region, str, np.ndarray]]:
        """(region of cells, variable, what it should hold) where cells are sums."""
        for tile in self.chunking.tiles() if self.has_parts else ():
            for name, parts in self.summaries.items():
                yield tile, name, merge(name, np.asarray(parts[tile]), axis=len(tile))

    def _wrong_sums(self) -> Iterator[tuple[int, str]]:
        """(number of the tile, path of the array) where cells are not what their parts add up to."""
        for i, (tile, name, total) in enumerate(self._sums()):
            if not _holds(self.cells[name], tile, _checksum(total)):
                yield i // len(self.cells), self.cells[name].path

    def _written(self, chunk: Chunk) -> Iterator[tuple[zarr.Array, Region]]:
        """The arrays that a chunk of work writes, and where."""
        part = chunk.first_replicate // self.chunking.block
        for array in self.summaries.values():
            yield array, (*chunk.region, slice(part, part + 1)) if self.has_parts else chunk.region
        for array in self.neurons.values():
            yield array, (*chunk.region, chunk.replicates)

    def _marker(self, number: int) -> Marker | None:
        try:
            marker = Marker(**json.loads(str(self._markers[number])))
        except Exception:  # none, or a damaged one: zarr and its codecs fail in many ways
            return None
        is_own = (marker.fingerprint, marker.chunk) == (self.attrs["fingerprint"], number)
        return marker if is_own else None

    def _wrong_array(self, number: int, chunk: Chunk) -> str | None:
        checksums = self.markers[number].checksums
        for array, region in self._written(chunk):
            if not _holds(array, region, checksums.get(array.path)):
                return array.path
        return None


def _holds(array: zarr.Array, region: Region, checksum: str | None) -> bool:
    try:
        return _checksum(np.asarray(array[region])) == checksum
    except Exception:  # zarr and its codecs fail in many ways on bytes that are not theirs
        return False


def _checksum(values: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=16).hexdigest()
