"""Chunks: the fixed-size blocks of neurons that are compiled, trained and stored as one.

A chunk is a tile of cells times a block of replicates. All chunks of a study have one shape; where the
last ones reach over the edge they are padded, and the padding is cut away from what comes back.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Chunk(NamedTuple):
    """One chunk of neurons: where it starts and ends along each dim of the cells, and in replicates."""

    start: tuple[int, ...]
    stop: tuple[int, ...]
    first_replicate: int
    last_replicate: int  # exclusive

    @property
    def region(self) -> tuple[slice, ...]:
        """The chunk's place among the cells."""
        return tuple(slice(a, b) for a, b in zip(self.start, self.stop, strict=True))

    @property
    def replicates(self) -> slice:
        """The chunk's place among the replicates."""
        return slice(self.first_replicate, self.last_replicate)

    @property
    def num_neurons(self) -> int:
        """Neurons of the chunk, without padding."""
        cells = (b - a for a, b in zip(self.start, self.stop, strict=True))
        return math.prod(cells) * (self.last_replicate - self.first_replicate)


class Cut(NamedTuple):
    """The shape of a chunk: cells along each of their dims, and replicates."""

    tile: tuple[int, ...]
    block: int


@dataclasses.dataclass(frozen=True)
class Chunking:
    """How the cells and replicates of a study are cut into chunks."""

    cells: tuple[int, ...]
    replicates: int
    tile: tuple[int, ...]
    block: int

    @property
    def chunk_size(self) -> int:
        """Neurons of one chunk, padding included."""
        return math.prod(self.tile) * self.block

    @property
    def num_chunks(self) -> int:
        return math.prod(self._counts)

    @property
    def num_blocks(self) -> int:
        """Chunks that share the same cells."""
        return self._counts[-1]

    @property
    def _dims(self) -> list[tuple[int, int]]:
        """(size, size within a chunk) of each dim of the cells, and of the replicates."""
        return list(zip((*self.cells, self.replicates), (*self.tile, self.block), strict=True))

    @property
    def _counts(self) -> list[int]:
        return [math.ceil(size / piece) for size, piece in self._dims]

    def __iter__(self) -> Iterator[Chunk]:
        """All chunks; those that share their cells follow one another."""
        return map(self.__getitem__, range(self.num_chunks))

    def __getitem__(self, number: int) -> Chunk:
        """The chunk of a number, from 0 on."""
        *place, block = self.place(number)
        start = tuple(i * n for i, n in zip(place, self.tile, strict=True))
        stop = tuple(min(a + n, size) for a, n, size in zip(start, self.tile, self.cells, strict=True))
        first = block * self.block
        return Chunk(start, stop, first, min(first + self.block, self.replicates))

    def place(self, number: int) -> tuple[int, ...]:
        """The place of a chunk along each dim of the cells, counted in tiles, and in blocks of replicates."""
        return tuple(int(i) for i in np.unravel_index(number, self._counts))

    def number_at(self, tile: Sequence[int], block: int) -> int:
        """The number of the chunk of a tile of cells, given by its place along each dim, and a block of
        replicates."""
        return int(np.ravel_multi_index((*tile, block), self._counts))

    def num_neurons(self, numbers: Iterable[int]) -> int:
        """Neurons of the chunks of these numbers, without padding."""
        places = np.unravel_index(np.fromiter(numbers, np.int64), self._counts)
        parts = [
            np.minimum(piece, size - piece * place)
            for place, (size, piece) in zip(places, self._dims, strict=True)
        ]
        return int(np.prod(parts, axis=0).sum())

    def tiles(self) -> Iterator[tuple[slice, ...]]:
        """The regions of cells that chunks have."""
        for number in range(0, self.num_chunks, self.num_blocks):
            yield self[number].region

    def cut(self, values: np.ndarray, chunk: Chunk) -> np.ndarray:
        """The chunk's results without the padding, with dims (*cells, replicate, …)."""
        unpadded = tuple(slice(b - a) for a, b in zip(chunk.start, chunk.stop, strict=True))
        replicates = slice(chunk.last_replicate - chunk.first_replicate)
        return values.reshape(*self.tile, self.block, *values.shape[1:])[(*unpadded, replicates)]


def cut_into_chunks(
    cells: Sequence[int], replicates: int, chunk_size: int, *, num_categories: int = 0
) -> Chunking:
    """Chunks of at most `chunk_size` neurons, filled with replicates first and then from the last dim on.

    A dim that must be cut is cut into equal parts, so that little is padded. Of the first dims, so many, a
    chunk has one index each: those are the categories, such as data sets, and a program trains one of them.
    """
    room = chunk_size
    pieces = []
    for size in (replicates, *reversed(cells[num_categories:])):
        parts = math.ceil(size / max(1, min(size, room)))
        piece = math.ceil(size / parts)
        pieces.append(piece)
        room //= piece
    block, *tile = pieces
    tile += [1] * num_categories
    return Chunking(tuple(cells), replicates, tuple(reversed(tile)), block)
