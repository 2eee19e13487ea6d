"""Checksums: of plain values, and of the numbers that a chunk of work wrote."""

import hashlib
import json
from typing import Any

import numpy as np
import xxhash

XXH3 = "xxh3:"


def checksum_of(values: Any) -> str:
    """SHA-256 of plain values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def checksum_of_array(values: np.ndarray) -> str:
    """The array's checksum by its bytes, with the name of its kind in front."""
    return XXH3 + xxhash.xxh3_128_hexdigest(np.ascontiguousarray(values).data)


def is_of(checksum: str, values: np.ndarray) -> bool:
    """Whether a checksum, taken by this version or an earlier one, is that of the array."""
    if checksum.startswith(XXH3):
        return checksum == checksum_of_array(values)
    # Earlier versions took another one, which is slower and has no name in front.
    return checksum == hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=16).hexdigest()
