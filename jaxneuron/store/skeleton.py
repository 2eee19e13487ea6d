"""The skeleton of a run: all that is known before any work is done, verified as it is read.

The root, `zarr.json`, holds the checksums of every other file that is made with it, and one of itself, which
no other run has; the markers of what is done repeat it. Nothing is decoded before it is known to be what
jaxneuron writes: what Zarr reads may otherwise run its author's code.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

import zarr

from jaxneuron.population.chunks import Chunking, Cut
from jaxneuron.store import older
from jaxneuron.store.checked import checksum_of_bytes
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.location import OLD, ROOT, Location
from jaxneuron.study.bad_input import BadInput

FORMAT_NAME = "jaxneuron run, "
FORMAT = FORMAT_NAME + "format 4"
# It has checksums of values instead of files: such a run is read, and not resumed.
OLDER_FORMAT = FORMAT_NAME + "format 3"
UNREADABLE_FORMATS = (FORMAT_NAME + "format 1", FORMAT_NAME + "format 2")

DESCRIPTION = "zarr.json"
CODECS = ("bytes", "vlen-utf8", "zstd", "crc32c")
# What a root says in any format.
NEEDED = {"study", "data", "coordinates", "tile", "block", "fingerprint", "identity", "num_neurons"}


class Skeleton(NamedTuple):
    """A run as it was made."""

    location: Location
    root: bytes  # the content of its file
    attrs: dict[str, Any]
    files: Mapping[str, str]  # checksums by key
    descriptions: Mapping[str, bytes]  # of its groups and arrays: files that Zarr asks for again and again

    @property
    def is_older(self) -> bool:
        """Whether it is of the format that can only be read."""
        return self.attrs["format"] == OLDER_FORMAT

    @property
    def paths(self) -> set[str]:
        """The paths of its groups and arrays."""
        return {key.removesuffix(f"/{DESCRIPTION}") for key in self.files if key.endswith(f"/{DESCRIPTION}")}

    def is_there(self) -> bool:
        """Whether the run at its place is still this one."""
        return self.location.read(ROOT) == self.root


def is_run(location: Location) -> bool:
    """Whether a run of jaxneuron is there that this version reads."""
    return _format_at(location) in (FORMAT, OLDER_FORMAT)


def check_current(location: Location) -> None:
    """BadInput where a run can be read, but not resumed."""
    if _format_at(location) == OLDER_FORMAT:
        raise BadInput(
            f"{location}: is a run of {OLDER_FORMAT.removeprefix(FORMAT_NAME)}, which can be read but not "
            "resumed; choose another --out, or --overwrite to replace it"
        )


def what_is_there(location: Location) -> str:
    """What a place holds that is no run which this version reads."""
    found = _format_at(location)
    if not found.startswith(FORMAT_NAME):
        return "is not a run of jaxneuron"
    number, *read = (name.removeprefix(FORMAT_NAME) for name in (found, OLDER_FORMAT, FORMAT))
    if found in UNREADABLE_FORMATS:
        return f"is a run of {number}, written by an early version and no longer read"
    return f"is a run of {number}, and this version reads {', '.join(read)}"


def open_skeleton(location: Location) -> Skeleton:
    """The run as it was made; BadInput where there is none, or where it is not as it was made."""
    root, attrs = _root_of(location)
    files = attrs.get("files") if attrs["format"] == FORMAT else older.files_of(location, attrs)
    if not isinstance(files, dict) or not all(map(_is_inside, files)):
        raise is_damaged(location, ROOT)
    _check_description(location, ROOT, root)
    descriptions = {ROOT: root} | _descriptions(location, files)
    return Skeleton(location, root, attrs, {ROOT: checksum_of_bytes(root)} | files, descriptions)


def attrs_of(location: Location) -> dict[str, Any]:
    """What the root of a run says of it, with no other file read; BadInput where there is none."""
    return _root_of(location)[1]


def _root_of(location: Location) -> tuple[bytes, dict[str, Any]]:
    """The content of the root of a run, and its attributes."""
    root = location.read(ROOT)
    attrs = _attributes(root)
    if root is None or attrs.get("format") not in (FORMAT, OLDER_FORMAT):
        check_left_behind(location)
        wrong = what_is_there(location) if location.is_taken() else "there is no such run"
        is_early = attrs.get("format") in UNREADABLE_FORMATS
        remedy = "sweep it again" if is_early else "`jaxneuron sweep` makes one"
        raise BadInput(f"{location}: {wrong}; {remedy}")
    known = {name: value for name, value in attrs.items() if name != "checksum"}
    if attrs.get("checksum") != checksum_of(known) or not known.keys() >= NEEDED:
        raise is_damaged(location, ROOT)
    return root, attrs


def check_left_behind(location: Location) -> None:
    """BadInput where an --overwrite that was killed has left the run under another name."""
    old = [path for path in location.left_behind() if path.suffix == OLD]
    if old and not location.is_taken():
        back = shlex.join(["mv", str(old[0]), location.name])
        raise BadInput(
            f"{location}: was being replaced by an --overwrite that was killed; `{back}` brings it back, or "
            f"delete {old[0]}"
        )


def is_damaged(location: Location, key: str) -> BadInput:
    """The error for a file that only a new run replaces."""
    return BadInput(f"{location}: is damaged ({key}) beyond repair; --overwrite replaces it")


def open_group(location: Location, store: Any, mode: Any) -> zarr.Group:
    """The group at the root of a store of Zarr's; BadInput where Zarr does not work."""
    try:
        return zarr.open_group(store, mode=mode, zarr_format=3, use_consolidated=False)
    except BadInput:
        raise
    except Exception as error:  # of its settings, and of a library for every kind of store
        raise BadInput(f"{location}: cannot be opened by Zarr ({error})") from None


