"""Refining a run: in rounds, each of which trains the cells that what was found before them chooses."""

import itertools
import logging
from pathlib import Path
from typing import Any

from jaxneuron.analysis.mixed import next_round
from jaxneuron.analysis.run import Run
from jaxneuron.population.design import Chosen
from jaxneuron.runner.prepare import check_same
from jaxneuron.runner.program import Program
from jaxneuron.runner.sweep import Devices, Engine
from jaxneuron.runner.work import Progress
from jaxneuron.store.data_files import study_of
from jaxneuron.store.location import Location
from jaxneuron.store.rounds import round_at
from jaxneuron.store.skeleton import check_current, cut_of, is_run
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.counted import counted
from jaxneuron.study.refine import Refine
from jaxneuron.study.study import Study

log = logging.getLogger(__name__)


def refine_run(
    location: Location, refine: Refine, progress: Progress, *, engine: Engine | None = None
) -> None:
    """Finish the rounds that a whole run has, and add others until its squares agree, or are the finest ones.

    What a round has chosen stays, so that it can be resumed, whatever is asked for then. BadInput where the
    run is not whole, or its grid cannot be refined so far.
    """
    grid = Run(location.name, refined=False)
    study = _checked(grid, refine)
    engine = engine or Devices()
    for number in itertools.count():
        place = round_at(location, number)
        if is_run(place):
            there = Store(place)
            of_round = study_of(there.attrs, there.root, place)
        else:
            chosen = _chosen(Run(location.name), refine, number)
            if not len(chosen.levels):
                return
            of_round = study.at_cells(chosen)
        engine.sweep(of_round, place, False, _of_what_is_missing(progress))


def settings_of(run: str | Path, **given: Any) -> Refine:
    """How a run is to be refined: as is given, otherwise as its study says; BadInput for what cannot be."""
    of_study = Run(run, refined=False).study.sweep.refine
    settings = {} if of_study is None else of_study.model_dump()
    if given.get("quantity") not in (None, settings.get("quantity")):
        settings.pop("by", None)
    return Refine(**settings | given)


def _of_what_is_missing(progress: Progress) -> Progress:
    """The progress of a round; nothing is told of one that was done before."""
    is_told = False

    def told(done: int, total: int) -> None:
        nonlocal is_told
        is_told = is_told or done < total
        if is_told:
            progress(done, total)

    return told


def _checked(grid: Run, refine: Refine) -> Study:
    """The study of a run's rounds; BadInput where it cannot be refined, or not here."""
    check_current(grid.location)
    study = grid.study
    try:
        study.check_refine(refine)
    except ValueError as error:
        raise BadInput(f"{grid.path}: {error}") from None
    check_same(grid.location, Program(study, cut=cut_of(grid.attrs)))
    return study.model_copy(update={"sweep": study.sweep.model_copy(update={"refine": refine})})


def _chosen(run: Run, refine: Refine, number: int) -> Chosen:
    """The cells of the next round; BadInput where they would be too many."""
    chosen = next_round(run, refine)
    num_new = len(chosen.levels)
    in_all = num_new + (0 if run.refinement is None else int((run.refinement.chosen.levels > 0).sum()))
    if num_new and in_all > refine.most_cells:
        raise BadInput(
            f"{run.path}: round {number} of its refinement would add {counted(num_new, 'cell')}, {in_all:,} "
            f"in all; sweep.refine.most_cells is {refine.most_cells:,}, and what is there stays readable"
        )
    if num_new:
        least, most = chosen.levels.min(), chosen.levels.max()
        levels = f"level {most}" if least == most else f"levels {least} to {most}"
        log.info(f"round {number}: {counted(num_new, 'cell')} of {levels}, between cells that differ")
    return chosen
