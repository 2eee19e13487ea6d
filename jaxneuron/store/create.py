"""Making a run in which nothing is done yet: a Zarr v3 directory with the groups `cells` (always), `neurons`
(on request), `parts` (where a cell's replicates are too many for one chunk) and `work` (what is done).

Fill values are impossible values: what is not written is not mistaken for a result.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import MEANINGS, STARTS, label_of
from jaxneuron.population.cells import INPUT, CellResult
from jaxneuron.population.chunks import Chunking
from jaxneuron.population.design import DATASET, POINT, Design
from jaxneuron.population.histograms import Bins
from jaxneuron.population.results import (
    RESULTS,
    Result,
    cells_of,
    edges_of,
    results_of,
    sizes_of,
)
from jaxneuron.store.checked import checksum_of_bytes
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.chosen import CHOSEN, chosen_coordinates
from jaxneuron.store.examples import GROUP as EXAMPLES
from jaxneuron.store.location import ROOT, Location
from jaxneuron.store.skeleton import FORMAT

# (what it is called, its definition)
CATEGORIES = {
    DATASET: ("data set", "the data set: its file, or its number from 0 on"),
    "activation": ("activation", "the neuron's activation"),
    "optimizer": ("optimizer", "what takes the steps"),
    "batch_size": ("batch size", "examples of a mini-batch"),
    "schedule": ("schedule", "how the learning rate changes from step to step"),
}
COMPRESSORS = (ZstdCodec(), Crc32cCodec())


def create(
    location: Location,
    *,
    design: Design,
    chunking: Chunking,
    bins: Bins,
    inputs: Sequence[str],
    precision: str,
    method: str,
    has_neurons: bool,
    attrs: Mapping[str, Any],
    examples: Mapping[str, np.ndarray],
    replace: bool,
) -> None:
    """Make a run, with the examples that its study does not write out; when it is whole it takes its place,
    and that of what was there if `replace`."""
    buffers: dict[str, Buffer] = {}
    root = zarr.create_group(MemoryStore(buffers), zarr_format=3)
    work = root.create_group("work")
    _create_markers(work, "marker", "chunk", chunking.num_chunks)
    summaries, cells = cells_of(method), root.create_group("cells")
    _write_coordinates(cells, design)
    _write_bins(cells, bins)
    _write_inputs(cells, inputs)
    sizes = sizes_of(bins, len(inputs))
    _create_summaries(cells, design, chunking, sizes, summaries, precision)
    if (parts := chunking.num_blocks) > 1:
        group = root.create_group("parts")
        _create_summaries(group, design, chunking, sizes, summaries, precision, {"part": parts})
        _create_markers(work, "sum", "sum", chunking.num_chunks // parts)
    if has_neurons:
        records = results_of(method)
        _create_neurons(root.create_group("neurons"), design, chunking, inputs, precision, records)
    if examples:
        _write_examples(root.create_group(EXAMPLES), examples)
    files = {key: buffer.to_bytes() for key, buffer in buffers.items() if key != ROOT}
    known = {
        "format": FORMAT,
        "tile": list(chunking.tile),
        "block": chunking.block,
        "coordinates": list(design.coordinates),
        "made": uuid.uuid4().hex,
        "files": {key: checksum_of_bytes(content) for key, content in files.items()},
        **attrs,
    }
    root.update_attributes(known | {"checksum": checksum_of(known)})
    location.make(files | {ROOT: buffers[ROOT].to_bytes()}, replace=replace)


def _create_markers(group: zarr.Group, name: str, piece: str, number: int) -> None:
    group.create_array(
        name,
        shape=(number,),
        chunks=(1,),
        dtype=str,
        fill_value="",
        compressors=COMPRESSORS,
        dimension_names=(piece,),
        attributes=_attrs(
            "",
            f"marker of a {piece}",
            f"what a {piece} says of itself when it is written, in JSON: the study's fingerprint, number, "
            "neurons, seconds, when it was finished (UTC), checksums of the files it wrote, the run's own",
            [],
        ),
    )


def _create_summaries(
    group: zarr.Group,
    design: Design,
    chunking: Chunking,
    sizes: Mapping[str, int],
    variables: Mapping[str, CellResult],
    precision: str,
    part: Mapping[str, int] | None = None,
) -> None:
    part = part or {}
    for name, variable in variables.items():
        dims = () if variable.dim is None else (variable.dim,)
        lengths = tuple(sizes[dim] for dim in dims)
        coordinates = (
            [] if part else _auxiliary(design) + [f"{dim}_end" for dim in dims if dim.endswith("_bin")]
        )
        _create_array(
            group,
            name,
            shape=(*chunking.cells, *part.values(), *lengths),
            chunks=(*chunking.tile, *(1 for _ in part), *lengths),
            dtype=np.dtype(variable.dtype or precision),
            dims=(*design.shape, *part, *dims),
            attrs=_attrs(variable.units, variable.long_name, variable.definition, coordinates),
        )


def _create_neurons(
    group: zarr.Group,
    design: Design,
    chunking: Chunking,
    inputs: Sequence[str],
    precision: str,
    variables: Mapping[str, Result],
) -> None:
    _write_coordinates(group, design)
    _write_inputs(group, inputs)
    for name, variable in variables.items():
        if name in design.coordinates:  # a swept starting value is there already, under the same name
            continue
        dims = (INPUT,) if variable.field.endswith("weight") else ()
        sizes = (len(inputs),) * len(dims)
        _create_array(
            group,
            name,
            shape=(*chunking.cells, chunking.replicates, *sizes),
            chunks=(*chunking.tile, chunking.block, *sizes),
            dtype=np.dtype(variable.dtype or precision),
            dims=(*design.shape, "replicate", *dims),
            attrs=_attrs(variable.units, variable.long_name, variable.definition, _auxiliary(design))
            | (Fate.flags() if name == "fate" else {}),
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
        fill_value=_fill_value(dtype),
        compressors=COMPRESSORS,
        dimension_names=dims,
        attributes=attrs,
        config={"write_empty_chunks": True},
    )


def _write_coordinates(group: zarr.Group, design: Design) -> None:
    for name, names in design.categories.items():
        long_name, definition = CATEGORIES[name]
        _write_coordinate(group, name, (name,), np.array(names), "", long_name, definition)
    for name, (dim, values) in design.coordinates.items():
        definition = MEANINGS[name].definition if name in MEANINGS else STARTS[name]
        _write_coordinate(group, name, (dim,), values, "", label_of(name), definition)
    if design.chosen is not None:
        for name, values in chosen_coordinates(design.chosen).items():
            _write_coordinate(group, name, (POINT,), values, "", *CHOSEN[name])


def _write_inputs(group: zarr.Group, inputs: Sequence[str]) -> None:
    _write_coordinate(group, INPUT, (INPUT,), np.array(inputs), "", "input", "name of the input")


def _write_bins(group: zarr.Group, bins: Bins) -> None:
    fates = np.array([fate.name for fate in Fate])
    _write_coordinate(group, "fate", ("fate",), fates, "", "fate", "what became of the neuron")
    for dim, edges in edges_of(bins).items():
        name = dim.removesuffix("_bin")
        label, units = name.replace("_", " "), RESULTS[name].units
        _write_coordinate(group, dim, (dim,), edges[:-1], units, label, "lower edge of the bin, included")
        end = f"{dim}_end"
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


def _write_examples(group: zarr.Group, examples: Mapping[str, np.ndarray]) -> None:
    for name, values in examples.items():
        definition = {"x": "the inputs of each example", "y": "the target of each example"}[name]
        dims = ("example", "input")[: values.ndim]
        _write_coordinate(group, name, dims, values, "", f"{name}, before scaling", definition)


def _auxiliary(design: Design) -> list[str]:
    """The coordinates that are not dims, which xarray has to be given by name."""
    besides = [] if design.chosen is None else list(CHOSEN)
    return [*(name for name, (dim, _) in design.coordinates.items() if name != dim), *besides]


def _attrs(units: str, long_name: str, definition: str, coordinates: list[str]) -> dict[str, Any]:
    attrs = {"units": units, "long_name": long_name, "definition": definition}
    return attrs | ({"coordinates": " ".join(coordinates)} if coordinates else {})


def _fill_value(dtype: np.dtype) -> int | float:
    """What stands where nothing is written: no neuron's value, and not NaN, which diverged neurons have."""
    return np.iinfo(dtype).min if dtype.kind == "i" else float(np.finfo(dtype).min)
