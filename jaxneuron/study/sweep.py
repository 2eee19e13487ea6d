"""Running a study: into a run that is made for it, or goes on from where it was, by one of the engines."""

from pathlib import Path

from jaxneuron.study.engines.devices import Devices
from jaxneuron.study.engines.engine import Engine
from jaxneuron.study.location import Location
from jaxneuron.study.prepare import check_location
from jaxneuron.study.run import Run, open_run
from jaxneuron.study.study import Study
from jaxneuron.study.work import Progress


def sweep(
    study: Study,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Run:
    """Train every neuron of the study that the run at the path does not hold yet.

    A run that was stopped is gone on with, chunks that are damaged are trained again (the log warns of
    them), and a whole run is returned as it is: whatever happened on the way, and whatever engine trains, the
    bytes are those of a sweep that ran through. The engine is the devices of this process if none is given;
    `Workers(4)` are processes of this machine, `Ray()` a cluster's.

    A path that holds a run of another study raises BadInput, unless `overwrite` replaces it, and so do
    a study that cannot be run and a lack of room; nothing is written then. Stopped tells that the sweep
    could not go on. `progress(done, total)` is called with numbers of neurons.
    """
    location = Location(path)
    check_location(location)
    (engine or Devices()).sweep(study, location, overwrite, progress or (lambda done, total: None))
    return open_run(location.name)
