"""Which cells of a run a map pools: over its axes none, all others are pooled or held at a value.

Points that are not a grid are shown where they lie; many points, and long axes, are pooled into squares.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import MapAxis, label_of, map_axis
from jaxneuron.analysis.pooling import all_together, each_alone, only
from jaxneuron.analysis.refinement import WEIGHTED, Refinement
from jaxneuron.analysis.run import Run
from jaxneuron.population.design import DATASET, POINT
from jaxneuron.study.bad_input import BadInput, nearest

# Of longer axes neighbours are pooled into squares, and so are more points.
MOST_VALUES = 1024
MOST_POINTS, POINT_SQUARES = 4096, 64
# Along one axis more than a few points are pooled into bins.
FEWEST_BINS, FEWEST_IN_BIN = 8, 8


class Frame(NamedTuple):
    """The axes of a map, and a group for each index along each dim of the cells.

    `remark` says how all that is swept and not shown is treated: 'pooled over momentum', or ''.
    """

    axes: tuple[MapAxis, ...]
    is_grid: bool
    groups: tuple[np.ndarray, ...]
    sizes: tuple[int, ...]  # of the groups
    shape: tuple[int, ...]  # of the map
    remark: str
    painted: np.ndarray | None = None  # of points that are drawn as a grid: the one at each place, [*shape]

    @property
    def is_every_cell(self) -> bool:
        """Whether nothing is pooled."""
        return all(np.array_equal(group, each_alone(len(group))) for group in self.groups)


def shown_by_default(run: Run, besides: Collection[str] = ()) -> tuple[str, ...]:
    """The first two swept names besides some."""
    return tuple(name for name in swept_names(run) if name not in besides)[:2]


def swept_names(run: Run) -> tuple[str, ...]:
    """The names that are axes by default, numbers first: all that is swept but data sets, which are draws and
    are pooled, as categories are where cells are points."""
    categories = [] if POINT in run.dims else [name for name in run.design.categories if name != DATASET]
    return (*run.design.coordinates, *categories)


def frame_of(run: Run, over: Sequence[str], at: Mapping[str, float | str], most: int | None = None) -> Frame:
    """The frame of a map over axes, at values of others; BadInput for names that are not swept.

    Of an axis with more than `most` values, by default MOST_VALUES, neighbours are pooled into half as many
    squares; so are more than `most` points, by default MOST_POINTS.
    """
    for name in (*over, *at):
        if name not in run.swept:
            raise BadInput(f"{run.path}: {name!r} is not swept{nearest(name, run.swept)}")
    if len({*over, *at}) < len(over) + len(at):
        raise BadInput(f"{run.path}: {', '.join((*over, *at))} must all differ")
    if POINT in run.dims and run.design.coordinates:
        if held := [name for name in at if name in run.design.coordinates]:
            raise BadInput(f"{run.path}: its cells are points, which cannot be held at {', '.join(held)}")
        categories = [name for name in over if name in run.design.categories]
        if categories and len(categories) < len(over):
            raise BadInput(f"{run.path}: its cells are points, which have no axis of {categories[0]} besides")
        if not categories:
            return _frame_of_points(run, over, at, most or MOST_POINTS)
    return _frame_of_grid(run, over, at, most or MOST_VALUES)


def _frame_of_grid(run: Run, over: Sequence[str], at: Mapping[str, float | str], most: int) -> Frame:
    axes, groups, sizes, remarks, pooled = {}, [], [], [], []
    for dim in run.dims:
        size = run.cells.sizes[dim]
        if dim in over:
            axes[dim], group = _squared(map_axis(run, dim), most)
            if len(axes[dim].values) < size:
                remarks.append(f"{size:,} values of {axes[dim].label} in {len(axes[dim].values)} squares")
        elif dim in at:
            group, remark = _held(run, dim, at[dim])
            remarks.append(remark)
        else:
            group = all_together(size)
            if size > 1:
                pooled.append("points" if dim == POINT else label_of(run, dim))
        groups.append(group)
        sizes.append(int(group.max()) + 1)
    remarks += [f"pooled over {', '.join(pooled)}"] if pooled else []
    shown = tuple(axes[name] for name in over)
    shape = tuple(len(axis.values) for axis in shown)
    return Frame(shown, True, tuple(groups), tuple(sizes), shape, ", ".join(remarks))


def frame_of_cells(run: Run) -> Frame:
    """The frame in which every cell is by itself, without axes, in C order."""
    sizes = tuple(run.cells.sizes[dim] for dim in run.dims)
    return Frame((), False, tuple(map(each_alone, sizes)), sizes, sizes, "")


def _frame_of_refined(run: Run, refinement: Refinement, over: Sequence[str]) -> Frame:
    """The frame of a map over all axes of a grid that was refined: each place shows the nearest cell."""
    axes = tuple(map_axis(run, name)._replace(values=refinement.painted_values(name)) for name in over)
    painted = refinement.painted.transpose([list(refinement.axes).index(name) for name in over])
    number = len(refinement.weights)
    squares = " × ".join(map(str, painted.shape))
    remark = f"{number:,} cells of a grid refined {refinement.level} times, drawn and added up as {squares}"
    return Frame(axes, True, (each_alone(number),), (number,), painted.shape, remark, painted)


def _frame_of_points(run: Run, over: Sequence[str], at: Mapping[str, float | str], most: int) -> Frame:
    """The frame of points; categories, whose dims come before theirs, are pooled unless they are held."""
    refinement = run.refinement
    if refinement is not None and set(over) == set(refinement.axes):
        return _frame_of_refined(run, refinement, over)
    axes = tuple(map_axis(run, name) for name in over)
    held = {dim: _held(run, dim, value) for dim, value in at.items()}
    categories = [dim for dim in run.dims if dim != POINT]
    before = [held[dim][0] if dim in held else all_together(run.cells.sizes[dim]) for dim in categories]
    num_points = run.cells.sizes[POINT]
    others = [label_of(run, name) for name in swept_names(run) if name not in over]
    remarks = [f"points differ too in {', '.join(others)}"] if others else []
    pooled = [f"{label_of(run, dim)}s" for dim in categories if dim not in held]
    remarks += [remark for _, remark in held.values()]
    remarks += [f"pooled over {', '.join(pooled)}"] if pooled else []
    if not over:
        groups, shape, is_grid = all_together(num_points), (), True
        remarks = ["pooled over all points", *remarks[bool(others) :]]
    elif num_points <= most and (len(over) > 1 or num_points < FEWEST_BINS * FEWEST_IN_BIN):
        groups, shape, is_grid = each_alone(num_points), (num_points,), False
    else:
        # Of a curve each bin should hold some points.
        number = POINT_SQUARES
        if len(over) == 1:
            number = int(np.clip(num_points // FEWEST_IN_BIN, FEWEST_BINS, POINT_SQUARES))
        squared = [binned(axis, number) for axis in axes]
        axes, shape, is_grid = tuple(axis for axis, _ in squared), (number,) * len(over), True
        groups = np.ravel_multi_index(tuple(place for _, place in squared), shape)
        remarks.insert(0, f"{num_points:,} points in {'squares' if len(over) > 1 else f'{number} bins'}")
    sizes = (*(int(group.max()) + 1 for group in before), int(np.prod(shape)))
    if refinement is not None:
        remarks = [WEIGHTED, *remarks]
    return Frame(axes, is_grid, (*before, groups), sizes, shape, ", ".join(remarks))


def _held(run: Run, dim: str, value: float | str) -> tuple[np.ndarray, str]:
    """(the groups of a dim that is held at the value nearest to one, what is said of it)."""
    axis, index = map_axis(run, dim), _nearest_index(run, dim, value)
    return only(index, len(axis.values)), f"at {axis.label} = {axis.in_words([index], 4)[0]}"


def _squared(axis: MapAxis, most: int) -> tuple[MapAxis, np.ndarray]:
    """(the axis with neighbours pooled where it is long, the group of each value)."""
    size = len(axis.values)
    if size <= most:
        return axis, each_alone(size)
    number = most // 2
    groups = np.arange(size) * number // size
    return axis._replace(values=axis.place(_means(axis.scaled, groups, number)), names=()), groups


def binned(axis: MapAxis, number: int) -> tuple[MapAxis, np.ndarray]:
    """(an axis of so many evenly spaced bins over the range of its values, the bin of each)."""
    low, high = axis.scaled.min(), axis.scaled.max()
    width = (high - low) / number or 1.0
    places = np.minimum((axis.scaled - low) // width, number - 1).astype(np.int64)
    middles = low + width * (np.arange(number) + 0.5)
    return axis._replace(values=axis.place(middles)), places


def _means(values: np.ndarray, groups: np.ndarray, number: int) -> np.ndarray:
    return np.bincount(groups, values, number) / np.bincount(groups, minlength=number)


def _nearest_index(run: Run, dim: str, value: float | str) -> int:
    axis = map_axis(run, dim)
    if axis.names:
        name = value if isinstance(value, str) else f"{value:g}"
        if name in axis.names:
            return axis.names.index(name)
        if dim == DATASET and name.isdigit() and int(name) < len(axis.names):
            return int(name)
        raise BadInput(f"{run.path}: has no {axis.label} {name!r}{nearest(name, axis.names)}")
    if isinstance(value, str):
        raise BadInput(f"{run.path}: {dim} is held at {value!r}; it must be a number")
    by_decades = axis.is_log and value > 0
    places, place = (axis.scaled, np.log10(value)) if by_decades else (axis.values, value)
    return int(np.argmin(abs(places - place)))
