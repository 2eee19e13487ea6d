"""What is done of a run, chunk by chunk of work: written with a marker last, verified, added up.

A chunk of work is one Zarr chunk of each array, so it has one writer. When it has written them all it writes
its *marker*, which holds checksums of the files that it wrote. A chunk without a marker, or whose files are
not those of its marker, is missing, and nothing is read of it.

Where a cell's replicates are too many for one chunk, chunks write to the group `parts`, and `cells` is what
these add up to; counts and extremes do so exactly, in any order. Sums have markers of their own.
"""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

import numpy as np
import zarr

from jaxneuron.population.merging import merged
from jaxneuron.population.results import CELLS, RESULTS, ChunkResults
from jaxneuron.store import older
from jaxneuron.store.checked import Checked, checksum_of_bytes
from jaxneuron.store.encode import encoded
from jaxneuron.store.keys import Region, key_of, split
from jaxneuron.store.location import READERS, Location
from jaxneuron.store.markers import Marker, Markers
from jaxneuron.store.partial import StandIns
from jaxneuron.store.skeleton import array_of, chunking_of, is_damaged, open_group, open_skeleton
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.counted import are, counted

MOST_READ = 1000
CHUNKS, SUMS = "work/marker", "work/sum"  # the arrays of their markers


class Findings(NamedTuple):
    """The chunks of work that are to be done; of the damaged ones among them the first wrong array."""

    missing: list[int]
    damaged: dict[int, str]


