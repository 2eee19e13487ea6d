"""What stands in a run for the pieces that are not done yet, where it is looked at before its end."""

from collections.abc import Callable, Iterable

import numpy as np
import zarr

from jaxneuron.population.results import CELLS
from jaxneuron.store.encode import encoded
from jaxneuron.store.keys import Region, key_of

# What merges with anything and leaves it as it is; of counts it is 0, and no neuron has no params.
NEUTRAL = {np.min: np.inf, np.max: -np.inf, None: np.nan}


class StandIns:
    """The contents of files that are not there: of cells in which no neuron is counted yet, and of cells
    whose parts are not added up yet. Neurons have none, and so the fill value of Zarr's."""

    def __init__(self, arrays: Iterable[zarr.Array]) -> None:
        self._empty = {
            array.path: encoded(array, np.full(array.chunks, _neutral(array), array.dtype))
            for array in arrays
        }
        self._sums: dict[str, bytes] = {}

    def add_sums(
        self, tiles: Iterable[Region], sums: Callable[[Region], Iterable[tuple[zarr.Array, np.ndarray]]]
    ) -> None:
        """Keep what the parts of cells add up to so far: `sums` gives (array, values) of a tile of them."""
        for tile in tiles:
            for array, values in sums(tile):
                self._sums[key_of(array, tile)] = encoded(array, values)

    def content(self, path: str, key: str) -> bytes | None:
        """The content that stands for a file of the array at a path."""
        return self._sums.get(key, self._empty.get(path))


def _neutral(array: zarr.Array) -> float:
    return NEUTRAL.get(CELLS[array.path.split("/")[-1]].merge, 0)
