"""What is done of a run, chunk by chunk of work: written with a marker last, verified, added up.

A chunk of work is one Zarr chunk of each array, so it has one writer. When it has written them all it writes
its *marker*: the run's fingerprint, and checksums of what it wrote. A chunk without a marker, or whose arrays
do not hold what its marker says, is missing.

Where a cell's replicates are too many for one chunk, chunks write to the group `parts`, and `cells` is what
these add up to; counts and extremes do so exactly, in any order.
"""

import datetime
import json
import math
import operator
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

import numpy as np
import zarr

from jaxneuron.population.chunks import Chunk
from jaxneuron.population.summary import Summary, merge
from jaxneuron.study.checksum import checksum_of_array, is_of
from jaxneuron.study.location import Location
from jaxneuron.study.skeleton import array_of, chunking_of, open_skeleton
from jaxneuron.study.variables import CELLS, NEURONS

READERS = 8  # threads that read at a time, mostly waiting for the disk
MARKERS_AT_A_TIME = MOST_READ = 1000
PROCESS = f"{os.getpid()} on {socket.gethostname()}"

Region = tuple[slice, ...]


class Marker(NamedTuple):
    """What a chunk of work says of itself when it is done."""

    fingerprint: str  # of the run
    chunk: int
    neurons: int
    seconds: float  # since the chunk before it, or since its process began to compile
    finished: str  # when, in UTC
    checksums: dict[str, str]  # of the values that it wrote, by array
    process: str = ""  # that trained it: its number, and the machine's name


class Findings(NamedTuple):
    """The chunks of work that are to be done; of the damaged ones among them the first wrong array."""

    missing: list[int]
    damaged: dict[int, str]


