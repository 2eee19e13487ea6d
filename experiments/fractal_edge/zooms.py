"""Windows within windows on the boundary, each a tenth of the one before."""

from typing import Any

import numpy as np

from experiments.fractal_edge.box_counting import Ends

BOXES, POINTS, ZOOM = 32, 8, 10


def zoom(ends_of: Ends, number: int, rng: np.random.Generator) -> np.ndarray:
    """The lower left corners [number, 2] of windows of sides 1, 1/10, …: of some random boxes in each the
    next is the one in which neighbours end differently most often."""
    corner, corners = np.zeros(2, np.longdouble), []
    for depth in range(number):
        corners.append(corner)
        side = np.longdouble(ZOOM) ** -depth
        boxes = corner + side * (1 - 1 / ZOOM) * rng.random((BOXES, 2))
        ends = ends_of(cells(boxes[:, None], side / ZOOM, POINTS))
        corner = boxes[np.argmax(np.count_nonzero(np.diff(ends), axis=-1))]
    return np.array(corners)


def cells(corner: np.ndarray, side: float | np.floating[Any], number: int) -> np.ndarray:
    """A point in each of number × number cells of windows [..., 1, 2], row by row: [..., number², 2]."""
    inside = (np.arange(number) + 2**-0.5) / number  # its middle may be on the boundary exactly
    return corner + side * np.stack(np.meshgrid(inside, inside), -1).reshape(-1, 2)
