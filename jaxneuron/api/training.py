"""What trains neurons, and gives them or the run of them."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from jaxneuron.api.reading import Run, open_run
from jaxneuron.api.refining import refine_run, settings_of
from jaxneuron.runner import training as one_neuron
from jaxneuron.runner.engines.ray import Ray
from jaxneuron.runner.engines.workers import Workers
from jaxneuron.runner.program import Program
from jaxneuron.runner.sweep import Engine
from jaxneuron.runner.sweep import sweep as run_sweep
from jaxneuron.runner.work import Progress, ignore
from jaxneuron.store.location import Location
from jaxneuron.study.bad_input import BadInput, shown
from jaxneuron.study.study import Study, read_study
from jaxneuron.view.progress import progress_bar

if TYPE_CHECKING:  # what draws is imported when it is asked for
    from jaxneuron.view.plots.training_plots import TrainingPlots

__all__ = ["Ray", "Training", "Workers", "refine", "sweep", "train"]


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

    Where the study is to be refined (`[sweep] refine`), that is done too.

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
    study, location = _read(study), Location(path)
    old = extend.location if isinstance(extend, Run) else None if extend is None else Location(extend)
    with _shown(progress) as show:
        run_sweep(study, location, show, extend=old, overwrite=overwrite, engine=engine)
        if study.sweep.refine is not None:
            refine_run(location, study.sweep.refine, show, engine=engine)
    return open_run(location.name)


def refine(
    run: Run | str | Path,
    *,
    depth: int | None = None,
    quantity: str | None = None,
    by: float | None = None,
    most_cells: int | None = None,
    progress: Progress | bool | None = None,
    engine: Engine | None = None,
) -> Run:
    """Train new cells of a run where neighbouring cells differ, and return the run with all of them.

    Between cells whose quantity differs its grid is halved, level by level, and only there; each new cell has
    the bits that it has in a sweep of the whole grid of its level. What was stopped is resumed, and what was
    refined before can be refined further, or by another quantity.

    Args:
        run: a whole run of a grid of one or two axes, linear or log; or its path.
        depth: how often the steps of the axes are halved; if not given, as often as the study says, or 6
            times.
        quantity: what differs: `"fate"`, the most frequent one; a share, such as `"dead"`; or `"final_loss"`,
            `"death_step"` or `"half_life"`, compared by decades. If not given, the study's, or `"fate"`.
        by: the largest difference at which cells count as alike; of a fate there is none.
        most_cells: the most cells that are added, in all; if not given, the study's, or 2²².
        progress: as of `sweep`, for each round.
        engine: as of `sweep`.

    Raises:
        BadInput: the run is not whole or its grid cannot be refined so far, or more cells would be added.
        Stopped: it had to stop before its end.
    """
    path = run.location.name if isinstance(run, Run) else run
    given = {"depth": depth, "quantity": quantity, "by": by, "most_cells": most_cells}
    settings = settings_of(path, **{name: value for name, value in given.items() if value is not None})
    location = Location(path)
    with _shown(progress) as show:
        refine_run(location, settings, show, engine=engine)
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
    program.log_notes()
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
