"""How much memory and disk a sweep takes, and whether that much is free."""

import dataclasses
import math
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from jaxneuron.population.chunks import Chunking, cut_into_chunks
from jaxneuron.population.histograms import Bins
from jaxneuron.population.results import cells_of, results_of, sizes_of
from jaxneuron.store.location import Location
from jaxneuron.study.bad_input import BadInput

# Measured on two cores, with two chunks under way and chunks of 2^12 to 2^20 neurons. XLA's own account of a
# program (`memory_analysis`) is no substitute: it leaves out what compiling takes, which is most of it, and
# what the host holds, and there is none before compiling. Compressed, the numbers of a cell take about a byte
# for each bin that is not empty, and those of a neuron half of their size.
PROGRAM_BYTES = {"steps": 260e6, "jumps": 950e6}  # most of it while it is compiled
NEURON_BYTES = {"steps": 350, "jumps": 900}
INPUT_BYTES, EXAMPLE_BYTES = 80, 1300
# Kept of an example while other data sets are trained: tables and buckets, in float64.
KEPT_BYTES = 650
COPIES_OF_COUNTS = 2
# Of a GPU by XLA's account of its programs, by the bytes of a number; one chunk is trained and one prepared.
DEVICE_NEURON_WORDS, DEVICE_INPUT_WORDS, CHUNKS_ON_DEVICE = 55, 10, 2
CELL_BYTES_ON_DISK = 28
COMPRESSED = 0.5
BLOCK_BYTES = 4096  # the least that a file takes, on most file systems

UNITS = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
CGROUP, PROCESS_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# What the files of a control group are called: in Linux's second version, and in its first.
V2 = "memory.max", "memory.current", "inactive_file"
V1 = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"


class Needs(NamedTuple):
    """About how many bytes a sweep takes: of memory, beyond Python and its libraries, and of disk."""

    memory: float
    disk: float

    def __str__(self) -> str:
        return f"about {size(self.memory)} of memory and {size(self.disk)} of disk"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """What decides how much memory and disk a sweep takes."""

    chunking: Chunking
    bins: Bins
    num_examples: int
    num_inputs: int
    precision: str
    has_neurons: bool
    method: str = "steps"
    num_datasets: int = 1
    num_categories: int = 0

    def needs(self) -> Needs:
        """What the whole of it takes."""
        num_singles = sum(cell.dim is None for cell in cells_of(self.method).values())
        num_bins = num_singles + sum(sizes_of(self.bins, self.num_inputs).values())
        chunking = self.chunking
        memory = (
            PROGRAM_BYTES[self.method]
            + chunking.chunk_size * (NEURON_BYTES[self.method] + INPUT_BYTES * self.num_inputs)
            + math.prod(chunking.tile) * num_bins * 8 * COPIES_OF_COUNTS
            + self.num_examples * max(EXAMPLE_BYTES, 40 * self.num_inputs)
            + (self.num_datasets - 1) * self.num_examples * (KEPT_BYTES + 16 * self.num_inputs)
        )
        num_cells = math.prod(chunking.cells)
        disk = num_cells * (CELL_BYTES_ON_DISK + min(chunking.replicates, num_bins))
        if self.has_neurons:
            disk += num_cells * chunking.replicates * self._record_bytes * COMPRESSED
        return Needs(memory, max(disk, BLOCK_BYTES * self.num_objects()))

    def num_objects(self) -> int:
        """About how many files, or objects of a store, the chunks of all arrays are."""
        chunking = self.chunking
        num_summaries = len(cells_of(self.method))
        of_a_chunk = num_summaries + 1 + (len(results_of(self.method)) if self.has_neurons else 0)
        has_parts = chunking.num_blocks > 1
        tiles = chunking.num_chunks // chunking.num_blocks if has_parts else 0
        return of_a_chunk * chunking.num_chunks + (num_summaries + 1) * tiles  # with a marker of each sum

    @property
    def _record_bytes(self) -> int:
        return sum(
            np.dtype(v.dtype or self.precision).itemsize
            * (self.num_inputs if v.field.endswith("weight") else 1)
            for v in results_of(self.method).values()
        )

    def on_device(self) -> float:
        """What it takes of a GPU's own memory."""
        neurons = self.chunking.chunk_size * np.dtype(self.precision).itemsize
        counts = math.prod(self.chunking.tile) * sum(sizes_of(self.bins, self.num_inputs).values()) * 8
        examples = self.num_datasets * self.num_examples * max(EXAMPLE_BYTES, 40 * self.num_inputs)
        of_a_chunk = neurons * (DEVICE_NEURON_WORDS + DEVICE_INPUT_WORDS * self.num_inputs) + counts
        return CHUNKS_ON_DEVICE * of_a_chunk + examples

    def smaller_chunks(self, fits: Callable[["Sizes"], bool]) -> int | None:
        """The largest chunk size, by halving, with which the sweep fits; None where none does."""
        cells, replicates = self.chunking.cells, self.chunking.replicates
        size = self.chunking.chunk_size
        while size := size // 2:
            chunking = cut_into_chunks(cells, replicates, size, num_categories=self.num_categories)
            if fits(dataclasses.replace(self, chunking=chunking)):
                return size
        return None


