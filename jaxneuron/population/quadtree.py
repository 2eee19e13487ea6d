"""Refining a grid of one or two axes where its cells differ: which squares are split, and what each cell that
is trained stands for.

A trained cell is a vertex. Between 2^d neighbouring vertices lies a square, along one axis a segment. To
split it is to add the vertices of the next level that it lacks: its centre, and the middles of its edges.
Grids nest: that of level ℓ has the vertices of level ℓ − 1 and those halfway between them. A set of vertices
is a tree by itself, as a square is split where its centre is a vertex; so nothing here depends on the order
in which squares were split.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

Places = Int[np.ndarray, "places axes"]


def shape_at(num: Sequence[int], level: int) -> tuple[int, ...]:
    """The values along each axis of the grid of a level."""
    return tuple((n - 1) * 2**level + 1 for n in num)


@dataclasses.dataclass(frozen=True, eq=False)
class Quadtree:
    """The tree of some vertices, all those of level 0 among them.

    Args:
        num: the values along each axis of the grid of level 0.
        depth: the level of the finest squares.
        places: of the vertices [vertices, axes], as indices into the grid of the level `depth`.
    """

    num: tuple[int, ...]
    depth: int
    places: Places

    @cached_property
    def leaves(self) -> list[Places]:
        """Of each level the squares that are not split, by the places of their first corners."""
        found, squares = [], _all_places([n - 1 for n in self.num]) << self.depth
        for level in range(self.depth):
            half = self._side(level) // 2
            is_split = self.find(squares + half) >= 0
            found.append(squares[~is_split])
            squares = (squares[is_split][:, None] + half * self._offsets(2)).reshape(-1, len(self.num))
        return [*found, squares]

    def find(self, places: Int[np.ndarray, "*places axes"]) -> Int[np.ndarray, " *places"]:
        """The number of the vertex at each place, −1 where there is none."""
        keys, order = self._sorted
        wanted = self._key(places)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, order[at], -1)

    def mixed(self, labels: Float[np.ndarray, "vertices parts"], by: Sequence[float]) -> list[Places]:
        """Of each level but the last the squares, not split, whose labels do not agree: of the vertices at
        their corners, and on their edges where a neighbour is split, some differ by more than `by`."""
        found = []
        for level, squares in enumerate(self.leaves[:-1]):
            low, high = self._range(squares, self._side(level), labels)
            with np.errstate(invalid="ignore"):  # of infinities, which agree with themselves
                agree = (low == high) | (high - low <= by)
            found.append(squares[~agree.all(-1)])
        return found

    def added(self, squares: Sequence[Places]) -> Places:
        """The vertices that are added where squares of each level are split."""
        parts = [
            (some[:, None] + self._side(level) // 2 * self._offsets(3)).reshape(-1, len(self.num))
            for level, some in enumerate(squares)
        ]
        keys = np.unique(self._key(np.concatenate(parts)))
        places = np.array(np.unravel_index(keys, shape_at(self.num, self.depth))).T
        return places[self.find(places) < 0]

    @cached_property
    def weights(self) -> Float[np.ndarray, " vertices"]:
        """The share of the area that belongs to each vertex: of each square its corners have equal parts."""
        found = np.zeros(len(self.places))
        for level, squares in enumerate(self.leaves):
            corners = self.find(squares[:, None] + self._side(level) * self._offsets(2))
            number = math.prod(n - 1 for n in shape_at(self.num, level)) * corners.shape[1]
            found += np.bincount(corners.ravel(), minlength=len(found)) / number
        return found

    def painted(self, level: int) -> Int[np.ndarray, "*shape"]:
        """The number of the vertex that stands for each cell of the grid of a level: its own, or the nearest
        corner of the square that it lies in."""
        places = np.moveaxis(np.indices(shape_at(self.num, level)), 0, -1)
        own = self.find(places << (self.depth - level))
        side = np.ones([n - 1 for n in shape_at(self.num, level)], np.int64)
        for coarser, squares in enumerate(self.leaves[:level]):
            is_whole = np.zeros([n - 1 for n in shape_at(self.num, coarser)], bool)
            is_whole[tuple((squares >> (self.depth - coarser)).T)] = True
            for axis in range(is_whole.ndim):
                is_whole = is_whole.repeat(2 ** (level - coarser), axis)
            side[is_whole] = 2 ** (level - coarser)
        # What lies on an edge belongs to the square behind it, but for the last edge.
        side = np.pad(side, [(0, 1)] * side.ndim, mode="edge")[..., None]
        nearest = places // side * side + side * (places % side > side // 2)
        return np.where(own >= 0, own, self.find(nearest << (self.depth - level)))

    def cells(self, places: Places) -> tuple[Int[np.ndarray, " places"], Int[np.ndarray, " places"]]:
        """(the level of each place, which is the first whose grid has it; its number in that grid)."""
        bits = np.bitwise_or.reduce(places, axis=-1)
        trailing = np.where(bits == 0, self.depth, np.log2(np.maximum(bits & -bits, 1))).astype(np.int64)
        levels = np.maximum(self.depth - trailing, 0)
        numbers = np.empty_like(levels)
        for level in range(self.depth + 1):
            some = levels == level
            along = places[some] >> (self.depth - level)
            numbers[some] = np.ravel_multi_index(tuple(along.T), shape_at(self.num, level))
        return levels, numbers

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """The vertices' keys in increasing order, and the number of each."""
        keys = self._key(self.places)
        order = np.argsort(keys)
        return keys[order], order

    def _key(self, places: np.ndarray) -> np.ndarray:
        along = tuple(np.moveaxis(places, -1, 0))
        return np.asarray(np.ravel_multi_index(along, shape_at(self.num, self.depth)))

    def _side(self, level: int) -> int:
        """The side of a square of a level, in steps of the finest grid."""
        return 2 ** (self.depth - level)

    def _offsets(self, number: int) -> np.ndarray:
        """0, 1, … along each axis, in all combinations."""
        return _all_places([number] * len(self.num))

    def _range(self, squares: Places, side: int, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(smallest, largest) label of the vertices on the closed boundary of each square."""
        corners = labels[self.find(squares[:, None] + side * self._offsets(2))]
        low, high = corners.min(1), corners.max(1)
        for owner, found in self._on_edges(squares, side):
            np.minimum.at(low, owner, labels[found])
            np.maximum.at(high, owner, labels[found])
        return low, high

    def _on_edges(self, squares: Places, side: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(number of a square, number of a vertex inside one of its edges), some at a time.

        An edge whose middle is no vertex has none inside, so few have to be halved on.
        """
        axes = len(self.num)
        edges = ((axis, corner) for axis in range(axes) for corner in self._offsets(2) if not corner[axis])
        for axis, corner in edges:
            first, owner, half = squares + side * corner, np.arange(len(squares)), side // 2
            along = np.eye(axes, dtype=np.int64)[axis]
            while half and len(owner):
                found = self.find(first + half * along)
                some = found >= 0
                yield owner[some], found[some]
                owner = np.concatenate([owner[some]] * 2)
                first = np.concatenate([first[some], first[some] + half * along])
                half //= 2


def places_of(
    num: Sequence[int], depth: int, levels: Int[np.ndarray, " cells"], numbers: Int[np.ndarray, " cells"]
) -> Places:
    """The places in the grid of the level `depth` of cells by their numbers in the grids of their levels."""
    places = np.empty((len(levels), len(num)), np.int64)
    for level in range(depth + 1):
        some = levels == level
        along = np.array(np.unravel_index(numbers[some], shape_at(num, level))).T
        places[some] = along << (depth - level)
    return places


def _all_places(sizes: Sequence[int]) -> Places:
    return np.indices(tuple(sizes)).reshape(len(sizes), -1).T
