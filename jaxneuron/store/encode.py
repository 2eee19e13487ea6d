"""What the files of a run hold: each a chunk of an array, encoded as Zarr encodes it.

Zarr itself takes several times as long for files as small as these: it schedules each on an event loop.
"""

from typing import Any

import numpy as np
import zarr
from numcodecs import VLenUTF8, Zstd
from numcodecs.checksum32 import CRC32C

_TEXT = VLenUTF8()
_COMPRESSORS = Zstd(level=0), CRC32C(location="end")


def encoded(array: zarr.Array, values: np.ndarray) -> bytes:
    """The file of a chunk of an array of numbers; where the values are fewer, the fill value stands."""
    chunk = np.ascontiguousarray(values, array.dtype)
    if chunk.shape != array.chunks:
        chunk = np.full(array.chunks, array.fill_value, array.dtype)
        chunk[tuple(map(slice, values.shape))] = values
    return _compressed(chunk.astype(array.dtype.newbyteorder("<"), copy=False))


def encoded_text(text: str) -> bytes:
    """The file of a chunk that is one text."""
    return _compressed(_TEXT.encode(np.array([text], object)))


def decoded_text(content: bytes) -> str:
    """The text in such a file; on other bytes codecs fail in many ways."""
    decoded: Any = content
    for codec in reversed(_COMPRESSORS):
        decoded = codec.decode(decoded)
    return _TEXT.decode(decoded)[0]


def _compressed(content: Any) -> bytes:
    for codec in _COMPRESSORS:
        content = codec.encode(content)
    return bytes(content)
