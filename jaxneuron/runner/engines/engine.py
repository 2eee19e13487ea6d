"""What every engine does: the devices of this process, other processes, or a cluster."""

from typing import Protocol

from jaxneuron.runner.work import Progress
from jaxneuron.store.location import Location
from jaxneuron.study.study import Study


class Engine(Protocol):
    """Trains a study into a run."""

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Make the run, or resume it, and train and write all that is missing of it."""
        ...
