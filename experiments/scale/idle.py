"""Engines with nothing to do: what is left is what sharing out, looking, telling and keeping count take."""

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import psutil

from jaxneuron.runner.dispatch import Device
from jaxneuron.runner.engines.actor import Actor
from jaxneuron.runner.engines.crew import Crew
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.runner.work import train_and_write
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.study import Study


class Overhead(NamedTuple):
    """What a chunk costs beside its training and writing, and how the memory of the process grows."""

    engine: str
    num_chunks: int
    ms_per_chunk: float
    mb_after_a_tenth: float
    mb_at_the_end: float


def tiny_study(num_chunks: int) -> Study:
    """So many cells of one neuron, each a chunk."""
    return Study(
        data={"x": [0.0, 1.0], "y": [0.0, 1.0]},
        training={"num_steps": 1},
        sweep={"learning_rate": tuple(np.linspace(0.1, 1, num_chunks)), "chunk_size": 1},
    )


class IdleProgram(Program):
    """Trains a chunk once, and gives the same for all."""

    def train_chunk(self, number: int, device: Device | None = None) -> Any:
        return self._of_the_first

    @cached_property
    def _of_the_first(self) -> Any:
        return super().train_chunk(0)


class IdleStore(Store):
    """Writes nothing."""

    def write(self, *args: Any, **kwargs: Any) -> None:
        pass


class IdleActor(Actor):
    """Looks whether a chunk is done, and does nothing about it."""

    def open(self, name: str) -> None:
        self.store = IdleStore(Location(name), "r+")
        self.program = SimpleNamespace(train_chunk=lambda number, device: None)


def prepared(folder: Path, num_chunks: int) -> tuple[Location, IdleProgram]:
    """A run of so many chunks, of which none is done."""
    program = IdleProgram(tiny_study(num_chunks))
    location = Location(folder / f"{num_chunks}.zarr")
    prepare(program, location, overwrite=True)
    return location, program


def of_devices(folder: Path, num_chunks: int) -> Overhead:
    """Of the engine of this process's devices, which every worker runs as well."""
    location, program = prepared(folder, num_chunks)
    store = IdleStore(location, "r+")
    program.train_chunk(0)
    return _measure("devices", num_chunks, lambda: train_and_write(store, program, range(num_chunks)))


def of_ray(folder: Path, num_chunks: int, actors: int) -> Overhead:
    """Of actors of a Ray on this machine."""
    import ray

    ray.init("local", num_cpus=actors, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        location, _ = prepared(folder, num_chunks)
        with Crew(ray, actors, str(location.folder), IdleActor) as crew:
            next(crew.work([0]))  # somebody is there
            return _measure(f"ray, {actors} actors", num_chunks, lambda: crew.work(range(num_chunks)))
    finally:
        ray.shutdown()


def _measure(engine: str, num_chunks: int, work: Callable[[], Iterator[int]]) -> Overhead:
    process, sizes = psutil.Process(), []
    began = time.perf_counter()
    for i, _ in enumerate(work(), 1):
        if i in (num_chunks // 10, num_chunks):
            sizes.append(process.memory_info().rss / 1e6)
    seconds = time.perf_counter() - began
    return Overhead(engine, num_chunks, 1e3 * seconds / num_chunks, *sizes)
