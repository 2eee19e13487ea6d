"""The checksum of plain values."""

import hashlib
import json
from typing import Any


def checksum_of(values: Any) -> str:
    """SHA-256 of plain values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
