"""Which squares of a grid are split, and what stands for what: laws that hold whatever the cells are like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.population.axes import Linear, Log
from jaxneuron.population.design import finer_axis
from jaxneuron.population.quadtree import Quadtree, places_of, shape_at

DEPTH = 4
SEEDS = st.integers(0, 2**32)


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


def discs_of(seed, num):
    """Labels that differ in and around some discs, some of which are unknown."""
    random = np.random.default_rng(seed)
    size = np.array(num) * 2**DEPTH
    middles, radii = random.random((4, len(num))) * size, random.random(4) * 20

    def label(places):
        *discs, unknown = (((places - m) ** 2).sum(-1) < r**2 for m, r in zip(middles, radii, strict=True))
        return np.stack([sum(discs, 0.0 * unknown), unknown], -1)

    return label


def half_plane_of(seed, num):
    """Labels on either side of a line through the grid."""
    random = np.random.default_rng(seed)
    normal, through = random.normal(size=len(num)), random.random(len(num)) * (np.array(num) - 1) * 2**DEPTH
    return lambda places: np.stack([(places - through) @ normal > 0, np.zeros(places.shape[:-1])], -1) * 1.0


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.sampled_from([(5,), (2,), (4, 3), (2, 6)]))
def test_the_vertices_do_not_depend_on_the_order_and_no_difference_that_is_seen_is_left(seed, num):
    label = discs_of(seed, num)
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
    # A vertex is painted where it is.
    assert (tree.painted(DEPTH)[tuple(tree.places.T)] == np.arange(len(levels))).all()


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.sampled_from([(5,), (4, 3)]), st.integers(0, DEPTH))
def test_a_painted_grid_is_the_full_one_where_a_line_is_the_border(seed, num, level):
    label = half_plane_of(seed, num)
    tree = refined(num, label, DEPTH)
    full = all_places(shape_at(num, level)) << (DEPTH - level)
    assert (label(tree.places)[tree.painted(level).ravel()] == label(full)).all()


def test_a_square_is_painted_as_its_nearest_corners():
    tree = Quadtree((2,), 2, np.array([[0], [4]]))
    assert tree.painted(2).tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("axis", [Linear(-4.0, 4.0, 7), Log(1e-3, 10.0, 256), Log(0.05, 30.0, 9)])
def test_a_finer_axis_has_the_values_of_a_coarser_one(axis):
    np.testing.assert_array_equal(finer_axis(axis, 3).values()[::8], axis.values())
