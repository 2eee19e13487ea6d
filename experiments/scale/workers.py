"""Workers beside one another, each on a core of its own: twice as many take half the time."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from jaxneuron import read_study
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.store.location import Location

ENGEL = Path(__file__).parents[1] / "engel" / "study.toml"
REPLICATES = 256
ROUNDS = 3


class SpeedUp(NamedTuple):
    """Medians of alternating runs."""

    num_neurons: int
    one_worker_seconds: float
    two_workers_seconds: float

    @property
    def ratio(self) -> float:
        return self.one_worker_seconds / self.two_workers_seconds


def of_two_workers(folder: Path) -> SpeedUp:
    """Processes that start, compile (what an earlier one has compiled is kept), train and write."""
    _timed(folder, 1)
    pairs = [(_timed(folder, 1), _timed(folder, 2)) for _ in range(ROUNDS)]
    one, two = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    return SpeedUp(_study().design.num_cells * REPLICATES, one, two)


def _timed(folder: Path, number: int) -> float:
    location = Location(folder / "workers.zarr")
    prepare(Program(_study()), location, overwrite=True)
    began = time.perf_counter()
    processes = [_start(location.name, index, number) for index in range(number)]
    assert [process.wait() for process in processes] == [0] * number
    return time.perf_counter() - began


def _study():
    study = read_study(ENGEL)
    return study.model_copy(update={"sweep": study.sweep.model_copy(update={"replicates": REPLICATES})})


def _start(run: str, index: int, of: int) -> subprocess.Popen:
    share = ["--index", str(index), "--of", str(of), "--json"]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[index]})  # the new process has it from this one
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "jaxneuron", "worker", run, *share], stdout=subprocess.DEVNULL
        )
    finally:
        os.sched_setaffinity(0, cores)
