"""Parts of cells merged to the whole, exactly and in any order."""

from collections.abc import Mapping

import numpy as np

from jaxneuron.population.cells import Merge
from jaxneuron.population.results import CELLS


def merged(parts: Mapping[str, np.ndarray], axis: int) -> dict[str, np.ndarray]:
    """What cells keep of all their neurons, from what they keep of parts of these along an axis."""
    best = np.expand_dims(parts["final_loss_min"].argmin(axis), axis)

    def whole(merge: Merge | None, values: np.ndarray) -> np.ndarray:
        if merge is not None:
            return merge(values, axis=axis)
        places = best.reshape(*best.shape, *(1 for _ in range(values.ndim - best.ndim)))
        return np.take_along_axis(values, places, axis).squeeze(axis)

    return {name: whole(CELLS[name].merge, values) for name, values in parts.items()}
