"""Which squares of a grid are split, and what stands for what: laws that hold whatever the cells are like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.population.axes import Linear, Log
from jaxneuron.population.design import finer_axis
from jaxneuron.population.quadtree import Quadtree, places_of, shape_at

DEPTH = 4


def all_places(shape):
    return np.stack(np.indices(shape), -1).reshape(-1, len(shape))


def refined(num, label, depth, places=None):
    """The tree whose squares agree down to a depth, with vertices in the grid of the level DEPTH."""
    places = all_places(num) << DEPTH if places is None else places
    while True:
        tree = Quadtree(num, DEPTH, places)
        squares = tree.mixed(label(places), [0.0, 0.0])[:depth]
        if not sum(map(len, squares)):
            return tree
        places = np.concatenate([places, tree.added(squares)])


@st.composite
def labels(draw, axes):
    """Cells on either side of a line, inside and outside of a disc, and unknown in another one."""
    numbers = st.floats(-100, 100)
    normal = np.array([draw(numbers) for _ in range(axes)])
    middles = [np.array([draw(st.floats(0, 80)) for _ in range(axes)]) for _ in range(2)]
    offset, radius = draw(numbers), draw(st.floats(0, 40))

    def label(places):
        disc, unknown = (((places - middle) ** 2).sum(-1) < radius**2 for middle in middles)
        return np.stack([(places @ normal > offset) + 2.0 * disc, unknown], -1)

    def half_plane(places):
        return np.stack([places @ normal > offset, np.zeros(len(places))], -1).astype(float)

    return label, half_plane


@settings(deadline=None, max_examples=25)
@given(st.data(), st.sampled_from([(5,), (2,), (4, 3), (2, 6)]))
def test_the_vertices_do_not_depend_on_the_order_and_no_difference_that_is_seen_is_left(data, num):
    label, _ = data.draw(labels(len(num)))
    tree = refined(num, label, DEPTH)
    in_steps = refined(num, label, DEPTH, refined(num, label, 2).places)
    assert {*map(tuple, tree.places.tolist())} == {*map(tuple, in_steps.places.tolist())}
    # A slow look at every vertex of every square, its boundary included.
    values = label(tree.places)
    for level, squares in enumerate(tree.leaves[:-1]):
        for first in squares:
            inside = ((tree.places >= first) & (tree.places <= first + 2 ** (DEPTH - level))).all(-1)
            assert (values[inside] == values[inside][0]).all()
    assert tree.weights.sum() == pytest.approx(1)
    assert (tree.weights > 0).all()
    levels, numbers = tree.cells(tree.places)
    assert (places_of(num, DEPTH, levels, numbers) == tree.places).all()
    assert (levels == 0).sum() == np.prod(num)


@settings(deadline=None, max_examples=25)
@given(st.data(), st.sampled_from([(5,), (4, 3)]), st.integers(0, DEPTH))
def test_a_painted_grid_is_the_full_one_where_a_line_is_the_border(data, num, level):
    _, label = data.draw(labels(len(num)))
    tree = refined(num, label, DEPTH)
    full = all_places(shape_at(num, level)) << (DEPTH - level)
    assert (label(tree.places)[tree.painted(level).ravel()] == label(full)).all()


@pytest.mark.parametrize("axis", [Linear(-4.0, 4.0, 7), Log(1e-3, 10.0, 256), Log(0.05, 30.0, 9)])
def test_a_finer_axis_has_the_values_of_a_coarser_one(axis):
    np.testing.assert_array_equal(finer_axis(axis, 3).values()[::8], axis.values())
