"""Arrays and what is like them as float64, or refused where that would change what they mean."""

import warnings
from typing import Any

import numpy as np

from jaxneuron.study.bad_input import named_rows

LARGEST_EXACT = 2.0**53  # up to here float64 holds every whole number
NO_NUMBERS = "must be a list of numbers, or of rows of numbers that are equally long"
# Others may have units, or mean something else by their numbers.
PLAIN = (np.ndarray, np.memmap)


def as_float64(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers as float64, and which of them are whole numbers that it cannot hold."""
    with np.errstate(over="ignore"):  # of longer floats; what is not finite is found by who asks
        values = array.astype(np.float64)
    inexact = np.zeros(array.shape, bool)
    if array.dtype.kind in "iuO":
        for place in zip(*np.nonzero(np.abs(values) >= LARGEST_EXACT), strict=True):
            number = array[place]
            inexact[place] = isinstance(number, (int, np.integer)) and int(values[place]) != int(number)
    return values, inexact


def as_numbers(given: Any) -> np.ndarray:
    """The numbers of something like an array, in float64, not to be written to.

    ValueError, with what is wrong and what would be right, where there is something else in it: units, masked
    or missing values, times, or whole numbers that float64 cannot hold.
    """
    import pandas as pd

    if isinstance(given, pd.DataFrame):
        return _of_frame(given)
    array = _of_pandas(given) if isinstance(given, (pd.Series, pd.Index)) else _plain_array(given)
    if array.dtype.kind == "O":
        array = _of_objects(array)
    if array.dtype.kind in "mMcV":
        helps = "; give numbers, such as days since the first" if array.dtype.kind in "mM" else ""
        raise ValueError(f"holds {array.dtype}, not numbers{helps}")
    if array.dtype.kind not in "biuf" or array.ndim == 0:  # of a string, say, NumPy would make a number
        raise ValueError(NO_NUMBERS)
    if isinstance(given, (list, tuple)) and np.abs(array).max(initial=0) >= LARGEST_EXACT:
        array = np.array(given, object).reshape(array.shape)  # NumPy makes floats of whole numbers beside one
    values, inexact = as_float64(array)
    if rows := _rows(inexact):
        raise ValueError(f"has whole numbers that float64 would change, in {rows}; give smaller ones")
    if not np.isfinite(values).all():
        raise ValueError("has numbers that are not finite; fill or remove them")
    values.flags.writeable = False
    return values


def _of_frame(frame: Any) -> np.ndarray:
    columns = []
    for place, name in enumerate(frame.columns):
        try:
            columns.append(as_numbers(frame.iloc[:, place]))
        except ValueError as error:
            raise ValueError(f"column {name!r} {error}") from None
    values = np.column_stack(columns) if columns else np.empty((len(frame), 0))
    values.flags.writeable = False
    return values


def _of_pandas(given: Any) -> np.ndarray:
    """The values of a column of pandas', which has types of its own."""
    if isinstance(given.dtype, np.dtype):
        return given.to_numpy()
    if rows := _rows(np.asarray(given.isna())):
        raise ValueError(f"is missing {rows}; fill or remove them")
    if given.dtype.name == "category":
        return np.asarray(given)
    types = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float64}
    if given.dtype.kind not in types:
        raise ValueError(f"holds {given.dtype}, not numbers")
    return given.to_numpy(types[given.dtype.kind])


def _of_objects(array: np.ndarray) -> np.ndarray:
    """The numbers of an array of Python's objects, as pandas has them for rows of several types."""
    others = (value for value in array.flat if not isinstance(value, (int, float, np.number, np.bool_)))
    other = next(others, 0)
    if other is None:
        raise ValueError("has missing values; fill or remove them")
    if isinstance(other, (str, list, tuple, np.ndarray)) or array.ndim == 0:
        raise ValueError(NO_NUMBERS)
    if not isinstance(other, int):
        raise ValueError(f"holds {type(other).__name__}, not numbers")
    array = np.asarray(array.tolist())
    if array.dtype.kind == "O":
        raise ValueError("has whole numbers that float64 would change; give smaller ones")
    return array


def _plain_array(given: Any) -> np.ndarray:
    """What NumPy makes of it; ValueError where it would leave out units, or that values are masked."""
    _check_meaning(given)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            array = np.asarray(given)
        except Exception as error:  # rows of different lengths; a tensor on another device
            known = isinstance(given, (list, tuple, np.ndarray))
            raise ValueError(NO_NUMBERS if known else f"is no array ({error}); it {NO_NUMBERS}") from None
    if any("Stripped" in warning.category.__name__ for warning in warned):  # as pint calls it
        raise ValueError(_means_more(given))
    return array


def _check_meaning(given: Any, *, is_part: bool = False) -> None:
    """ValueError where it, or something in a list, has units or masked values."""
    if isinstance(given, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(given)
        if mask.any():
            where = "" if is_part else f" in {_rows(mask)}"
            raise ValueError(f"has masked values{where}; fill or remove them")
    elif isinstance(given, np.ndarray):
        if type(given) not in PLAIN:
            raise ValueError(_means_more(given))
    elif isinstance(given, (list, tuple)):
        for item in given:
            if not isinstance(item, (float, int)):
                _check_meaning(item, is_part=True)


def _means_more(given: Any) -> str:
    return f"is a {type(given).__name__}, which means more than its numbers; give them as a plain array"


def _rows(is_bad: np.ndarray) -> str:
    """The rows in which something is bad, in words."""
    return named_rows(is_bad.any(axis=tuple(range(1, is_bad.ndim))))
