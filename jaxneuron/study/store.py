"""A run on disk: a Zarr v3 directory with the groups `cells` (always) and `neurons` (on request).

Every chunk of work is one Zarr chunk of each array, so one writer. A run is written under a name of its
own beside the path and takes the path when it is whole: what stands at the path is always complete.
"""

import contextlib
import operator
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import MEANINGS
from jaxneuron.neuron.train import Trained
from jaxneuron.population.chunks import Chunk, Chunking
from jaxneuron.population.design import Design
from jaxneuron.population.summary import Bins, Summary
from jaxneuron.study.bad_input import BadInput, check_place

FORMAT = "jaxneuron run, format 1"

STARTS = {
    "init_bias": "bias b before step 0",
    "init_weight": "weight W before step 0, the same for all inputs",
}
LOSS_UNITS = "(units of the scaled target)²"


class CellVariable(NamedTuple):
    """A field of Summary on disk; `dim` is its dim besides the cells'."""

    dim: str | None
    units: str
    long_name: str
    definition: str


class NeuronVariable(NamedTuple):
    """A field of Trained on disk; the dtype is the study's precision where none is given."""

    field: str
    dtype: str | None
    units: str
    long_name: str
    definition: str


CELLS = {
    "fate_count": CellVariable(
        "fate", "neurons", "neurons by fate", "number of the cell's neurons that met each fate"
    ),
    "death_step_count": CellVariable(
        "death_step_bin",
        "neurons",
        "neurons by death step",
        "number of the cell's dead neurons whose first step of lasting silence is in the bin",
    ),
    "final_loss_count": CellVariable(
        "final_loss_bin",
        "neurons",
        "neurons by final loss",
        "number of the cell's neurons whose mean over the examples of ½(ŷ − y)² at the end is in the bin; "
        "the last bin holds losses that are not finite too",
    ),
    "fixed_count": CellVariable(
        None,
        "neurons",
        "fixed neurons",
        "number of the cell's neurons whose params stay bit for bit the same from some step on to the end",
    ),
    "final_loss_min": CellVariable(
        None, LOSS_UNITS, "smallest final loss", "the smallest final loss of the cell's neurons"
    ),
    "final_loss_max": CellVariable(
        None,
        LOSS_UNITS,
        "largest final loss",
        "the largest final loss of the cell's neurons; infinite where one is not finite",
    ),
}
NEURONS = {
    "fate": NeuronVariable(
        "fate", "int8", "", "fate", ", ".join(f"{fate.value} {fate.name}" for fate in Fate)
    ),
    "death_step": NeuronVariable(
        "death_step",
        "int32",
        "steps",
        "death step",
        "first step from which the neuron is silent to the end; 0 born dead, -1 not dead",
    ),
    "fixed_step": NeuronVariable(
        "fixed_step",
        "int32",
        "steps",
        "fixed step",
        "first step from which the params stay bit for bit the same to the end; -1 where the last step "
        "changes them",
    ),
    "final_loss": NeuronVariable(
        "loss", None, LOSS_UNITS, "final loss", "mean over the examples of ½(ŷ − y)² at the end"
    ),
    "init_weight": NeuronVariable("init_params.weight", None, "", "initial weight", "weight W before step 0"),
    "init_bias": NeuronVariable("init_params.bias", None, "", "initial bias", "bias b before step 0"),
    "final_weight": NeuronVariable("params.weight", None, "", "final weight", "weight W after the last step"),
    "final_bias": NeuronVariable("params.bias", None, "", "final bias", "bias b after the last step"),
}


def check_free(path: Path, overwrite: bool) -> None:
    """BadInput unless a run may be written at the path."""
    if os.path.lexists(path):
        if not is_run(path):
            raise BadInput(f"{path}: exists and is not a run of jaxneuron; choose another --out")
        if not overwrite:
            raise BadInput(f"{path}: already holds a run; give --overwrite to replace it, or another --out")
    check_place(path)


def is_run(path: Path) -> bool:
    """Whether a run of jaxneuron stands at the path."""
    try:
        return zarr.open_group(path, mode="r").attrs.get("format") == FORMAT
    except Exception:  # zarr fails in many ways on a folder of other content
        return False


