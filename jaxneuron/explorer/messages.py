"""Messages of a stream: a header of JSON, and arrays as their bytes."""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

ALIGNED = 8  # bytes: where arrays begin, so that a browser can read them where they lie


def message(kind: str, arrays: Mapping[str, np.ndarray] | None = None, **words: Any) -> bytes:
    """A message: the lengths of its header and of its payload (32 bits each, the lowest byte first), the
    header with what each array is, padded with spaces to whole ALIGNED bytes, and the arrays, padded with
    zeros."""
    facts, payload = [], []
    for name, values in (arrays or {}).items():
        values = np.ascontiguousarray(values)
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        facts.append({"name": name, "dtype": values.dtype.name, "shape": list(values.shape)})
        payload += [values.tobytes(), bytes(-values.nbytes % ALIGNED)]
    header = json.dumps({"kind": kind, **words, "arrays": facts}, allow_nan=False).encode()
    header += b" " * (-len(header) % ALIGNED)
    content = b"".join(payload)
    return struct.pack("<II", len(header), len(content)) + header + content
