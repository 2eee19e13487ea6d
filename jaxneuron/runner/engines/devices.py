"""The engine that a sweep has unless another is asked for: all devices of this process."""

from functools import partial

from jaxneuron.runner.prepare import prepare, program_of
from jaxneuron.runner.work import Progress, train_and_write, work
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.study import Study


class Devices:
    """The devices of this process: the GPUs, or the cores of the CPU."""

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Train and write all that is missing, while nobody else does."""
        program = program_of(study, location, overwrite=overwrite)
        prepare(program, location, overwrite=overwrite)
        with location.lock():
            location.remove_leftovers()
            store = Store(location, "r+")
            train = partial(train_and_write, store, program)
            work(store, range(store.chunking.num_chunks), train, progress)
