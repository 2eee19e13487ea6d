"""The arrays of several runs as one, read lazily: the cells of the first, then those of the others."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from jaxneuron.population.design import POINT


class _Joined(BackendArray):
    """Variables one after another, the dims of each one's cells as one; a part of them is read at a time."""

    def __init__(self, parts: Sequence[tuple[xr.Variable, int]]) -> None:
        self._parts = [(part, part.shape[:num_dims]) for part, num_dims in parts]
        first, num_dims = parts[0]
        self.dtype = first.dtype
        self.shape = (sum(math.prod(cells) for _, cells in self._parts), *first.shape[num_dims:])

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._some)

    def _some(self, key: tuple[Any, ...]) -> np.ndarray:
        """The values at an index of an integer or a slice for each dim."""
        first, *rest = key
        wanted = np.arange(self.shape[0])[first]
        low, high = int(np.min(wanted, initial=self.shape[0])), int(np.max(wanted, initial=-1)) + 1
        found, begin = [np.empty((0, *self.shape[1:]), self.dtype)], 0
        for part, cells in self._parts:
            end = begin + math.prod(cells)
            if max(low, begin) < min(high, end):
                found.append(_cells_of(part, cells, max(low, begin) - begin, min(high, end) - begin))
            begin = end
        return np.concatenate(found)[(wanted - low, *rest)]


def _cells_of(part: xr.Variable, cells: Sequence[int], start: int, stop: int) -> np.ndarray:
    """The values of some successive cells, in C order over their dims."""
    row = math.prod(cells[1:])
    above = start // row
    values = part[above : -(-stop // row)].values
    return values.reshape(-1, *part.shape[len(cells) :])[start - above * row : stop - above * row]


def joined(
    parts: Sequence[xr.Dataset], dims: Sequence[str], coordinates: Mapping[str, xr.Variable]
) -> xr.Dataset:
    """The variables that all of some datasets have: the cells of the first along `dims`, of the others along
    the dim `point`, as that of all is, with its coordinates."""
    first, *others = parts
    variables = {}
    for name in first.data_vars:
        if all(name in other for other in others):
            of_parts = [(first[name].variable, len(dims)), *((other[name].variable, 1) for other in others)]
            data = indexing.LazilyIndexedArray(_Joined(of_parts))
            rest = first[name].dims[len(dims) :]
            variables[name] = xr.Variable((POINT, *rest), data, first[name].attrs)
    kept = {name: values for name, values in first.coords.items() if name not in coordinates}
    return xr.Dataset(variables, coords={**kept, **coordinates}, attrs=first.attrs)
