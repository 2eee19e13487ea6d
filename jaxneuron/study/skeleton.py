"""The skeleton of a run: all that is known before any work is done, and whether it is still as it was made.

Every chunk of bytes carries a checksum (CRC32C) that Zarr's readers verify, and the root holds checksums of
everything else.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import zarr

from jaxneuron.population.chunks import Chunking
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.checksum import checksum_of
from jaxneuron.study.location import Location
from jaxneuron.study.variables import CELLS, NEURONS

FORMAT_NAME, FORMAT_NUMBER = "jaxneuron run, ", "format 3"
FORMAT = FORMAT_NAME + FORMAT_NUMBER
# Format 2 has neither steps of divergence and settling nor certificates.
OLDER_FORMATS = (FORMAT_NAME + "format 2",)


def is_run(location: Location) -> bool:
    """Whether a run of jaxneuron is there that this version reads."""
    return _format_of(location) in (FORMAT, *OLDER_FORMATS)


def check_current(location: Location) -> None:
    """BadInput where a run can be read, but not gone on with."""
    found = _format_of(location)
    if found in OLDER_FORMATS:
        raise BadInput(
            f"{location}: is a run of {found.removeprefix(FORMAT_NAME)}, which can be read but not gone on "
            "with; choose another --out, or --overwrite to replace it"
        )


def what_is_there(location: Location) -> str:
    """What a place holds that is no run which this version reads."""
    found = _format_of(location)
    if found.startswith(FORMAT_NAME):
        read = " and ".join(name.removeprefix(FORMAT_NAME) for name in (*OLDER_FORMATS, FORMAT))
        return f"is a run of {found.removeprefix(FORMAT_NAME)}, and this version reads {read}"
    return "is not a run of jaxneuron"


def _format_of(location: Location) -> str:
    try:
        return str(location.open().attrs.get("format"))
    except Exception:  # zarr fails in many ways on a folder of other content
        return ""


def open_skeleton(location: Location, mode: Literal["r", "r+"]) -> zarr.Group:
    """The root of the run; BadInput where there is none, or where it is not as it was made."""
    if not is_run(location):
        wrong = what_is_there(location) if location.is_taken() else "there is no such run"
        raise BadInput(f"{location}: {wrong}; `jaxneuron sweep` makes one")
    root = location.open(mode)
    attrs: dict[str, Any] = root.attrs.asdict()
    wrong = "zarr.json"
    if attrs.pop("checksum", None) == checksum_of(attrs):
        contents = contents_of(root, attrs["coordinates"], attrs["contents"])
        wrong = next(
            (path for path, checksum in attrs["contents"].items() if contents[path] != checksum), None
        )
    if wrong:
        raise BadInput(f"{location}: is damaged ({wrong}) beyond repair; --overwrite replaces it")
    return root


def check_whole(location: Location, root: zarr.Group) -> None:
    """BadInput where something of the run is not written: what is not there would be read as fill values."""
    attrs: dict[str, Any] = root.attrs.asdict()
    arrays = {path: array_of(root, path) for path in attrs["contents"] if "/" in path}
    num_chunks = arrays["work/marker"].nchunks
    if (done := location.num_chunks_of("work/marker")) < num_chunks:
        raise BadInput(
            f"{location}: is unfinished, {done} of {num_chunks} chunks are done; "
            "the same `jaxneuron sweep` goes on with it"
        )
    for path, array in arrays.items():
        if (missing := array.nchunks - location.num_chunks_of(path)) > 0:
            raise BadInput(
                f"{location}: is damaged, {missing} chunks of {path} are "
                "missing; the same `jaxneuron sweep` trains them again"
            )


def array_of(root: zarr.Group, path: str) -> zarr.Array:
    """The array at a path of the run."""
    array = root[path]
    assert isinstance(array, zarr.Array), path
    return array


def chunking_of(root: zarr.Group) -> Chunking:
    """How the run's cells and replicates are cut into chunks of work."""
    attrs: dict[str, Any] = root.attrs.asdict()
    replicates = attrs["study"]["sweep"]["replicates"]
    return Chunking(
        array_of(root, "cells/fixed_count").shape, replicates, tuple(attrs["tile"]), attrs["block"]
    )


def contents_of(root: zarr.Group, swept: Sequence[str], paths: Iterable[str] = ()) -> dict[str, str]:
    """Checksums of what is known before any work is done: of the groups, of each array's description, and of
    the values of coordinates."""
    paths = paths or [path for path, _ in root.members(max_depth=None)]
    return {path: _checksum_at(root, path, swept) for path in sorted(paths)}


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
    except Exception as error:  # zarr and its codecs fail in many ways on bytes that are not theirs
        return f"damaged: {error}"


def _is_coordinate(path: str, swept: Sequence[str]) -> bool:
    group, name = path.split("/")
    if group == "neurons":
        return name not in NEURONS or name in swept
    return group == "cells" and name not in CELLS