class Store:
    """The arrays of a run, to write and to verify; `Run` reads what they hold."""

    def __init__(self, location: Location, mode: Literal["r", "r+"] = "r") -> None:
        self.location = location
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

    def write(self, number: int, summary: Summary, trained: Any, seconds: float) -> None:
        """What came of a chunk of work: its summary, and Trained in NumPy arrays; its marker last."""
        values = {array.path: getattr(summary, name) for name, array in self.summaries.items()}
        for name, array in self.neurons.items():
            values[array.path] = operator.attrgetter(NEURONS[name].field)(trained)
        checksums = {}
        for array, region in self._written(self.chunking[number]):
            shape = (*(part.stop - part.start for part in region), *array.shape[len(region) :])
            some = np.asarray(values[array.path], array.dtype).reshape(shape)
            array[region] = some
            checksums[array.path] = checksum_of_array(some)
        self.mark(number, trained.fate.size, seconds, checksums)

    def mark(self, number: int, neurons: int, seconds: float, checksums: dict[str, str]) -> None:
        """Say that a chunk of work is done, and what its arrays hold."""
        marker = Marker(
            fingerprint=self.attrs["fingerprint"],
            chunk=number,
            neurons=neurons,
            seconds=round(seconds, 3),
            finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            checksums=checksums,
            process=PROCESS,
        )
        self._markers[number] = json.dumps(marker._asdict())

    def marked(self) -> set[int]:
        """The chunks of work that have a marker, sound or not: quickly found, however many there are."""
        return {int(key) for key in self.location.chunks_of("work/marker")}

    def is_marked(self, number: int) -> bool:
        """Whether a chunk of work has a sound marker now; another process may have written it."""
        return self.location.may_have("work/marker", number) and self._marker(number) is not None

    def markers(self, numbers: Iterable[int]) -> dict[int, Marker]:
        """The markers of these chunks of work that are there; one that cannot be read is not there."""
        return self._read(sorted(self.marked().intersection(numbers)))

    def _read(self, there: Sequence[int]) -> dict[int, Marker]:
        batches = (there[i : i + MARKERS_AT_A_TIME] for i in range(0, len(there), MARKERS_AT_A_TIME))
        found = (marker for batch in batches for marker in self._read_markers(batch))
        return {marker.chunk: marker for marker in found if marker is not None}

    def some_markers(self, marked: set[int]) -> tuple[list[Marker], float]:
        """The markers of marked chunks of work; of more than MOST_READ, of some spread evenly.

        And the seconds that training all of them took, compiling included, in all processes: about, where
        only some are read.
        """
        stride = math.ceil(len(marked) / MOST_READ) or 1
        markers = list(self._read(sorted(marked)[::stride]).values())
        return markers, round(stride * sum(marker.seconds for marker in markers), 3)

    def examine(self, numbers: Iterable[int]) -> Findings:
        """What is missing of these chunks of work, and which do not hold what their marker says.

        Where nothing is missing, and cells are sums and wrong, the first chunk of work of theirs is named.
        """
        numbers = list(numbers)
        markers = self.markers(numbers)
        with ThreadPoolExecutor(READERS) as pool:
            wrong = pool.map(self._wrong_array, markers.values())
            damaged = {number: path for number, path in zip(markers, wrong, strict=True) if path}
        if len(markers) == self.chunking.num_chunks and not damaged:
            damaged = {tile * self.chunking.num_blocks: path for tile, path in self._wrong_sums()}
        return Findings([n for n in numbers if n not in markers or n in damaged], damaged)

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove the markers of chunks of work, which are then missing."""
        for number in numbers:
            self._markers[number] = ""

    def is_whole(self) -> bool:
        """Whether every chunk of work has a marker."""
        return len(self.marked()) == self.chunking.num_chunks

    def add_up(self) -> None:
        """Write the cells that are not what their parts add up to."""
        for tile, name, total in self._sums():
            if not _holds(self.cells[name], tile, checksum_of_array(total)):
                self.cells[name][tile] = total

    def _sums(self) -> Iterator[tuple[Region, str, np.ndarray]]:
        """(region of cells, variable, what it should hold) where cells are sums."""
        for tile in self.chunking.tiles() if self.has_parts else ():
            for name, parts in self.summaries.items():
                yield tile, name, merge(name, np.asarray(parts[tile]), axis=len(tile))

    def _wrong_sums(self) -> Iterator[tuple[int, str]]:
        """(number of the tile, path of the array) where cells are not what their parts add up to."""
        for i, (tile, name, total) in enumerate(self._sums()):
            if not _holds(self.cells[name], tile, checksum_of_array(total)):
                yield i // len(self.cells), self.cells[name].path

    def _written(self, chunk: Chunk) -> Iterator[tuple[zarr.Array, Region]]:
        """The arrays that a chunk of work writes, and where."""
        part = chunk.first_replicate // self.chunking.block
        for array in self.summaries.values():
            yield array, (*chunk.region, slice(part, part + 1)) if self.has_parts else chunk.region
        for array in self.neurons.values():
            yield array, (*chunk.region, chunk.replicates)

    def _read_markers(self, numbers: Sequence[int]) -> Iterator[Marker | None]:
        try:
            texts = np.asarray(self._markers.oindex[np.array(numbers)])
        except Exception:  # one of them is damaged
            yield from map(self._marker, numbers)
        else:
            yield from (self._parsed(n, str(text)) for n, text in zip(numbers, texts, strict=True))

    def _marker(self, number: int) -> Marker | None:
        try:
            return self._parsed(number, str(self._markers[number]))
        except Exception:  # a damaged one: zarr and its codecs fail in many ways
            return None

    def _parsed(self, number: int, text: str) -> Marker | None:
        try:
            marker = Marker(**json.loads(text))
        except (ValueError, TypeError):  # none, or one with other fields
            return None
        is_own = (marker.fingerprint, marker.chunk) == (self.attrs["fingerprint"], number)
        return marker if is_own else None

    def _wrong_array(self, marker: Marker) -> str | None:
        for array, region in self._written(self.chunking[marker.chunk]):
            if not _holds(array, region, marker.checksums.get(array.path)):
                return array.path
        return None


def _holds(array: zarr.Array, region: Region, checksum: str | None) -> bool:
    try:
        values = np.asarray(array[region])
    except Exception:  # zarr and its codecs fail in many ways on bytes that are not theirs
        return False
    return checksum is not None and is_of(checksum, values)
