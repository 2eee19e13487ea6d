"""A run in which nothing is done yet: a Zarr v3 directory with the groups `cells` (always), `neurons` (on
request) and `work` (what is done), and the check that what is not work is as it was made.

Every chunk of bytes carries a checksum (CRC32C) that Zarr's readers verify, and the root holds checksums of
everything else. Fill values are impossible values: what is not written is not mistaken for a result.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import MEANINGS
from jaxneuron.population.chunks import Chunking
from jaxneuron.population.design import DATASET, Design
from jaxneuron.population.summary import Bins
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.identity import checksum_of
from jaxneuron.study.location import Location
from jaxneuron.study.variables import CELLS, LOSS_UNITS, NEURONS, STARTS

FORMAT_NAME, FORMAT_NUMBER = "jaxneuron run, ", "format 2"
FORMAT = FORMAT_NAME + FORMAT_NUMBER

COMPRESSORS = (ZstdCodec(), Crc32cCodec())


def create(
    location: Location,
    *,
    design: Design,
    chunking: Chunking,
    bins: Bins,
    inputs: Sequence[str],
    precision: str,
    has_neurons: bool,
    attrs: Mapping[str, Any],
    replace: bool,
) -> None:
    """Make a run; when it is whole it takes its place, and that of what was there if `replace`."""
    with location.draft(replace=replace) as store:
        root = zarr.create_group(store, overwrite=True)
        _create_work(root.create_group("work"), chunking.num_chunks)
        _create_cells(root.create_group("cells"), design, chunking, bins)
        if chunking.num_blocks > 1:
            _create_parts(root.create_group("parts"), design, chunking, bins)
        if has_neurons:
            _create_neurons(root.create_group("neurons"), design, chunking, inputs, precision)
        known = {
            "format": FORMAT,
            "tile": list(chunking.tile),
            "block": chunking.block,
            "coordinates": list(design.coordinates),
            "contents": _contents(root, list(design.coordinates)),
            **attrs,
        }
        # They come last: without them it is no run.
        root.attrs.update(known | {"checksum": checksum_of(known)})


def is_run(location: Location) -> bool:
    """Whether a run of jaxneuron is there that this version reads."""
    return _format_of(location) == FORMAT


def what_is_there(location: Location) -> str:
    """What a place holds that is no run which this version reads."""
    found = _format_of(location)
    if found.startswith(FORMAT_NAME):
        return f"is a run of {found.removeprefix(FORMAT_NAME)}, and this version reads {FORMAT_NUMBER}"
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
        contents = _contents(root, attrs["coordinates"], attrs["contents"])
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
    marker = arrays["work/marker"]
    if (done := marker.nchunks_initialized) < marker.nchunks:
        raise BadInput(
            f"{location}: is unfinished, {done} of {marker.nchunks} chunks are done; "
            "the same `jaxneuron sweep` goes on with it"
        )
    for path, array in arrays.items():
        if array.nchunks_initialized < array.nchunks:
            raise BadInput(
                f"{location}: is damaged, {array.nchunks - array.nchunks_initialized} chunks of {path} are "
                "missing; the same `jaxneuron sweep` trains them again"
            )


def array_of(root: zarr.Group, path: str) -> zarr.Array:
    """The array at a path of the run."""
    array = root[path]
    assert isinstance(array, zarr.Array), path
    return array


def _contents(root: zarr.Group, swept: Sequence[str], paths: Iterable[str] = ()) -> dict[str, str]:
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


def _create_work(group: zarr.Group, num_chunks: int) -> None:
    group.create_array(
        "marker",
        shape=(num_chunks,),
        chunks=(1,),
        dtype=str,
        fill_value="",
        compressors=COMPRESSORS,
        dimension_names=("chunk",),
        attributes=_attrs(
            "",
            "marker",
            "what a chunk of work says of itself when it is done, in JSON: the run's fingerprint, number, "
            "neurons, seconds, when it was finished (UTC), checksums of what it wrote",
            [],
        ),
    )


def _create_cells(group: zarr.Group, design: Design, chunking: Chunking, bins: Bins) -> None:
    _write_coordinates(group, design)
    _write_bins(group, bins)
    _create_summaries(group, design, chunking, bins)


def _create_parts(group: zarr.Group, design: Design, chunking: Chunking, bins: Bins) -> None:
    _create_summaries(group, design, chunking, bins, {"part": chunking.num_blocks})


def _create_summaries(
    group: zarr.Group, design: Design, chunking: Chunking, bins: Bins, part: Mapping[str, int] | None = None
) -> None:
    num_bins = {
        "fate": len(Fate),
        "death_step_bin": len(bins.death_step) - 1,
        "final_loss_bin": len(bins.loss) - 1,
    }
    part = part or {}
    for name, variable in CELLS.items():
        dims = () if variable.dim is None else (variable.dim,)
        sizes = tuple(num_bins[dim] for dim in dims)
        coordinates = (
            [] if part else _auxiliary(design) + [f"{dim}_end" for dim in dims if dim.endswith("_bin")]
        )
        _create_array(
            group,
            name,
            shape=(*chunking.cells, *part.values(), *sizes),
            chunks=(*chunking.tile, *(1 for _ in part), *sizes),
            dtype=np.dtype(np.int64 if name.endswith("_count") else np.float64),
            dims=(*design.shape, *part, *dims),
            attrs=_attrs(variable.units, variable.long_name, variable.definition, coordinates),
        )


def _create_neurons(
    group: zarr.Group, design: Design, chunking: Chunking, inputs: Sequence[str], precision: str
) -> None:
    _write_coordinates(group, design)
    _write_coordinate(group, "input", ("input",), np.array(inputs), "", "input", "name of the input")
    for name, variable in NEURONS.items():
        if name in design.coordinates:  # a swept starting value is there already, under the same name
            continue
        dims = ("input",) if variable.field.endswith("weight") else ()
        sizes = (len(inputs),) * len(dims)
        _create_array(
            group,
            name,
            shape=(*chunking.cells, chunking.replicates, *sizes),
            chunks=(*chunking.tile, chunking.block, *sizes),
            dtype=np.dtype(variable.dtype or precision),
            dims=(*design.shape, "replicate", *dims),
            attrs=_attrs(variable.units, variable.long_name, variable.definition, _auxiliary(design)),
        )


def _create_array(
    group: zarr.Group,
    name: str,
    *,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: np.dtype,
    dims: tuple[str, ...],
    attrs: dict[str, Any],
) -> None:
    group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        # A value that no neuron has, and not NaN, which diverged neurons do have.
        fill_value=np.iinfo(dtype).min if dtype.kind == "i" else np.finfo(dtype).min,
        compressors=COMPRESSORS,
        dimension_names=dims,
        attributes=attrs,
        config={"write_empty_chunks": True},
    )


def _write_coordinates(group: zarr.Group, design: Design) -> None:
    if DATASET in design.shape:
        numbers = np.arange(design.num_datasets)
        _write_coordinate(
            group, DATASET, (DATASET,), numbers, "", "data set", "number of the data set, from 0 on"
        )
    for name, (dim, values) in design.coordinates.items():
        definition = MEANINGS[name].definition if name in MEANINGS else STARTS[name]
        long_name = name.replace("_", " ").replace("init ", "initial ")
        _write_coordinate(group, name, (dim,), values, "", long_name, definition)


def _write_bins(group: zarr.Group, bins: Bins) -> None:
    fates = np.array([fate.name for fate in Fate])
    _write_coordinate(group, "fate", ("fate",), fates, "", "fate", "what became of the neuron")
    for name, edges, units in (
        ("death_step", bins.death_step, "steps"),
        ("final_loss", bins.loss, LOSS_UNITS),
    ):
        dim, label = f"{name}_bin", name.replace("_", " ")
        _write_coordinate(group, dim, (dim,), edges[:-1], units, label, "lower edge of the bin, included")
        end = f"{name}_bin_end"
        _write_coordinate(group, end, (dim,), edges[1:], units, label, "upper edge of the bin, excluded")


def _write_coordinate(
    group: zarr.Group,
    name: str,
    dims: tuple[str, ...],
    values: np.ndarray,
    units: str,
    long_name: str,
    definition: str,
) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=str if values.dtype.kind == "U" else values.dtype,
        compressors=COMPRESSORS,
        dimension_names=dims,
        attributes=_attrs(units, long_name, definition, []),
        config={"write_empty_chunks": True},
    )
    array[...] = values.astype(object) if values.dtype.kind == "U" else values


def _auxiliary(design: Design) -> list[str]:
    """Coordinates that are not dims, which xarray must be told of."""
    return [name for name, (dim, _) in design.coordinates.items() if name != dim]


def _attrs(units: str, long_name: str, definition: str, coordinates: list[str]) -> dict[str, Any]:
    attrs = {"units": units, "long_name": long_name, "definition": definition}
    return attrs | ({"coordinates": " ".join(coordinates)} if coordinates else {})
