"""Sweeping a study into a run, by whichever engine."""

from jaxneuron.runner.engines.devices import Devices
from jaxneuron.runner.engines.engine import Engine
from jaxneuron.runner.extend import extend as extend_run
from jaxneuron.runner.prepare import check_location
from jaxneuron.runner.work import Progress
from jaxneuron.store.location import Location
from jaxneuron.study.study import Study


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
