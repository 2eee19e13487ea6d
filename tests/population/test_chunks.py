"""Chunks: every neuron in exactly one, one shape for all."""

import itertools
from functools import partial

import jax
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.population.axes import Linear
from jaxneuron.population.chunks import cut_into_chunks
from jaxneuron.population.design import grid
from jaxneuron.population.place import are_no_padding, bounds_of, layout_of, place_in_chunk
from tests.conftest import REPEAT


@partial(jax.jit, static_argnames="layout")
def places_in_chunk(bounds, layout):
    """The place of each lane of a chunk, and whether it is no padding."""
    lanes = np.arange(layout.chunk_size, dtype=np.int32)
    return jax.vmap(lambda lane: place_in_chunk(lane, bounds, layout))(lanes), are_no_padding(bounds, layout)


shapes = st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple)


@settings(max_examples=12 * REPEAT, deadline=None, derandomize=True)
@given(shapes, st.integers(1, 9), st.integers(1, 200))
def test_every_neuron_is_in_exactly_one_chunk(cells, replicates, chunk_size):
    chunking = cut_into_chunks(cells, replicates, chunk_size)
    design = grid({f"axis{i}": Linear(1, size, size) for i, size in enumerate(cells)})
    layout = layout_of(design, chunking)
    assert layout.chunk_size == chunking.chunk_size <= chunk_size
    seen = np.zeros((*cells, replicates), int)
    for chunk in chunking:
        bounds = bounds_of(chunk, design, chunking, "float32")
        (cell, replicate, swept), are_first = jax.device_get(places_in_chunk(bounds, layout))
        assert are_first.sum() == chunk.num_neurons
        assert cell.shape == replicate.shape == (chunking.chunk_size,)
        place = seen[(*chunk.region, chunk.replicates)]
        place += 1
        # What is cut out of a result lies where the chunk says.
        index = chunking.cut(np.stack([cell, replicate], -1), chunk)
        assert index.shape == (*place.shape, 2)
        want = np.moveaxis(np.indices((*cells, replicates)), 0, -1)[(*chunk.region, chunk.replicates)]
        np.testing.assert_array_equal(
            index[..., 0], np.ravel_multi_index(np.moveaxis(want[..., :-1], -1, 0), cells)
        )
        np.testing.assert_array_equal(index[..., 1], want[..., -1])
        for i in range(len(cells)):
            values = chunking.cut(np.asarray(swept[f"axis{i}"]), chunk)
            np.testing.assert_array_equal(values, want[..., i] + 1)
    assert (seen == 1).all()
    assert len(list(chunking)) == chunking.num_chunks


@settings(max_examples=50, deadline=None, derandomize=True)
@given(shapes, st.integers(2, 5), st.integers(1, 9), st.integers(1, 200))
def test_a_chunk_belongs_to_one_data_set_and_each_is_cut_as_if_alone(cells, datasets, replicates, chunk_size):
    alone = cut_into_chunks(cells, replicates, chunk_size)
    chunking = cut_into_chunks((datasets, *cells), replicates, chunk_size, num_categories=1)
    assert chunking.tile == (1, *alone.tile)
    assert chunking.block == alone.block
    assert chunking.num_chunks == datasets * alone.num_chunks
    want = [(i, *chunk.start) for i in range(datasets) for chunk in alone]
    assert [chunk.start for chunk in chunking] == want


@settings(max_examples=100, deadline=None, derandomize=True)
@given(shapes, st.integers(1, 9), st.integers(1, 200))
def test_chunks_that_share_their_cells_follow_one_another(cells, replicates, chunk_size):
    starts = [chunk.start for chunk in cut_into_chunks(cells, replicates, chunk_size)]
    changes = 1 + sum(a != b for a, b in itertools.pairwise(starts))
    assert changes == len(set(starts))


def test_a_dim_is_cut_into_equal_parts():
    # 1500 in parts of at most 1024 is twice 750, not 1024 and 476 with half of a chunk padded.
    assert cut_into_chunks((1500,), 1, 1024).tile == (750,)
    assert cut_into_chunks((256, 256), 16, 2**14).tile == (4, 256)


def test_memory_does_not_grow_with_replicates():
    few, many = cut_into_chunks((256, 256), 16, 2**14), cut_into_chunks((256, 256), 256, 2**14)
    assert few.chunk_size == many.chunk_size == 2**14


@settings(deadline=None, derandomize=True)
@given(shapes, st.integers(1, 9), st.integers(1, 60), st.data())
def test_results_of_chunks_are_counted_without_padding(cells, replicates, chunk_size, data):
    chunking = cut_into_chunks(cells, replicates, chunk_size)
    numbers = data.draw(st.sets(st.integers(0, chunking.num_chunks - 1)))
    assert chunking.num_neurons(numbers) == sum(chunking[number].num_neurons for number in numbers)
    assert chunking.num_neurons(range(chunking.num_chunks)) == np.prod(cells) * replicates
    assert [chunking[number] for number in range(chunking.num_chunks)] == list(chunking)
