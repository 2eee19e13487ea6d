"""Sweeping a study into a run, by the devices of this process or by another engine."""

from functools import partial
from typing import Protocol

from jaxneuron.runner.extend import extend as extend_run
from jaxneuron.runner.prepare import check_location, prepare, program_of
from jaxneuron.runner.work import Progress, train_and_write, work
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.study import Study


class Engine(Protocol):
    """Trains a study into a run: the devices of this process, other processes, or a cluster."""

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Make the run, or resume it, and train and write all that is missing of it."""
        ...


class Devices:
    """The engine unless another is asked for: all devices of this process, the GPUs, or the CPU's cores."""

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Train and write all that is missing, while nobody else does."""
        program = program_of(study, location, overwrite=overwrite)
        prepare(program, location, overwrite=overwrite)
        with location.lock():
            location.remove_leftovers()
            store = Store(location, "r+")
            train = partial(train_and_write, store, program)
            work(store, range(store.chunking.num_chunks), train, progress)


def sweep(
    study: Study,
    location: Location,
    progress: Progress,
    *,
    extend: Location | None = None,
    overwrite: bool = False,
    engine: Engine | None = None,
) -> None:
    """Train every neuron of the study that the run at a place does not hold yet; see `jaxneuron.sweep`."""
    check_location(location)
    if extend is not None:
        extend_run(study, extend, location, overwrite)
        overwrite = False
    (engine or Devices()).sweep(study, location, overwrite, progress)
