"""A run as it lies on disk: its attributes, its cells and its neurons, as xarray objects."""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr

from jaxneuron.analysis.joined import joined
from jaxneuron.analysis.pooling import Grouping, pool
from jaxneuron.analysis.refinement import WEIGHTED, Refinement
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import Design
from jaxneuron.population.results import CELLS, RESULTS
from jaxneuron.store.chosen import chosen_in
from jaxneuron.store.data_files import study_of
from jaxneuron.store.location import Location
from jaxneuron.store.rounds import open_rounds
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import sha256_of
from jaxneuron.study.study import Study

if TYPE_CHECKING:  # which imports JAX, and what is read needs none
    from jaxneuron.runner.program import Program

KEPT_BYTES = 2**25


class StoredRun:
    """What of a run is read from disk; see `Run`."""

    def __init__(self, path: str | Path, *, partial: bool = False, refined: bool = True) -> None:
        self.location = Location(path)
        self._store = Store(self.location, partial=partial)
        if not self._store.is_partial:
            self._store.check_whole()
        elif not self._store.marked():
            raise BadInput(f"{self.location}: nothing of it is done yet; `jaxneuron sweep` trains it")
        self._rounds = open_rounds(self.location, partial=partial) if refined and self.is_whole else []

    @property
    def path(self) -> Path | str:
        """The path of the run's folder, or its address in an object store."""
        return self.location.name if self.location.folder is None else Path(self.location.name)

    @property
    def name(self) -> str:
        """The name of the run: the last part of its path, without .zarr."""
        return Path(self.location.name).name.removesuffix(".zarr")

    @cached_property
    def attrs(self) -> dict[str, Any]:
        """The attributes of the run: its resolved study, a summary of its data, versions, platform, times."""
        number = sum(store.attrs["num_neurons"] for store in (self._store, *self._rounds))
        return self._store.attrs | {"num_neurons": number}

    @cached_property
    def neurons_done(self) -> int:
        """The neurons that are done: all of them, unless the run was opened as a part."""
        return self.attrs["num_neurons"] if self.is_whole else self._store.neurons_done

    @cached_property
    def is_whole(self) -> bool:
        """Whether all of its neurons are done."""
        if self._store.is_partial:
            self._store.read_markers()
        return not self._store.is_partial or self._store.neurons_done == self._store.attrs["num_neurons"]

    @cached_property
    def refinement(self) -> Refinement | None:
        """What its rounds have added to its grid; None where it has none."""
        if not self._rounds:
            return None
        chosen = [chosen_in(store.attrs, store.root) for store in self._rounds]
        return Refinement(self._study_of_grid.refinable_axes, [each for each in chosen if each is not None])

    @cached_property
    def grid(self) -> Self:
        """The run without what has refined it."""
        return type(self)(self.path, refined=False) if self._rounds else self

    @cached_property
    def cells(self) -> xr.Dataset:
        """The counts of each cell."""
        return self._opened("cells")

    @cached_property
    def neurons(self) -> xr.Dataset:
        """The record of each neuron; BadInput where the study keeps none."""
        if self.attrs["study"]["sweep"]["records"] != "neurons":
            raise BadInput(f'{self.path}: has no records of neurons; sweep with records = "neurons"')
        neurons = self._opened("neurons")
        flags = Fate.flags()  # which runs of earlier versions do not have
        values = np.array(flags["flag_values"], neurons.fate.dtype)  # as the conventions ask
        neurons.fate.attrs.update(flags | {"flag_values": values})
        return neurons

    @cached_property
    def study(self) -> Study:
        """The study that was run; its data files are looked for where they were, and seen from the run."""
        refinement = self.refinement
        return self._study_of_grid if refinement is None else self._study_of_grid.at_cells(refinement.chosen)

    @cached_property
    def _study_of_grid(self) -> Study:
        return study_of(self.attrs, self._store.root, self.location)

    def program(self) -> "Program":
        """What trains its neurons again; BadInput where its data is gone, or has changed since, or where an
        earlier version drew other mini-batches."""
        from jaxneuron.runner.program import Program
        from jaxneuron.store.identity import DRAWING

        program = Program(self.study)
        if sha256_of(program.datasets) != self.attrs["data"]["sha256"]:
            raise BadInput(f"{self.path}: its data has changed since the run was swept")
        if self.attrs["identity"].get(DRAWING) != program.identity.get(DRAWING):
            raise BadInput(f"{self.path}: an earlier version drew other mini-batches; sweep it again")
        return program

    @cached_property
    def design(self) -> Design:
        """The cells of the study."""
        return self.study.design

    @cached_property
    def training_seconds(self) -> float:
        """Seconds that training took, compiling included, summed over processes."""
        return sum(store.some_markers(store.marked())[1] for store in (self._store, *self._rounds))

    @property
    def dims(self) -> tuple[str, ...]:
        """The dims of the cells: a grid's are what is swept, otherwise there is the one dim `point`; before
        them those of categories (`dataset`, `activation`, `optimizer`, `batch_size`) where there are several.
        """
        return tuple(str(dim) for dim in self.cells.fate_count.dims[:-1])

    @property
    def swept(self) -> tuple[str, ...]:
        """The names of what differs between cells: categories, such as data sets, and what is swept."""
        return (*self.design.categories, *self.design.coordinates)

    def count(self, name: str) -> xr.DataArray:
        """A variable of the cells. A small one is read once and kept: every map and table asks for it."""
        field = self.cells[name]
        return field.load() if field.nbytes <= KEPT_BYTES else field

    @property
    def weighting(self) -> str:
        """How cells are pooled, in words, where that is not each like the others."""
        return WEIGHTED if self._rounds else ""

    def pool(self, name: str, groupings: Sequence[Grouping]) -> list[np.ndarray]:
        """A variable of the cells, pooled into the groups of each grouping; of a run that was refined
        weighted by area."""
        weights = None if self.refinement is None else self.refinement.weights
        return pool(self.count(name), self.tiles(), groupings, weights)

    def tiles(self) -> Iterator[tuple[slice, ...]]:
        """The indices of the cells in parts, as they lie on disk: all histograms need not be in memory."""
        if not self._rounds:
            yield from self._store.chunking.tiles()
            return
        begin = 0
        for store in (self._store, *self._rounds):
            rows, *columns = store.chunking.cells
            row, step = math.prod(columns), store.chunking.tile[0]
            for start in range(0, rows, step):
                yield (slice(begin + start * row, begin + min(start + step, rows) * row),)
            begin += rows * row

    def _opened(self, group: str) -> xr.Dataset:
        """A group whose arrays are compared, as they are read, with the checksums of those who wrote them."""
        self._store.read_markers()
        found = xr.open_zarr(
            self._store.root.store, group=group, consolidated=False, chunks=None, zarr_format=3
        )
        # Zarr lists arrays in any order, and an export of the same run is to have the same columns.
        facts = CELLS if group == "cells" else RESULTS
        found = found[[name for name in facts if name in found.data_vars]]
        if self.refinement is None:
            return found
        for store in self._rounds:
            store.read_markers()
        rounds = [store.cells if group == "cells" else store.neurons for store in self._rounds]
        return joined(found, tuple(self.refinement.axes), rounds, self.refinement.coordinates())