class RunWriter:
    """Writes one run: `write_cells` and `write_neurons` for every chunk, then `finish`; or `discard`."""

    def __init__(
        self,
        path: Path,
        *,
        design: Design,
        chunking: Chunking,
        bins: Bins,
        inputs: tuple[str, ...],
        precision: str,
        neurons: bool,
        attrs: Mapping[str, Any],
    ) -> None:
        # A link to a run stays a link: the run behind it is replaced.
        self.path = path.resolve()
        self.draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.draft")
        self.replaced = self.draft.with_suffix(".old")
        self.new_folders = [parent for parent in self.path.parents if not parent.exists()]
        self.neurons: dict[str, zarr.Array] = {}
        try:
            self.draft.parent.mkdir(parents=True, exist_ok=True)
            root = zarr.create_group(self.draft, attributes={"format": FORMAT, **attrs})
            self.cells = _create_cells(root.create_group("cells"), design, chunking, bins)
            if neurons:
                group = root.create_group("neurons")
                self.neurons = _create_neurons(group, design, chunking, inputs, precision)
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError):
                raise BadInput(f"{path}: cannot be made ({error.strerror}); choose another --out") from None
            raise

    def write_cells(self, chunk: Chunk, summary: Summary) -> None:
        """The summary of all replicates of the chunk's cells."""
        for name, array in self.cells.items():
            array[chunk.region] = getattr(summary, name)

    def write_neurons(self, chunk: Chunk, trained: Trained) -> None:
        """The records of the chunk's neurons, where records are kept."""
        for name, array in self.neurons.items():
            array[(*chunk.region, chunk.replicates)] = operator.attrgetter(NEURONS[name].field)(trained)

    def finish(self, attrs: Mapping[str, Any]) -> None:
        """Put the run in its place."""
        zarr.open_group(self.draft, mode="r+").attrs.update(attrs)
        if self.path.exists():
            self.path.rename(self.replaced)
        self.draft.rename(self.path)
        shutil.rmtree(self.replaced, ignore_errors=True)

    def discard(self) -> None:
        """Leave nothing behind, and what was there in its place."""
        if os.path.exists(self.replaced) and not os.path.exists(self.path):
            self.replaced.rename(self.path)
        for path in (self.draft, self.replaced):
            shutil.rmtree(path, ignore_errors=True)
        for folder in self.new_folders:
            with contextlib.suppress(OSError):  # somebody else has put something there
                folder.rmdir()


def _create_cells(group: zarr.Group, design: Design, chunking: Chunking, bins: Bins) -> dict[str, zarr.Array]:
    _write_coordinates(group, design)
    _write_bins(group, bins)
    num_bins = {
        "fate": len(Fate),
        "death_step_bin": len(bins.death_step) - 1,
        "final_loss_bin": len(bins.loss) - 1,
    }
    arrays = {}
    for name, variable in CELLS.items():
        dims = () if variable.dim is None else (variable.dim,)
        sizes = tuple(num_bins[dim] for dim in dims)
        coordinates = _auxiliary(design) + [f"{dim}_end" for dim in dims if dim.endswith("_bin")]
        arrays[name] = _create_array(
            group,
            name,
            shape=(*chunking.cells, *sizes),
            chunks=(*chunking.tile, *sizes),
            dtype=np.dtype(np.int64 if name.endswith("_count") else np.float64),
            dims=(*design.shape, *dims),
            attrs=_attrs(variable.units, variable.long_name, variable.definition, coordinates),
        )
    return arrays


def _create_neurons(
    group: zarr.Group, design: Design, chunking: Chunking, inputs: tuple[str, ...], precision: str
) -> dict[str, zarr.Array]:
    _write_coordinates(group, design)
    _write_coordinate(group, "input", ("input",), np.array(inputs), "", "input", "name of the input")
    arrays = {}
    for name, variable in NEURONS.items():
        if name in design.coordinates:  # a swept starting value is there already, under the same name
            continue
        dims = ("input",) if variable.field.endswith("weight") else ()
        sizes = (len(inputs),) * len(dims)
        arrays[name] = _create_array(
            group,
            name,
            shape=(*chunking.cells, chunking.replicates, *sizes),
            chunks=(*chunking.tile, chunking.block, *sizes),
            dtype=np.dtype(variable.dtype or precision),
            dims=(*design.shape, "replicate", *dims),
            attrs=_attrs(variable.units, variable.long_name, variable.definition, _auxiliary(design)),
        )
    return arrays


def _create_array(
    group: zarr.Group,
    name: str,
    *,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: np.dtype,
    dims: tuple[str, ...],
    attrs: dict[str, Any],
) -> zarr.Array:
    return group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        # A value that no neuron has, and not NaN, which diverged neurons do have.
        fill_value=np.iinfo(dtype).min if dtype.kind == "i" else np.finfo(dtype).min,
        dimension_names=dims,
        attributes=attrs,
        config={"write_empty_chunks": True},
    )


def _write_coordinates(group: zarr.Group, design: Design) -> None:
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
        dimension_names=dims,
        attributes=_attrs(units, long_name, definition, []),
    )
    array[...] = values.astype(object) if values.dtype.kind == "U" else values


def _auxiliary(design: Design) -> list[str]:
    """Coordinates that are not dims, which xarray must be told of."""
    return [name for name, (dim, _) in design.coordinates.items() if name != dim]


def _attrs(units: str, long_name: str, definition: str, coordinates: list[str]) -> dict[str, Any]:
    attrs = {"units": units, "long_name": long_name, "definition": definition}
    return attrs | ({"coordinates": " ".join(coordinates)} if coordinates else {})
