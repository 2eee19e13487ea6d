"""What is done of a run, chunk by chunk of work: written with a marker last, verified, added up.

A chunk of work is one Zarr chunk of each array, so it has one writer. When it has written them all it writes
its *marker*, which holds checksums of the files that it wrote. A chunk without a marker, or whose files are
not those of its marker, is missing; whoever reads it is told so.

Where a cell's replicates are too many for one chunk, chunks write to the group `parts`, and `cells` is what
these add up to; counts and extremes do so exactly, in any order. Sums have markers of their own.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import zarr

from jaxneuron.population.chunks import Chunk
from jaxneuron.population.results import CELLS, RESULTS
from jaxneuron.store import older
from jaxneuron.store.checked import UNKNOWN, Recording, checksum_of_bytes
from jaxneuron.store.keys import Region, key_of, split
from jaxneuron.store.location import READERS, Location
from jaxneuron.store.markers import Marker, Markers
from jaxneuron.store.skeleton import (
    array_of,
    chunking_of,
    is_damaged,
    open_group,
    open_skeleton,
)
from jaxneuron.study.bad_input import BadInput

if TYPE_CHECKING:  # which imports JAX, and `status` is quick
    from jaxneuron.neuron.train import Trained

MOST_READ = 1000
CHUNKS, SUMS = "work/marker", "work/sum"  # the arrays of their markers
NO_MARKER = "no marker"  # the checksum of what is not done


class Findings(NamedTuple):
    """The chunks of work that are to be done; of the damaged ones among them the first wrong array."""

    missing: list[int]
    damaged: dict[int, str]


class Store:
    """The arrays of a run, to read, to write and to verify."""

    def __init__(self, location: Location, mode: Literal["r", "r+"] = "r") -> None:
        self.location = location
        self._skeleton = open_skeleton(location)
        self.attrs: dict[str, Any] = self._skeleton.attrs
        self.root = self._skeleton.group(self._checksum_of, self._complaint)
        if self._skeleton.is_older and (wrong := older.wrong_content(self.root, self.attrs)):
            raise is_damaged(location, wrong)
        self.chunking = chunking_of(self.root, self.attrs)
        paths = self._skeleton.paths
        self.cells = {name: self._array(f"cells/{name}") for name in CELLS if f"cells/{name}" in paths}
        self.summaries = {
            name: self._array(f"{'parts' if self.has_parts else 'cells'}/{name}") for name in self.cells
        }
        # A swept starting value is not here: it is a coordinate.
        kept = paths - {f"neurons/{name}" for name in self.attrs["coordinates"]}
        self.neurons = {name: self._array(f"neurons/{name}") for name in RESULTS if f"neurons/{name}" in kept}
        self._recording = Recording(location.zarr_store) if mode == "r+" else None
        to_write, self._to_write = None, {}
        if self._recording is not None:
            to_write = open_group(location, self._recording, "r+")
            arrays = (*self.cells.values(), *self.summaries.values(), *self.neurons.values())
            self._to_write = {array.path: array_of(to_write, array.path) for array in arrays}
        self._chunks = Markers(self._skeleton, self.root, CHUNKS, to_write)
        self._sums = Markers(self._skeleton, self.root, SUMS, to_write) if SUMS in paths else None
        # What was read of them; the files of other pieces are not handed out.
        self._known: dict[int, Marker] = {}
        self._known_sums: dict[int, Marker] = {}
        self._is_read = False

    @property
    def has_parts(self) -> bool:
        """Whether cells are sums of what several chunks found."""
        return self.chunking.num_blocks > 1

    def write(
        self, number: int, summary: Mapping[str, np.ndarray], trained: "Trained", seconds: float
    ) -> None:
        """Write the results of a chunk of work, of its cells and of its neurons, and its marker last.

        BadInput where the run was replaced by another one meanwhile.
        """
        self._look()
        values = {array.path: summary[name] for name, array in self.summaries.items()}
        values |= {array.path: np.asarray(RESULTS[name].of(trained)) for name, array in self.neurons.items()}
        checksums = {
            array.path: self._write(array, region, values[array.path])
            for array, region in self._written(self.chunking[number])
        }
        self._look()
        self.mark(number, trained.fate.size, seconds, checksums)

    def mark(self, number: int, neurons: int, seconds: float, checksums: dict[str, str]) -> None:
        """Say that a chunk of work is done, and what its files are."""
        self._chunks.write(number, neurons, seconds, checksums)

    def marked(self) -> set[int]:
        """The chunks of work that have a marker, sound or not: quickly found, however many there are."""
        return self._chunks.listed()

    def is_marked(self, number: int) -> bool:
        """Whether a chunk of work has a sound marker now; another process may have written it."""
        return bool(self._chunks.read([number]))

    def markers(self, numbers: Iterable[int]) -> dict[int, Marker]:
        """The markers of these chunks of work that are there; one that is damaged is not there."""
        found = self._chunks.read(sorted(self.marked().intersection(numbers)))
        self._known.update(found)
        return found

    def some_markers(self, marked: set[int]) -> tuple[list[Marker], float]:
        """The markers of marked chunks of work; of more than MOST_READ, of some spread evenly.

        And the seconds that training all of them took, compiling included, in all processes: about, where
        only some are read.
        """
        stride = math.ceil(len(marked) / MOST_READ) or 1
        markers = list(self._chunks.read(sorted(marked)[::stride]).values())
        return markers, round(stride * sum(marker.seconds for marker in markers), 3)

    def read_markers(self) -> None:
        """All of them, once, without which no result is handed out."""
        if self._is_read:
            return
        self.markers(range(self.chunking.num_chunks))
        if self._sums is not None:
            self._known_sums = self._sums.read(range(self._sums.number))
        if self._skeleton.is_older:  # whose files are verified all at once, as values
            damaged = self.examine(range(self.chunking.num_chunks)).damaged
            for number, path in damaged.items():
                raise self._is_wrong(number, path)
        self._is_read = len(self._known) == self.chunking.num_chunks  # else another look may find more

    def examine(self, numbers: Iterable[int]) -> Findings:
        """What is missing of these chunks of work, and whose files are not those of their markers.

        Where nothing is missing, and cells are sums and wrong, the first chunk of work of theirs is named.
        BadInput where something cannot be read.
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
        """Remove the markers of chunks of work, and of the sums that they are in."""
        numbers = list(numbers)
        self._chunks.forget(numbers)
        if self._sums is not None:
            self._sums.forget({number // self.chunking.num_blocks for number in numbers})

    def is_trained(self) -> bool:
        """Whether every chunk of work has a marker."""
        return len(self.marked()) == self.chunking.num_chunks

    def num_sums_missing(self) -> int:
        """Of those that have no marker."""
        return 0 if self._sums is None else self._sums.number - len(self._sums.listed())

    def check_whole(self) -> None:
        """BadInput where not all of the run is done. A file that is lost is missed when it is read."""
        for markers in (self._chunks, *([self._sums] if self._sums is not None else [])):
            if (done := len(markers.listed())) < markers.number:
                raise BadInput(
                    f"{self.location}: is unfinished, {done} of {markers.number} chunks are done; "
                    "the same `jaxneuron sweep` resumes it"
                )

    def add_up(self) -> None:
        """Write the cells that are not known to be what their parts add up to."""
        if self._sums is None:
            return
        self.markers(range(self.chunking.num_chunks))
        there = self._sums.read(sorted(self._sums.listed()))
        for number, tile in enumerate(self.chunking.tiles()):
            if number not in there:
                checksums = {
                    self.cells[name].path: self._write(self.cells[name], tile, total)
                    for name, total in self._sum(tile)
                }
                self._known_sums[number] = self._sums.write(number, 0, 0.0, checksums)

    def _sum(self, tile: Region) -> Iterator[tuple[str, np.ndarray]]:
        """(variable, what a region of cells should hold of it) where cells are sums."""
        for name, parts in self.summaries.items():
            yield name, CELLS[name].merge(np.asarray(parts[tile]), axis=len(tile))

    def _wrong_sums(self) -> Iterator[tuple[int, str]]:
        """(number of the tile, path of the array) where cells are not what their parts add up to."""
        if not self.has_parts:
            return
        if self._sums is None:  # in older runs
            for number, tile in enumerate(self.chunking.tiles()):
                for name, total in self._sum(tile):
                    if not np.array_equal(np.asarray(self.cells[name][tile]), total):
                        yield number, self.cells[name].path
            return
        listed = self._sums.listed()
        self._known_sums = self._sums.read(sorted(listed))
        for number, tile in enumerate(self.chunking.tiles()):
            if number not in listed:  # it is not written yet, which is no damage
                continue
            marker = self._known_sums.get(number)
            for array in self.cells.values():
                if marker is None or not self._holds(array, tile, marker.checksums.get(array.path)):
                    yield number, array.path

    def _array(self, path: str) -> zarr.Array:
        return array_of(self.root, path)

    def _look(self) -> None:
        """BadInput where the run at the place is not this one any more."""
        if not self._skeleton.is_there():
            raise self._is_replaced()

    def _write(self, array: zarr.Array, region: Region, values: np.ndarray) -> str:
        """The checksum of the file that holds a region of an array from now on."""
        assert self._recording is not None
        shape = (*(part.stop - part.start for part in region), *array.shape[len(region) :])
        self._to_write[array.path][region] = np.asarray(values, array.dtype).reshape(shape)
        return self._recording.checksums.pop(key_of(array, region))

    def _written(self, chunk: Chunk) -> Iterator[tuple[zarr.Array, Region]]:
        """The arrays that a chunk of work writes, and where."""
        part = chunk.first_replicate // self.chunking.block
        for array in self.summaries.values():
            yield array, (*chunk.region, slice(part, part + 1)) if self.has_parts else chunk.region
        for array in self.neurons.values():
            yield array, (*chunk.region, chunk.replicates)

    def _wrong_array(self, marker: Marker) -> str | None:
        for array, region in self._written(self.chunking[marker.chunk]):
            if not self._holds(array, region, marker.checksums.get(array.path)):
                return array.path
        return None

    def _holds(self, array: zarr.Array, region: Region, checksum: str | None) -> bool:
        if self._skeleton.is_older:
            return older.holds(array, region, checksum)
        content = self.location.read(key_of(array, region))
        return content is not None and checksum == checksum_of_bytes(content)

    def _checksum_of(self, key: str) -> str | None:
        """Of a file that was not made with the run: what its chunk's marker says."""
        path, place = split(key)
        if path not in self._skeleton.paths:
            return None
        if path in (CHUNKS, SUMS) or self._skeleton.is_older:
            return UNKNOWN
        is_sum, number = self._piece(path, place)
        marker = (self._known_sums if is_sum else self._known).get(number)
        return NO_MARKER if marker is None else marker.checksums.get(path, NO_MARKER)

    def _piece(self, path: str, indices: list[int]) -> tuple[bool, int]:
        """(whether it is a sum, its number) of what wrote a file of an array."""
        is_sum = self.has_parts and path.startswith("cells/")
        cells = len(self.chunking.cells)
        block = indices[cells] if path.split("/")[0] in ("parts", "neurons") else 0
        number = self.chunking.number_at(indices[:cells], block)
        return is_sum, number // self.chunking.num_blocks if is_sum else number

    def _complaint(self, key: str, is_there: bool) -> BadInput:
        """What to tell who wanted to read a file that is not what it should be."""
        if not self._skeleton.is_there():
            return self._is_replaced()
        if key in self._skeleton.files:
            return is_damaged(self.location, key)
        path, place = split(key)
        is_sum, number = self._piece(path, place)
        return self._is_wrong(number * self.chunking.num_blocks if is_sum else number, path)

    def _is_replaced(self) -> BadInput:
        return BadInput(f"{self.location}: is not the run any more that was opened; open it again")

    def _is_wrong(self, number: int, path: str) -> BadInput:
        return BadInput(
            f"{self.location}: is damaged (chunk {number}, {path}); "
            "the same `jaxneuron sweep` trains it again"
        )
