"""Arrays as text within the page, and back: `decode.js` reads what is written here."""

import base64
import zlib
from typing import Any

import numpy as np

# The types that JavaScript has arrays of; what is wider is narrowed first.
TYPES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")


def encode(values: np.ndarray) -> dict[str, Any]:
    """An array, compressed without loss; ValueError for a type that JavaScript has no array of."""
    values = np.asarray(values)
    if values.dtype.name not in TYPES:
        raise ValueError(f"{values.dtype} has no array in JavaScript")
    raw = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    data = base64.b64encode(zlib.compress(raw, 9)).decode("ascii")
    return {"type": values.dtype.name, "shape": list(values.shape), "data": data}


def encode_counts(counts: np.ndarray) -> dict[str, Any]:
    """Counts, exactly, in the narrowest type that holds them: beyond 32 bits as float64, exact to 2⁵³."""
    largest = int(counts.max(initial=0))
    name = next((n for n in ("uint8", "uint16", "uint32") if largest <= np.iinfo(n).max), "float64")
    return encode(counts.astype(name))


class Codes:
    """The codes of `encode_decades`; those from FIRST to LAST are evenly spaced logarithms."""

    UNKNOWN = 0
    ZERO = 1
    INFINITE = 65535
    FIRST = 2
    LAST = 65534


def encode_decades(values: np.ndarray) -> dict[str, Any]:
    """Values of at least 0 over many decades, quantised to 65 533 logarithms; with the largest relative
    error that this makes. NaN, 0 and infinity have codes of their own."""
    values = np.asarray(values, np.float64)
    is_positive = np.isfinite(values) & (values > 0)
    low, high = (f(np.log(values[is_positive])) if is_positive.any() else 0.0 for f in (np.min, np.max))
    step = (high - low) / (Codes.LAST - Codes.FIRST)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = (np.log(values) - low) / step if step > 0 else np.zeros(values.shape)
    codes = np.full(values.shape, Codes.UNKNOWN, np.uint16)
    codes[is_positive] = Codes.FIRST + np.round(places[is_positive]).astype(np.uint16)
    codes[values == 0] = Codes.ZERO
    codes[values == np.inf] = Codes.INFINITE
    return encode(codes) | {"low": low, "step": step, "error": float(np.expm1(step / 2))}
