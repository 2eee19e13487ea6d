"""Histograms of many cells are worked on a part at a time, as that takes several times their memory."""

from collections.abc import Callable, Sequence

import numpy as np

CELLS_AT_A_TIME = 4096


def by_parts(function: Callable[..., Sequence[np.ndarray]], *counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """The function's results, each [cells, ...], of counts [cells, ...], as if of all cells at once."""
    starts = range(0, max(1, len(counts[0])), CELLS_AT_A_TIME)
    parts = [function(*(count[i : i + CELLS_AT_A_TIME] for count in counts)) for i in starts]
    return tuple(map(np.concatenate, zip(*parts, strict=True)))
