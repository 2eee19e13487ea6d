"""The numbers behind the report's maps: each pair of axes pooled over the rest, and all cells if they fit."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxneuron.analysis.axes import MapAxis, map_axis
from jaxneuron.analysis.deaths import DEAD
from jaxneuron.analysis.frames import MOST_POINTS, MOST_VALUES, Frame, frame_of, swept_names
from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.maps import estimates_over, fates_over
from jaxneuron.analysis.quantities import Quantity, quantities_of
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import POINT
from jaxneuron.view.web.encode import encode, encode_counts, encode_decades

# The most cells in the page: of all pairs of axes, and of a grid with three axes or more.
MOST_PAIRED, MOST_CELLS = 1_500_000, 1_000_000


def map_data(run: Run) -> dict[str, Any]:
    """Axes, quantities, and frames: each a set of axes with counts and losses of its cells.

    A grid has a frame for no axis, for each axis and for each pair, pooled over all else; with three axes or
    more another one of all cells, to hold axes at their values, unless there are too many. Points have one
    frame of all points; many points are pooled into squares, with a frame for each pair.
    """
    names = swept_names(run)
    quantities = quantities_of(run)
    frames, cells = _frames(run, names), _all_cells(run, names)
    everything = [*frames, *([] if cells is None else [cells])]
    fates = [np.rint(counts).astype(np.int64) for counts in fates_over(run, everything)]
    packed = _frames_data(run, everything, fates, quantities)
    return {
        "axes": [_axis_data(map_axis(run, name)) for name in names],
        "quantities": [
            {key: getattr(quantity, key) for key in ("name", "label", "unit", "definition", "scale")}
            for quantity in quantities.values()
        ],
        "frames": packed[: len(frames)],
        "cells": None if cells is None else packed[-1],
        "intervals": _intervals(fates),
        "remark": _remark(run, names, cells),
    }


def _frames(run: Run, names: Sequence[str]) -> list[Frame]:
    is_points = POINT in run.dims and run.refinement is None
    if is_points and names and run.cells.sizes[POINT] <= MOST_POINTS:
        return [frame_of(run, names, {})]
    most_values = _most_values(run, names)
    subsets = itertools.chain.from_iterable(itertools.combinations(names, size) for size in (0, 1, 2))
    return [frame_of(run, over, {}, most_values) for over in subsets]


def _most_values(run: Run, names: Sequence[str]) -> int:
    """The longest axis of which all values are shown, so that all pairs fit."""
    if POINT in run.dims:
        return MOST_VALUES
    sizes = np.array([run.cells.sizes[name] for name in names])
    most = MOST_VALUES
    while most > 2:
        shown = np.where(sizes > most, most // 2, sizes)
        if (shown.sum() ** 2 - (shown**2).sum()) / 2 <= MOST_PAIRED:
            break
        most //= 2
    return most


def _all_cells(run: Run, names: Sequence[str]) -> Frame | None:
    if POINT in run.dims or len(names) < 3:
        return None
    number = np.prod([run.cells.sizes[name] for name in names])
    return frame_of(run, names, {}, max(run.cells.sizes.values())) if number <= MOST_CELLS else None


def _axis_data(axis: MapAxis) -> dict[str, Any]:
    return {"name": axis.name, "label": axis.label, "isLog": axis.is_log, "names": axis.names}


def _frames_data(
    run: Run, frames: Sequence[Frame], fates: Sequence[np.ndarray], quantities: Mapping[str, Quantity]
) -> list[dict[str, Any]]:
    """Each frame's counts by fate, exactly, and its losses and steps, quantised."""
    found: list[dict[str, Any]] = [{} for _ in frames]
    for name, quantity in quantities.items():
        if quantity.scale in ("loss", "steps"):
            for of_frame, estimate in zip(found, estimates_over(run, quantity, frames), strict=True):
                of_frame[name] = {part: encode_decades(v) for part, v in estimate._asdict().items()}
    return [
        {
            "axes": [axis.name for axis in frame.axes],
            "isGrid": frame.is_grid,
            "shape": list(frame.shape),
            "values": [encode(axis.values) for axis in frame.axes],
            "edges": [encode(axis.edges) for axis in frame.axes] if frame.is_grid else [],
            "counts": encode_counts(np.moveaxis(by_fate, -1, 0).reshape(len(Fate), -1)),
            "found": of_frame,
            "remark": frame.remark,
        }
        for frame, of_frame, by_fate in zip(frames, found, fates, strict=True)
    ]


def _intervals(fates: Sequence[np.ndarray]) -> dict[str, Any]:
    """The 95 % interval of each share that a fate, or the dead, have of some cell's neurons, each once; of
    its cells the page has counts alone."""
    shares = sorted(set().union(*map(_distinct_shares, fates)))
    total, count = np.array(shares, np.int64).reshape(-1, 2).T
    low, high = (encode(end.astype(np.float32)) for end in wilson(count, total))
    return {"count": encode_counts(count), "total": encode_counts(total), "low": low, "high": high}


def _distinct_shares(by_fate: np.ndarray) -> set[tuple[int, int]]:
    """(total, count) of the fates, and of the dead, in counts[…axes, fate]."""
    dead = by_fate[..., list(DEAD)].sum(-1, keepdims=True)
    counts = np.concatenate([by_fate, dead], axis=-1).reshape(-1, len(Fate) + 1)
    totals = by_fate.sum(-1).ravel()
    return {
        (int(total), int(count))
        for total in np.unique(totals[totals > 0])
        for count in np.unique(counts[totals == total])
    }


def _remark(run: Run, names: Sequence[str], cells: Frame | None) -> str:
    """That the page does not hold all cells, where it does not."""
    if POINT in run.dims or len(names) < 3 or cells is not None:
        return ""
    number = int(np.prod([run.cells.sizes[name] for name in names]))
    return f"The other axes cannot be held at their values: {number:,} cells are too many for this file."
