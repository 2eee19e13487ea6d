"""Runs of format 3, which have checksums of values instead of files: verified as a whole, and only read."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xxhash
import zarr

from jaxneuron.population.results import CELLS, RESULTS
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.location import Location
from jaxneuron.study.bad_input import BadInput

XXH3 = "xxh3:"
UNKNOWN = ""  # the checksum of a file that the run has, where none of its bytes is known


def files_of(location: Location, attrs: Mapping[str, Any]) -> dict[str, str]:
    """The files that such a run was made with."""
    descriptions = [f"{path}/zarr.json" for path in attrs["contents"]]
    coordinates = [path for path in attrs["contents"] if _is_coordinate(path, attrs["coordinates"])]
    values = [f"{path}/c/{name}" for path in coordinates for name in location.names_in(f"{path}/c")]
    return dict.fromkeys(descriptions + values, UNKNOWN)


def wrong_content(root: zarr.Group, attrs: Mapping[str, Any]) -> str | None:
    """The path of a group or array that is not as it was made."""
    contents, swept = attrs["contents"].items(), attrs["coordinates"]
    return next((path for path, checksum in contents if checksum != _checksum_at(root, path, swept)), None)


def holds(array: zarr.Array, region: tuple[slice, ...], checksum: str | None) -> bool:
    """Whether a region of an array has the values of a checksum."""
    try:
        values = np.ascontiguousarray(array[region])
    except (BadInput, OSError):
        raise
    except Exception:  # zarr and its codecs fail in many ways on bytes that are not theirs
        return False
    if checksum is not None and checksum.startswith(XXH3):
        return checksum == XXH3 + xxhash.xxh3_128_hexdigest(values.data)
    # The first runs have another one, which is slower and has no name in front.
    return checksum == hashlib.blake2b(values.data, digest_size=16).hexdigest()


def _checksum_at(root: zarr.Group, path: str, swept: Sequence[str]) -> str:
    try:
        node = root[path]
        description: dict[str, Any] = {"attrs": node.attrs.asdict()}
        if isinstance(node, zarr.Array):
            description |= {
                "shape": node.shape,
                "chunks": node.chunks,
                "dtype": node.dtype.str if node.dtype.kind in "iuf" else "text",
                "dims": node.metadata.dimension_names,  # pyright: ignore[reportAttributeAccessIssue]
                "fill_value": str(node.fill_value),
            }
            if _is_coordinate(path, swept):
                description["values"] = np.asarray(node[...]).tolist()
        return checksum_of(description)
    except (BadInput, OSError):
        raise
    except Exception as error:  # zarr and its codecs fail in many ways on bytes that are not theirs
        return f"damaged: {error}"


def _is_coordinate(path: str, swept: Sequence[str]) -> bool:
    group, _, name = path.partition("/")
    if group == "neurons":
        return bool(name) and (name not in RESULTS or name in swept)
    return group == "cells" and bool(name) and name not in CELLS
