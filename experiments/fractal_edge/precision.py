"""What rounding does to a picture of fates: the same cells in float32, in float64, by jumps, and in extended
precision."""

from functools import partial
from typing import Any

import numpy as np

from experiments.fractal_edge.box_counting import Ends
from experiments.fractal_edge.fates import End, Plane, ends_of
from experiments.fractal_edge.stepping import step_to_end
from experiments.fractal_edge.zooms import ZOOM, cells, zoom

MAX_STEPS = 10_000
SIDE = 32  # cells of a window
CHAINS = 3  # of windows within windows
PRECISIONS = (np.float32, np.float64)


def stepped(plane: Plane, dtype: type) -> Ends:
    """The ends by steps in a precision."""

    def ends(points: np.ndarray) -> np.ndarray:
        flat = points.reshape(-1, 2)
        return step_to_end(plane, flat, dtype, MAX_STEPS).end.reshape(points.shape[:-1])

    return ends


def artefacts(plane: Plane, depth: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """By the side of windows within windows, the share of cells that end otherwise in extended precision."""
    check_extended()
    exact = stepped(plane, np.longdouble)
    ways = {np.dtype(dtype).name: stepped(plane, dtype) for dtype in PRECISIONS}
    ways["jumps"] = partial(ends_of, plane)
    found = {name: np.zeros(depth) for name in ways}
    sides = np.longdouble(ZOOM) ** -np.arange(depth)
    for _ in range(CHAINS):
        for number, corner in enumerate(zoom(exact, depth, rng)):
            points = cells(corner, sides[number], SIDE)
            right = exact(points)
            for name, ends in ways.items():
                found[name][number] += np.mean(ends(points) != right) / CHAINS
    return {"side": sides.astype(float).tolist(), **{name: shares.tolist() for name, shares in found.items()}}


def check_clear(plane: Plane, number: int, side: float, rng: np.random.Generator) -> dict[str, Any]:
    """Points in boxes of a side that hold the boundary: how many are clear in float64, and how many of those
    end otherwise by jumps in float64 than by steps in extended precision."""
    check_extended()
    points = np.empty((0, 2))
    while len(points) < number:
        boxes = cells(rng.random((4096, 1, 2)), side, 4)
        ends = ends_of(plane, boxes)
        points = np.concatenate([points, boxes[ends.max(-1) != ends.min(-1)].reshape(-1, 2)])
    points = points[:number]
    right = step_to_end(plane, points, np.longdouble, MAX_STEPS, units=("float64",))
    is_decided = right.end != End.undecided
    is_clear, differs = right.is_clear["float64"] & is_decided, ends_of(plane, points) != right.end
    return {
        "points": number,
        "undecided": int(np.sum(~is_decided)),
        "clear": int(is_clear.sum()),
        "differ": int(np.sum(differs & is_decided)),
        "differ and clear": int(np.sum(differs & is_clear)),
    }


def check_extended() -> None:
    """Where NumPy's longdouble is no longer than float64 there is nothing to compare with."""
    if np.finfo(np.longdouble).eps > 1e-18:
        raise SystemExit("numpy.longdouble: has no more digits than float64 here; run it on an x86 machine")
