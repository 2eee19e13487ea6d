"""Which neuron of a study is at which lane of a chunk, computed on the device from its bounds."""

from collections.abc import Mapping
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt

from jaxneuron.population.chunks import Chunk, Chunking
from jaxneuron.population.design import Design


class Place(NamedTuple):
    """A neuron's cell and replicate, and the values that are swept there."""

    cell: UInt[Array, ""]
    replicate: UInt[Array, ""]
    swept: Mapping[str, Float[Array, ""]]


def repeated(place: Place, number: int) -> Place:
    """The place, repeated along a leading axis."""
    return jax.tree.map(lambda value: np.broadcast_to(value, (number, *np.shape(value))), place)


class Layout(NamedTuple):
    """What all chunks of a study share, static under jit: the tile of cells, the block of replicates, and the
    dim along which each swept value varies."""

    tile: tuple[int, ...]
    block: int
    dims: tuple[tuple[str, int], ...]

    @property
    def chunk_size(self) -> int:
        """Neurons of a chunk, padding included."""
        return int(np.prod(self.tile, dtype=np.int64)) * self.block


class Bounds(NamedTuple):
    """Where one chunk lies, and the swept values along its tile."""

    first_cell: UInt[Array, " dims"]
    num_cells: UInt[Array, " dims"]  # of the chunk, without padding
    grid: UInt[Array, " dims"]  # cells of the study
    first_replicate: UInt[Array, ""]
    num_replicates: UInt[Array, ""]
    values: Mapping[str, Float[Array, " tile"]]
    key_numbers: UInt[Array, " tile"] | None  # of points that are cells of a grid


def layout_of(design: Design, chunking: Chunking) -> Layout:
    """The layout of a study's chunks."""
    dims = tuple(design.shape)
    along = tuple((name, dims.index(dim)) for name, (dim, _) in design.coordinates.items())
    return Layout(chunking.tile, chunking.block, along)


def bounds_of(chunk: Chunk, design: Design, chunking: Chunking, precision: str) -> Bounds:
    """The bounds of one chunk."""
    start, stop = np.array(chunk.start), np.array(chunk.stop)
    dims, values, key_numbers = tuple(design.shape), {}, None
    for name, (dim, along) in design.coordinates.items():
        d = dims.index(dim)
        index = np.minimum(start[d] + np.arange(chunking.tile[d]), stop[d] - 1)
        values[name] = along[index].astype(precision)
        if design.chosen is not None:  # all of them along one dim
            key_numbers = design.key_numbers(index).astype(np.uint32)
    whole = (start, stop - start, np.array(chunking.cells))
    first, number = chunk.first_replicate, chunk.last_replicate - chunk.first_replicate
    arrays = (*(v.astype(np.uint32) for v in whole), np.uint32(first), np.uint32(number), values, key_numbers)
    return Bounds(*jax.device_put(arrays))


def place_in_chunk(lane: Int[Array, ""], bounds: Bounds, layout: Layout) -> Place:
    """The neuron at a lane of a chunk; lanes are in C order over (*tile, block), padding repeats the last."""
    *along, replicate = (
        index.astype(jnp.uint32) for index in jnp.unravel_index(lane, (*layout.tile, layout.block))
    )
    replicate = bounds.first_replicate + jnp.minimum(replicate, bounds.num_replicates - 1)
    cell = jnp.uint32(0)
    for d, index in enumerate(along):
        along[d] = jnp.minimum(index, bounds.num_cells[d] - 1)
        cell = cell * bounds.grid[d] + bounds.first_cell[d] + along[d]
    if bounds.key_numbers is not None:
        cell = bounds.key_numbers[along[0]]
    return Place(cell, replicate, {name: bounds.values[name][along[d]] for name, d in layout.dims})


def place_at(number: Int[Array, ""], where: Place | Bounds, layout: Layout | None) -> Place:
    """The neuron of a number among places, or in the chunk that bounds and a layout give."""
    if isinstance(where, Bounds):
        assert layout is not None, "bounds need a layout"
        return place_in_chunk(number, where, layout)
    return jax.tree.map(lambda values: values[number], where)


def are_no_padding(bounds: Bounds, layout: Layout | None) -> Bool[Array, " chunk"]:
    """Which lanes of a chunk have a neuron that no lane before them has."""
    assert layout is not None, "bounds need a layout"
    sizes = [*bounds.num_cells, bounds.num_replicates]
    places = jnp.indices((*layout.tile, layout.block), sparse=True)
    within = [place < size for place, size in zip(places, sizes, strict=True)]
    return reduce(jnp.logical_and, within).ravel()
