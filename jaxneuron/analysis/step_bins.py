"""Steps from counts by bins: the step of a quantile."""

import numpy as np


def step_of_rank(counts: np.ndarray, edges: np.ndarray, probability: np.ndarray | float) -> np.ndarray:
    """The first step of the bin that holds the quantile; NaN where nothing is counted."""
    total = counts.sum(-1)
    rank = np.floor(probability * np.maximum(total - 1, 0)).astype(np.int64)
    place = np.argmax(counts.cumsum(-1) > rank[..., None], axis=-1)
    return np.where(total > 0, edges[place].astype(float), np.nan)