def array_of(root: zarr.Group, path: str) -> zarr.Array:
    """The array at a path of the run; BadInput where Zarr does not work."""
    try:
        array = root[path]
    except BadInput:
        raise
    except Exception as error:  # such as codecs that are set in the environment and not installed
        raise BadInput(f"{root.store}: {path} cannot be opened by Zarr ({error})") from None
    assert isinstance(array, zarr.Array), path
    return array


def chunking_of(root: zarr.Group, attrs: Mapping[str, Any]) -> Chunking:
    """How the run's cells and replicates are cut into chunks of work."""
    cells, replicates = array_of(root, "cells/fixed_count").shape, attrs["study"]["sweep"]["replicates"]
    return Chunking(cells, replicates, *cut_of(attrs))


def cut_of(attrs: Mapping[str, Any]) -> Cut:
    """The shape of the run's chunks of work."""
    return Cut(tuple(attrs["tile"]), attrs["block"])


def _format_at(location: Location) -> str:
    return str(_attributes(location.read(ROOT)).get("format"))


def _attributes(root: bytes | None) -> dict[str, Any]:
    """The attributes in the root of a run; none where it is no group in Zarr's third format."""
    found = _parsed(root)
    attrs = found.get("attributes")
    is_group = (found.get("zarr_format"), found.get("node_type")) == (3, "group")
    return attrs if is_group and isinstance(attrs, dict) else {}


def _parsed(description: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(description or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _descriptions(location: Location, files: Mapping[str, str]) -> dict[str, bytes]:
    """The descriptions among the files that the run was made with; BadInput where a file is another one, or
    what jaxneuron does not write."""
    found: dict[str, bytes] = {}
    for (key, checksum), content in zip(files.items(), location.read_all(files), strict=True):
        if content is None or checksum not in (older.UNKNOWN, checksum_of_bytes(content)):
            raise is_damaged(location, key)
        if key.split("/")[-1] == DESCRIPTION:
            _check_description(location, key, content)
            found[key] = content
    return found


def _check_description(location: Location, key: str, content: bytes) -> None:
    """BadInput for the description of what jaxneuron does not write."""
    if not _is_written_here(_parsed(content)):
        raise BadInput(f"{location}: {key} describes what jaxneuron does not write; it is not opened")


def _is_inside(key: str) -> bool:
    """Whether a file lies in the run's own folder."""
    return not {"", ".", ".."} & set(key.split("/"))


def _is_written_here(description: Mapping[str, Any]) -> bool:
    """Whether a group or an array is described in Zarr's third format, and none of its codecs runs code."""
    codecs = description.get("codecs", [])
    names = [codec.get("name") if isinstance(codec, dict) else codec for codec in codecs]
    extras = description.get("storage_transformers") or description.get("consolidated_metadata")
    return description.get("zarr_format") == 3 and all(name in CODECS for name in names) and not extras
