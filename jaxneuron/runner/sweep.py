"""Running a study: into a run that is made for it, or one that is resumed, by one of the engines."""

from pathlib import Path
from typing import Protocol

from jaxneuron.runner.engines.devices import Devices
from jaxneuron.runner.prepare import check_location
from jaxneuron.runner.work import Progress, ignore
from jaxneuron.store.location import Location
from jaxneuron.study.study import Study


class Engine(Protocol):
    """What trains a study into a run: the devices of this process, other processes, or a cluster."""

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Make the run, or resume it, and train and write all that is missing of it."""
        ...


def sweep(
    study: Study,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> None:
    """Train every neuron of the study that the run at the path does not hold yet: `jaxneuron.sweep`."""
    location = Location(path)
    check_location(location)
    (engine or Devices()).sweep(study, location, overwrite, ignore if progress is None else progress)
