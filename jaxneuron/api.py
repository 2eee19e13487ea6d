"""The names of `import jaxneuron`, and the only place that joins running a study, reading its results and
drawing them."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jaxneuron.analysis import deaths as run_deaths
from jaxneuron.analysis import run as analysis
from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.axes import Linear, Log
from jaxneuron.runner import training as one_neuron
from jaxneuron.runner.engines.devices import Devices
from jaxneuron.runner.engines.engine import Engine
from jaxneuron.runner.engines.ray import Ray
from jaxneuron.runner.engines.workers import Workers
from jaxneuron.runner.extend import extend as extend_run
from jaxneuron.runner.notes import log_notes
from jaxneuron.runner.prepare import check_location
from jaxneuron.runner.program import Program
from jaxneuron.runner.work import Progress, ignore
from jaxneuron.store.location import Location
from jaxneuron.store.status import Status, status
from jaxneuron.study.bad_input import BadInput, shown
from jaxneuron.study.study import Study, read_study
from jaxneuron.view.progress import progress_bar

if TYPE_CHECKING:  # what draws, or takes SciPy, is imported when it is asked for
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

    def deaths(self, along: str | None = None, phase: tuple[int, int] | None = None) -> "Deaths":
        """How many neurons died, along an axis, by which step, and what makes the difference.

        Args:
            along: the axis, by default the learning rate.
            phase: the first and the last step of the half-lives, by default of all but the first tenth.

        Raises:
            BadInput: there is no such axis, or the phase is too short.
        """
        return Deaths(*run_deaths.deaths(self, along, phase))

    def export(
        self, path: str | Path, *, rows: Literal["cells", "neurons"] = "cells", overwrite: bool = False
    ) -> int:
        """Write the run as one table to a .csv or .parquet file; returns the number of rows.

        Args:
            path: of the file.
            rows: a row for each of the cells, or of the neurons.
            overwrite: replaces a file that is there.

        Raises:
            BadInput: the file cannot be made, is there, or the run keeps no records of neurons.
        """
        from jaxneuron.analysis.export import export

        return export(self, path, rows=rows, overwrite=overwrite)

    def report(self, path: str | Path) -> Path:
        """Write what was asked and found as one HTML file, with maps and lives; returns its path.

        The log warns where there are no lives, such as where the data is gone. BadInput where the file cannot
        be made.
        """
        from jaxneuron.view.web.page import check_page
        from jaxneuron.view.web.report import report

        check_page(Path(path))
        report(self, Path(path))
        return Path(path)

    def status(self, *, verify: bool = False) -> Status:
        """How far it is on the disk, what is missing, how fast it goes; with `verify` all of it is read and
        compared with its checksums."""
        return status(self.location.name, verify=verify)

    @property
    def plot(self) -> "RunPlots":
        """Its figures: `run.plot()` is the phase diagram, `run.plot.map("died")` a map; help(run.plot)."""
        from jaxneuron.view.plots.run_plots import RunPlots

        return RunPlots(self)

    def _repr_html_(self) -> str:
        from jaxneuron.view.notebook.show import run_html

        return run_html(self)


class Deaths(run_deaths.Deaths):
    __doc__ = run_deaths.Deaths.__doc__
    __slots__ = ()

    def __repr__(self) -> str:
        from jaxneuron.view.terminal.death_tables import deaths_tables
        from jaxneuron.view.terminal.plain import as_text

        return as_text(deaths_tables(self))

    def _repr_html_(self) -> str:
        from jaxneuron.view.notebook.show import deaths_html

        return deaths_html(self)


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


def open_run(path: str | Path, *, partial: bool = False) -> Run:
    """The run at the path; nothing is read until it is asked for.

    Args:
        path: of the run: a folder, or `s3://bucket/name`.
        partial: opens also a run that is not whole, with what is done: `run.neurons_done` of its neurons.

    Raises:
        BadInput: there is no run, it is damaged, or it is not whole and no part is asked for.
    """
    return Run(path, partial=partial)


def sweep(
    study: Study | str | Path,
    path: str | Path,
    *,
    extend: Run | str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | bool | None = None,
    engine: Engine | None = None,
) -> Run:
    """Train every neuron of the study that the run at the path does not hold yet, and return the run.

    A run that was stopped is resumed, chunks that are damaged are trained again (the log warns of them), and
    a whole run is returned as it is: whatever happened on the way, and whatever engine trains, the bytes are
    those of a sweep that ran through.

    Args:
        study: what is trained, at which hyperparameters; or the path of a study.toml.
        path: of the run: a folder, or `s3://bucket/name`.
        extend: a run, or its path, of the same study with fewer replicates, from which what is done is taken
            over.
        overwrite: replaces a run of another study.
        progress: True shows a bar, on the terminal or in the notebook; or a function, which is called with
            numbers of neurons, `progress(done, total)`.
        engine: the devices of this process if none is given; `Workers(4)` are processes of this machine,
            `Ray()` a cluster's.

    Raises:
        BadInput: the path holds a run of another study, the study cannot be run or extends no such run, or
            there is no room for it; nothing is written then.
        Stopped: the sweep had to stop before its end.
    """
    study = _read(study)
    location = Location(path)
    check_location(location)
    if extend is not None:
        extend_run(
            study, extend.location if isinstance(extend, Run) else Location(extend), location, overwrite
        )
        overwrite = False
    with _shown(progress) as show:
        (engine or Devices()).sweep(study, location, overwrite, show)
    return open_run(location.name)


def train(study: Study | Run | str | Path, *, cell: int = 0, replicate: int = 0) -> Training:
    """Train one neuron of a study, the same one that a sweep of it trains, and keep every step.

    It ends after the study's num_steps, or before where its loss has converged: every component of the
    gradient and of the update is at most the study's tolerance (for a silent neuron without a gradient the
    update is 0), or a number is not finite. With mini-batches, whose gradients do not speak for all examples,
    all steps are taken. By jumps it is followed to the study's num_steps, or to where it comes without end.
    Until then it has the bits that it has in a sweep; its fate is that of its last step.

    Args:
        study: its data, training and sweep; the path of a study.toml; or a run, whose data must be as it was.
        cell: its number among the cells of the study's design, in C order; of several data sets the neuron
            has its cell's.
        replicate: its number among the cell's neurons.

    Raises:
        BadInput: the study has no such neuron, or cannot be trained.
    """
    program = study.program() if isinstance(study, Run) else Program(_read(study))
    log_notes(program)
    return Training(**vars(program.follow(cell, replicate)))


def _read(study: Study | str | Path) -> Study:
    if isinstance(study, Study):
        return study
    if not isinstance(study, (str, Path)):
        raise BadInput(f"study: is {shown(study)}; it must be a Study, or the path of a study.toml")
    return read_study(study)


def _shown(progress: Progress | bool | None) -> contextlib.AbstractContextManager[Progress]:
    """What is told of progress: a bar, nobody, or a function that was given."""
    if progress is True:
        return progress_bar()
    return contextlib.nullcontext(progress or ignore)
