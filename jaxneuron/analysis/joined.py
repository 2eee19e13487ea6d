"""The arrays of several runs as one, read lazily: the cells of the first, then those of the others."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
import zarr
from xarray.backends import BackendArray
from xarray.core import indexing

from jaxneuron.population.design import POINT


class _Joined(BackendArray):
    """Arrays one after another, the dims of the first one's cells as one; some are read at a time."""

    def __init__(self, first: xr.Variable, num_dims: int, others: Sequence[zarr.Array]) -> None:
        self._parts = [(first, first.shape[:num_dims]), *((other, other.shape[:1]) for other in others)]
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


def _cells_of(part: xr.Variable | zarr.Array, cells: Sequence[int], start: int, stop: int) -> np.ndarray:
    """The values of some successive cells, in C order over their dims."""
    row = math.prod(cells[1:])
    above = start // row
    values = np.asarray(part[above : -(-stop // row)])
    return values.reshape(-1, *part.shape[len(cells) :])[start - above * row : stop - above * row]


def joined(
    first: xr.Dataset,
    dims: Sequence[str],
    others: Sequence[Mapping[str, zarr.Array]],
    coordinates: Mapping[str, xr.Variable],
) -> xr.Dataset:
    """The variables that a dataset and the arrays of others have: the cells of the first along `dims`, of the
    others along one dim, which is the dim `point` of all, with its coordinates."""
    variables = {}
    for name, values in first.data_vars.items():
        if all(name in other for other in others):
            arrays = [other[str(name)] for other in others]
            data = indexing.LazilyIndexedArray(_Joined(values.variable, len(dims), arrays))
            variables[name] = xr.Variable((POINT, *values.dims[len(dims) :]), data, values.attrs)
    kept = {name: values for name, values in first.coords.items() if name not in coordinates}
    return xr.Dataset(variables, coords={**kept, **coordinates}, attrs=first.attrs)
