"""The skeleton of a run: all that is known before any work is done, checked as it is read.

The root, `zarr.json`, holds the checksums of every other file that is made with it, and one of itself, which
is told of no other run; the markers of what is done repeat it. Nothing is decoded before it is known to be
what jaxneuron writes: what Zarr reads may otherwise run its author's code.
"""

import json
import shlex
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import zarr

from jaxneuron.population.chunks import Chunking
from jaxneuron.store import older
from jaxneuron.store.checked import UNKNOWN, Checked, ChecksumOf, Complain, checksum_of_bytes
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.location import OLD, READERS, ROOT, Location
from jaxneuron.study.bad_input import BadInput

FORMAT_NAME, FORMAT_NUMBER = "jaxneuron run, ", "format 4"
FORMAT = FORMAT_NAME + FORMAT_NUMBER
# Formats 2 and 3 have checksums of values instead of files, and format 2 neither steps of divergence and
# settling nor certificates.
OLDER_FORMATS = (FORMAT_NAME + "format 2", FORMAT_NAME + "format 3")

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

    @property
    def is_older(self) -> bool:
        """Whether it is of a format that can only be read."""
        return self.attrs["format"] in OLDER_FORMATS

    @property
    def paths(self) -> set[str]:
        """Of its groups and arrays."""
        return {key.removesuffix(f"/{DESCRIPTION}") for key in self.files if key.endswith(f"/{DESCRIPTION}")}

    def is_there(self) -> bool:
        """Whether the run at its place is still this one."""
        return self.location.read(ROOT) == self.root

    def group(self, checksum_of_chunk: ChecksumOf, complain: Complain) -> zarr.Group:
        """Its root to be read; of the files that it was not made with, the checksums come from elsewhere."""

        def checksum_of(key: str) -> str | None:
            return self.files[key] if key in self.files else checksum_of_chunk(key)

        store = Checked(self.location.name, self.location.read, self.files, checksum_of, complain)
        return open_group(self.location, store, "r")


def is_run(location: Location) -> bool:
    """Whether a run of jaxneuron is there that this version reads."""
    return _format_of(_attributes(location.read(ROOT))) in (FORMAT, *OLDER_FORMATS)


def check_current(location: Location) -> None:
    """BadInput where a run can be read, but not resumed."""
    found = _format_of(_attributes(location.read(ROOT)))
    if found in OLDER_FORMATS:
        raise BadInput(
            f"{location}: is a run of {found.removeprefix(FORMAT_NAME)}, which can be read but not resumed; "
            "choose another --out, or --overwrite to replace it"
        )


def what_is_there(location: Location) -> str:
    """What a place holds that is no run which this version reads."""
    found = _format_of(_attributes(location.read(ROOT)))
    if found.startswith(FORMAT_NAME):
        read = ", ".join(name.removeprefix(FORMAT_NAME) for name in (*OLDER_FORMATS, FORMAT))
        return f"is a run of {found.removeprefix(FORMAT_NAME)}, and this version reads {read}"
    return "is not a run of jaxneuron"


def open_skeleton(location: Location) -> Skeleton:
    """The run as it was made; BadInput where there is none, or where it is not as it was made."""
    root = location.read(ROOT)
    attrs = _attributes(root)
    if root is None or _format_of(attrs) not in (FORMAT, *OLDER_FORMATS):
        check_left_behind(location)
        wrong = what_is_there(location) if location.is_taken() else "there is no such run"
        raise BadInput(f"{location}: {wrong}; `jaxneuron sweep` makes one")
    known = {name: value for name, value in attrs.items() if name != "checksum"}
    if attrs.get("checksum") != checksum_of(known) or not known.keys() >= NEEDED:
        raise is_damaged(location, ROOT)
    files = older.files_of(location, attrs) if _format_of(attrs) in OLDER_FORMATS else attrs["files"]
    if not isinstance(files, dict) or not all(map(_is_inside, files)):
        raise is_damaged(location, ROOT)
    found = Skeleton(location, root, attrs, {ROOT: checksum_of_bytes(root)} | files)
    _check_files(found)
    return found


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
    """What there is to say of a wrong file that only a new run replaces."""
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
    replicates = attrs["study"]["sweep"]["replicates"]
    return Chunking(
        array_of(root, "cells/fixed_count").shape, replicates, tuple(attrs["tile"]), attrs["block"]
    )


def _attributes(root: bytes | None) -> dict[str, Any]:
    """What the root of a run says; nothing where it is no group in Zarr's third format."""
    found = _parsed(root)
    attrs = found.get("attributes")
    is_group = (found.get("zarr_format"), found.get("node_type")) == (3, "group")
    return attrs if is_group and isinstance(attrs, dict) else {}


def _format_of(attrs: Mapping[str, Any]) -> str:
    return str(attrs.get("format"))


def _parsed(description: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(description or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _check_files(skeleton: Skeleton) -> None:
    """BadInput where a file that the run was made with is another one, or what jaxneuron does not write."""

    def look(item: tuple[str, str]) -> None:
        key, checksum = item
        content = skeleton.location.read(key)
        if content is None or checksum not in (UNKNOWN, checksum_of_bytes(content)):
            raise is_damaged(skeleton.location, key)
        if key.split("/")[-1] == DESCRIPTION and not _is_written_here(_parsed(content)):
            raise BadInput(
                f"{skeleton.location}: {key} describes what jaxneuron does not write; it is not opened"
            )

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(look, skeleton.files.items()))


def _is_inside(key: str) -> bool:
    """Whether a file lies in the run's own folder."""
    return not {"", ".", ".."} & set(key.split("/"))


def _is_written_here(description: Mapping[str, Any]) -> bool:
    """Whether a group or an array is described in Zarr's third format, and none of its codecs runs code."""
    codecs = description.get("codecs", [])
    names = [codec.get("name") if isinstance(codec, dict) else codec for codec in codecs]
    extras = description.get("storage_transformers") or description.get("consolidated_metadata")
    return description.get("zarr_format") == 3 and all(name in CODECS for name in names) and not extras
