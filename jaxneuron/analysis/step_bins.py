"""Steps from counts by bins: the steps of ranks."""

import numpy as np

from jaxneuron.population.histograms import bins_of_ranks


def steps_of_ranks(counts: np.ndarray, edges: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """The first step of the bin that holds each of these ranks [..., *cells], from 0 on; NaN where nothing is
    counted."""
    return np.where(counts.sum(-1) > 0, edges[bins_of_ranks(counts, ranks)].astype(float), np.nan)


def median_step(counts: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The first step of the bin that holds the median, of an even number the lower of the middle two."""
    return steps_of_ranks(counts, edges, (counts.sum(-1) - 1) // 2)
