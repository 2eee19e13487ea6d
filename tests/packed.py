"""Arrays as the page packs them, unpacked by other means than the page's."""

import base64
import zlib

import numpy as np


def unpacked(packed):
    """The array that `encode` packed."""
    raw = zlib.decompress(base64.b64decode(packed["data"]))
    return np.frombuffer(raw, packed["type"]).reshape(packed["shape"])