def check_room(location: Location, sizes: Sizes, share: float = 1.0, processes: int = 1) -> Needs:
    """What a share of the sweep takes, trained by a number of processes of this machine; BadInput where there
    is not enough room, with what would fit."""
    needs = check_memory(str(location), sizes, processes)
    needs = needs._replace(disk=share * needs.disk)
    disk = available_disk(location)
    if needs.disk > disk:
        fewer = share * dataclasses.replace(sizes, has_neurons=False).needs().disk
        fits = sizes.has_neurons and fewer <= disk
        remedy = (
            f'sweep.records = "cells" needs {size(fewer)}' if fits else "make room, or choose another --out"
        )
        raise BadInput(f"{location}: needs {needs}, and {size(disk)} of disk are free; {remedy}")
    return needs


def check_memory(name: str, sizes: Sizes, processes: int = 1) -> Needs:
    """What the sweep takes, trained by a number of processes; BadInput where there is not enough memory, of
    the machine or of its GPU."""
    needs, memory = sizes.needs(), available_memory()
    needs = needs._replace(memory=processes * needs.memory)
    if needs.memory > memory:
        smaller = sizes.smaller_chunks(lambda fewer: processes * fewer.needs().memory <= memory)
        remedy = f"sweep.chunk_size = {smaller} would fit" if smaller else "a machine with more is needed"
        raise BadInput(f"{name}: needs {needs}, and {size(memory)} of memory are free; {remedy}")
    if sizes.on_device() > (free := available_on_device()):
        smaller = sizes.smaller_chunks(lambda fewer: fewer.on_device() <= free)
        remedy = f"sweep.chunk_size = {smaller} would fit" if smaller else "a GPU with more is needed"
        raise BadInput(
            f"{name}: needs about {size(sizes.on_device())} of a GPU's memory, of which JAX has "
            f"{size(free)} free; {remedy}"
        )
    return needs


def available_on_device() -> float:
    """Bytes of its own memory that JAX may still take of the device that has the least; a CPU has none."""
    import jax  # late, as `status` is quick

    all_stats = [device.memory_stats() or {} for device in jax.local_devices()]
    left = [
        stats["bytes_limit"] - stats.get("bytes_in_use", 0) for stats in all_stats if "bytes_limit" in stats
    ]
    return float(min(left, default=math.inf))


def available_memory() -> float:
    """Bytes that this process may still take: of the machine, and of each control group that it is in, such
    as those of a container, of a Slurm job, or of systemd."""
    return min([float(psutil.virtual_memory().available), *_left_in_groups()])


def _left_in_groups() -> Iterator[float]:
    """What is left of each limit; files that are kept in memory, and not in use, make room when needed."""
    for folder, (limit_file, used_file, kept_entry) in _memory_groups():
        try:
            limit, used = ((folder / name).read_text("utf-8").strip() for name in (limit_file, used_file))
            stat = dict(line.split() for line in (folder / "memory.stat").read_text("utf-8").splitlines())
            if limit != "max":
                yield float(limit) - max(0.0, float(used) - float(stat.get(kept_entry, 0)))
        except (OSError, ValueError):  # it limits no memory
            continue


def _memory_groups() -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """The control groups of this process from the innermost outwards, and the names of their files."""
    try:
        lines = [line.split(":", 2) for line in PROCESS_GROUPS.read_text("utf-8").splitlines()]
    except OSError:  # another system
        return
    for _, controllers, path in lines:
        if controllers and "memory" not in controllers.split(","):
            continue
        root, files = (CGROUP / "memory", V1) if controllers else (CGROUP, V2)
        folder = root / path.lstrip("/")
        yield from ((group, files) for group in (folder, *folder.parents) if group.is_relative_to(root))


def available_disk(location: Location) -> float:
    """Bytes that are free where the run is to be; an object store has room."""
    if location.folder is None:
        return math.inf
    folder = next(parent for parent in location.folder.parents if os.path.exists(parent))
    return shutil.disk_usage(folder).free


def size(num_bytes: float) -> str:
    """'1.2 GB'."""
    unit, factor = next((u for u in UNITS if num_bytes >= u[1]), UNITS[-1])
    return f"{num_bytes / factor:.{1 if factor >= 1e9 else 0}f} {unit}"
