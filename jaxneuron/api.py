"""The names of `import jaxneuron`, and the only place that joins running a study, reading its results and
drawing them."""

from pathlib import Path
from typing import TYPE_CHECKING

from jaxneuron.analysis import run as analysis
from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.axes import Linear, Log
from jaxneuron.runner import training as one_neuron
from jaxneuron.runner.engines.devices import Devices
from jaxneuron.runner.engines.engine import Engine
from jaxneuron.runner.engines.ray import Ray
from jaxneuron.runner.engines.workers import Workers
from jaxneuron.runner.prepare import check_location
from jaxneuron.runner.program import Program
from jaxneuron.runner.work import Progress, ignore
from jaxneuron.store.location import Location
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study, read_study

if TYPE_CHECKING:  # what draws is imported when something is drawn
    from jaxneuron.view.plots.run_plots import RunPlots
    from jaxneuron.view.plots.training_plots import TrainingPlots

__all__ = [
    "BadInput",
    "Fate",
    "Linear",
    "Log",
    "LogUniform",
    "Normal",
    "Ray",
    "Run",
    "Study",
    "Training",
    "Uniform",
    "Workers",
    "open_run",
    "read_study",
    "sweep",
    "train",
]


class Run(analysis.Run):
    __doc__ = analysis.Run.__doc__

    @property
    def plot(self) -> "RunPlots":
        """Its figures: `run.plot()` is the phase diagram, `run.plot.map("died")` a map; help(run.plot)."""
        from jaxneuron.view.plots.run_plots import RunPlots

        return RunPlots(self)

    def _repr_html_(self) -> str:
        from jaxneuron.view.notebook.show import run_html

        return run_html(self)


class Training(one_neuron.Training):
    __doc__ = one_neuron.Training.__doc__

    @property
    def plot(self) -> "TrainingPlots":
        """Its figures: `training.plot()` is the loss and the fit; see help(training.plot)."""
        from jaxneuron.view.plots.training_plots import TrainingPlots

        return TrainingPlots(self)

    def _repr_html_(self) -> str:
        from jaxneuron.view.notebook.show import training_html

        return training_html(self)


def open_run(path: str | Path) -> Run:
    """The run at the path; nothing is read until it is asked for."""
    return Run(path)


def sweep(
    study: Study,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Run:
    """Train every neuron of the study that the run at the path does not hold yet, and return the run.

    A run that was stopped is resumed, chunks that are damaged are trained again (the log warns of them), and
    a whole run is returned as it is: whatever happened on the way, and whatever engine trains, the bytes are
    those of a sweep that ran through.

    Args:
        study: what is trained, at which hyperparameters.
        path: of the run: a folder, or `s3://bucket/name`.
        overwrite: replaces a run of another study.
        progress: called with numbers of neurons, `progress(done, total)`.
        engine: the devices of this process if none is given; `Workers(4)` are processes of this machine,
            `Ray()` a cluster's.

    Raises:
        BadInput: the path holds a run of another study, the study cannot be run, or there is no room for it;
            nothing is written then.
        Stopped: the sweep had to stop before its end.
    """
    location = Location(path)
    check_location(location)
    (engine or Devices()).sweep(study, location, overwrite, ignore if progress is None else progress)
    return open_run(location.name)


def train(study: Study, *, cell: int = 0, replicate: int = 0) -> Training:
    """Train one neuron of a study, the same one that a sweep of it trains, and keep every step.

    It ends after the study's num_steps, or before where its loss has converged: every component of the
    gradient and of the update is at most the study's tolerance (for a silent neuron without a gradient the
    update is 0), or a number is not finite. With mini-batches, whose gradients do not speak for all examples,
    all steps are taken. By jumps it is followed to the study's num_steps, or to where it comes without end.
    Until then it has the bits that it has in a sweep; its fate is that of its last step.

    Args:
        study: its data, training and sweep.
        cell: its number among the cells of the study's design, in C order; of several data sets the neuron
            has its cell's.
        replicate: its number among the cell's neurons.

    Raises:
        BadInput: the study has no such neuron, or cannot be trained.
    """
    return Training(**vars(Program(study).follow(cell, replicate)))