class Store:
    """The arrays of a run, to read, to write and to verify; if `partial` also to read before its end."""

    def __init__(self, location: Location, mode: Literal["r", "r+"] = "r", *, partial: bool = False) -> None:
        self.location = location
        self._skeleton = open_skeleton(location)
        self.attrs: dict[str, Any] = self._skeleton.attrs
        self.root = open_group(location, Checked(location.name, self._skeleton.files, self._read), "r")
        if self._skeleton.is_older and (wrong := older.wrong_content(self.root, self.attrs)):
            raise is_damaged(location, wrong)
        self.chunking = chunking_of(self.root, self.attrs)
        paths = self._skeleton.paths
        self.cells = {name: self._array(f"cells/{name}") for name in CELLS if f"cells/{name}" in paths}
        parts = {name: self._array(f"parts/{name}") for name in self.cells if self.has_parts}
        self.summaries = parts or self.cells
        # A swept starting value is not here: it is a coordinate.
        kept = paths - {f"neurons/{name}" for name in self.attrs["coordinates"]}
        self.neurons = {name: self._array(f"neurons/{name}") for name in RESULTS if f"neurons/{name}" in kept}
        self._mode = mode
        num_chunks = self.chunking.num_chunks
        num_tiles = num_chunks // self.chunking.num_blocks
        self._chunks = Markers(self._skeleton, CHUNKS, num_chunks)
        self._sums = Markers(self._skeleton, SUMS, num_tiles) if SUMS in paths else None
        self._is_read = False
        sums = (*self.cells.values(), *self.summaries.values())
        self.is_partial = partial and not self._skeleton.is_older
        self._stand_ins = StandIns(sums) if self.is_partial else None

    @property
    def has_parts(self) -> bool:
        """Whether cells are sums of what several chunks found."""
        return self.chunking.num_blocks > 1

    def write(self, number: int, results: ChunkResults, seconds: float) -> None:
        """Write the results of a chunk of work, of its cells and of its neurons, and its marker last.

        BadInput where the run was replaced by another one meanwhile.
        """
        self._check_there()
        values = {array.path: results.cells[name] for name, array in self.summaries.items()}
        values |= {array.path: results.neurons[name] for name, array in self.neurons.items()}
        checksums = {
            array.path: self._write(array, region, values[array.path])
            for array, region in self._regions_of_chunk(number)
        }
        self._check_there()
        self.mark(number, self.chunking[number].num_neurons, seconds, checksums)

    def read(self, number: int) -> ChunkResults:
        """What a chunk of work whose marker was read has written; BadInput where its files are damaged."""
        values = {a.path.split("/")[-1]: np.asarray(a[r]) for a, r in self._regions_of_chunk(number)}
        part = len(self.chunking.cells) if self.has_parts else ()
        cells = {name: np.squeeze(values[name], part) for name in self.summaries}
        return ChunkResults(cells, {name: values[name] for name in self.neurons})

    def mark(self, number: int, neurons: int, seconds: float, checksums: dict[str, str]) -> None:
        """Record that a chunk of work is done, and the checksums of its files."""
        self._chunks.write(number, neurons, seconds, checksums)

    def marked(self) -> set[int]:
        """The chunks of work that have a marker, sound or not: quickly found, however many there are."""
        return self._chunks.listed()

    def is_marked(self, number: int) -> bool:
        """Whether a chunk of work has a sound marker now; another process may have written it."""
        return bool(self._chunks.read([number]))

    def markers(self, numbers: Iterable[int]) -> dict[int, Marker]:
        """The sound markers of these chunks of work."""
        return self._chunks.read(sorted(self.marked().intersection(numbers)))

    def some_markers(self, marked: set[int]) -> tuple[list[Marker], float]:
        """The markers of marked chunks of work; of more than MOST_READ, of some spread evenly.

        And the seconds that training all of them took, compiling included, in all processes: about, where
        only some are read.
        """
        stride = math.ceil(len(marked) / MOST_READ) or 1
        markers = list(self._chunks.read(sorted(marked)[::stride]).values())
        return markers, round(stride * sum(marker.seconds for marker in markers), 3)

    def read_markers(self) -> None:
        """Read all of them, once: results can be read only of pieces whose marker is known."""
        if self._is_read:
            return
        self.markers(range(self.chunking.num_chunks))
        if self._sums is not None:
            self._sums.read(range(self._sums.number))
        if self._skeleton.is_older:  # whose files are verified all at once, as values
            for number, path in self.examine(range(self.chunking.num_chunks)).damaged.items():
                raise self._is_wrong(number, path)
        if self._stand_ins is not None:  # from now on it is seen as it is now
            self._is_read = True
            known = self._sums.known if self._sums is not None else range(self.chunking.num_chunks)
            tiles = (tile for number, tile in enumerate(self.chunking.tiles()) if number not in known)
            self._stand_ins.add_sums(tiles, self._sum)
            return
        self._is_read = len(self._chunks.known) == self.chunking.num_chunks  # else more may be done later

    @property
    def neurons_done(self) -> int:
        """The neurons of the chunks of work whose markers have been read."""
        return self.chunking.num_neurons(self._chunks.known)

    def examine(self, numbers: Iterable[int]) -> Findings:
        """Which of these chunks of work are missing, or damaged: their files are not those of their markers.

        Where none is, and cells are sums and wrong, the first chunk of work of theirs is named. BadInput
        where something cannot be read.
        """
        numbers = list(numbers)
        markers = self.markers(numbers)
        with ThreadPoolExecutor(READERS) as pool:
            wrong = pool.map(self._wrong_array, markers.values())
            damaged = {number: path for number, path in zip(markers, wrong, strict=True) if path}
        if self.has_parts and len(markers) == self.chunking.num_chunks and not damaged:
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
        """How many sums have no marker."""
        return 0 if self._sums is None else self._sums.number - len(self._sums.listed())

    def check_whole(self) -> None:
        """BadInput where not all of the run is done. A lost file is found when it is read."""
        for markers in (self._chunks, *([self._sums] if self._sums is not None else [])):
            if (done := len(markers.listed())) < markers.number:
                raise BadInput(
                    f"{self.location}: is unfinished, {done} of {counted(markers.number, 'chunk')} "
                    f"{are(markers.number)} done; the same `jaxneuron sweep` resumes it, and --partial "
                    "(partial=True) opens what is done"
                )

    def add_up(self) -> None:
        """Write the cells that are not known to be what their parts add up to."""
        if self._sums is None:
            return
        self.markers(range(self.chunking.num_chunks))
        there = self._sums.read(sorted(self._sums.listed()))
        for number, tile in enumerate(self.chunking.tiles()):
            if number not in there:
                checksums = {a.path: self._write(a, tile, total) for a, total in self._sum(tile)}
                self._sums.write(number, 0, 0.0, checksums)

    def _sum(self, tile: Region) -> Iterator[tuple[zarr.Array, np.ndarray]]:
        """(array, what a region of it should hold) for the cells, where they are sums."""
        parts = {name: np.asarray(array[tile]) for name, array in self.summaries.items()}
        yield from ((self.cells[name], whole) for name, whole in merged(parts, len(tile)).items())

    def _wrong_sums(self) -> Iterator[tuple[int, str]]:
        """(number of the tile, path of the array) where cells are not what their parts add up to."""
        if self._sums is None:  # in an older run
            for number, tile in enumerate(self.chunking.tiles()):
                for array, total in self._sum(tile):
                    if not np.array_equal(np.asarray(array[tile]), total):
                        yield number, array.path
            return
        listed = self._sums.listed()
        known = self._sums.read(sorted(listed))
        for number, tile in enumerate(self.chunking.tiles()):
            for array in self.cells.values() if number in listed else ():  # else it is missing, not damaged
                if not self._holds(array, tile, known.get(number)):
                    yield number, array.path

    def _array(self, path: str) -> zarr.Array:
        return array_of(self.root, path)

    def _check_there(self) -> None:
        """BadInput where the run at the place is not this one any more."""
        if not self._skeleton.is_there():
            raise BadInput(f"{self.location}: is not the run any more that was opened; open it again")

    def _write(self, array: zarr.Array, region: Region, values: np.ndarray) -> str:
        """Write a region of an array, which is one file, and return the file's checksum."""
        assert self._mode == "r+"
        shape = (*(part.stop - part.start for part in region), *array.shape[len(region) :])
        content = encoded(array, np.reshape(values, shape))
        self.location.write(key_of(array, region), content)
        return checksum_of_bytes(content)

    def _regions_of_chunk(self, number: int) -> Iterator[tuple[zarr.Array, Region]]:
        """The arrays that a chunk of work writes, and where."""
        chunk = self.chunking[number]
        part = chunk.first_replicate // self.chunking.block
        for array in self.summaries.values():
            yield array, (*chunk.region, slice(part, part + 1)) if self.has_parts else chunk.region
        for array in self.neurons.values():
            yield array, (*chunk.region, chunk.replicates)

    def _wrong_array(self, marker: Marker) -> str | None:
        """The first array of which a chunk's file is not that of its marker."""
        regions = self._regions_of_chunk(marker.chunk)
        return next((a.path for a, region in regions if not self._holds(a, region, marker)), None)

    def _holds(self, array: zarr.Array, region: Region, marker: Marker | None) -> bool:
        """Whether a region of an array is what a marker says."""
        checksum = None if marker is None else marker.checksums.get(array.path)
        if self._skeleton.is_older:
            return older.holds(array, region, checksum)
        content = self.location.read(key_of(array, region))
        return content is not None and checksum == checksum_of_bytes(content)

    def _read(self, key: str) -> bytes | None:
        """The verified content of a file of the run, for Zarr; None of what is no part of it.

        A file that was made with the run has its checksum there, and any other in the marker of its piece;
        markers themselves, and an older run, are verified elsewhere. BadInput where a file is another one.
        """
        if key in self._skeleton.descriptions:
            return self._skeleton.descriptions[key]
        path, place = split(key)
        checksum, chunk = self._skeleton.files.get(key, older.UNKNOWN), None
        if key not in self._skeleton.files:
            if path not in self._skeleton.paths:
                return None
            if path not in (CHUNKS, SUMS) and not self._skeleton.is_older:
                checksum, chunk = self._marked_checksum(path, place)
                if checksum is None and self._stand_ins is not None:
                    return self._stand_ins.content(path, key)
        content = self.location.read(key)
        if checksum != older.UNKNOWN and (content is None or checksum != checksum_of_bytes(content)):
            self._check_there()
            raise is_damaged(self.location, key) if chunk is None else self._is_wrong(chunk, path)
        return content

    def _marked_checksum(self, path: str, place: list[int]) -> tuple[str | None, int]:
        """The checksum of a file of an array in its marker, if that is known; and the first chunk of work
        that the file is of."""
        num_dims = len(self.chunking.cells)
        block = place[num_dims] if path.startswith(("parts/", "neurons/")) else 0
        chunk = self.chunking.number_at(place[:num_dims], block)
        if self._sums is not None and path.startswith("cells/"):
            marker = self._sums.known.get(chunk // self.chunking.num_blocks)
        else:
            marker = self._chunks.known.get(chunk)
        return None if marker is None else marker.checksums.get(path), chunk

    def _is_wrong(self, number: int, path: str) -> BadInput:
        return BadInput(
            f"{self.location}: is damaged (chunk {number}, {path}); "
            "the same `jaxneuron sweep` trains it again"
        )
