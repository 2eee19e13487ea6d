"""NPZ files: only the named arrays are read, one for each column."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.tables.columns import check_names, column_of_array, of_type
from jaxneuron.study.tables.dialect import Dialect
from jaxneuron.study.tables.numbers import Column


def read_npz(path: Path, names: Sequence[str], dialect: Dialect) -> list[Column]:
    """The named arrays; BadInput where they are not of one dimension, equally long, and numbers or text."""
    if not zipfile.is_zipfile(path):
        raise BadInput(f"{path}: is not an NPZ file; numpy.savez writes one")
    with np.load(path, allow_pickle=False) as arrays:
        check_names(path, names, arrays.files)
        columns = {name: _array(path, name, arrays) for name in names}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise BadInput(f"{path}: its arrays have the lengths {lengths}; they must be equal")
    nothing = np.zeros(next(iter(lengths.values())), bool)
    return [column_of_array(path, name, column, nothing, dialect) for name, column in columns.items()]


def _array(path: Path, name: str, arrays: np.lib.npyio.NpzFile) -> np.ndarray:
    try:
        array = arrays[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise of_type(path, name, "Python objects") from None
        raise
    if not isinstance(array, np.ndarray):  # a file of another kind in the archive
        raise of_type(path, name, "no array")
    if array.ndim != 1:
        raise BadInput(f"{path}: array {name!r} has the shape {array.shape}; a column has one dimension")
    if array.dtype.kind not in "biufU":
        raise of_type(path, name, "structures" if array.dtype.kind == "V" else str(array.dtype))
    return array
