"""`jaxneuron sweep`."""

import contextlib
import importlib
import os
import sys
import threading
from pathlib import Path

import click

from jaxneuron.cli.options import engine_of, engine_options, extend_option, out_option, set_option
from jaxneuron.cli.paths import FIGURE, LocalPath, beside, default_run, local_folder
from jaxneuron.cli.terminal import (
    json_option,
    print_items,
    print_json,
    print_log,
    quiet_option,
    resumable,
    terminal_size,
)
from jaxneuron.store import whole_file
from jaxneuron.study.bad_input import BadInput
from jaxneuron.view.progress import Progress


@click.command()
@click.argument("study", type=LocalPath())
@out_option
@click.option("--overwrite", is_flag=True, help="Replace the run that is there and start anew.")
@click.option("--figure", type=LocalPath(), help="The phase diagram.  [default: beside the run]")
@engine_options
@set_option
@extend_option
@quiet_option
@json_option
def sweep(
    study: Path,
    out: str | None,
    overwrite: bool,
    figure: Path | None,
    workers: int | None,
    engine: str,
    address: str | None,
    settings: tuple[str, ...],
    extend: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train every neuron of a study.toml and draw its phase diagram.

    Stopped and started again, it resumes where it was.
    """
    out = default_run(study) if out is None else out
    figure = _checked_figure(out, figure, study)
    # Not from `jaxneuron.api`, which imports what reads a run: there is time for that while neurons train.
    from jaxneuron.runner.sweep import sweep as run_sweep
    from jaxneuron.store.location import Location
    from jaxneuron.study.study import read_study

    is_quiet = quiet or as_json
    print_log(is_quiet)
    trainer, options = engine_of(engine, workers, address)
    given = [word for setting in settings for word in ("--set", setting)]
    given += ["--extend", extend] if extend else []
    line = ["jaxneuron", "sweep", str(study), "--out", out, *given, *options]
    with resumable(line, is_quiet) as progress:
        # Ray prints a page for each actor that dies, of which our log has a line.
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere if engine == "ray" else sys.stdout),
        ):
            read = read_study(study, settings)
            old = Location(extend) if extend else None
            told = _importing(progress)
            run_sweep(read, Location(out), told, extend=old, overwrite=overwrite, engine=trainer)
            if read.sweep.refine is not None:
                from jaxneuron.api.refining import refine_run

                refine_run(Location(out), read.sweep.refine, progress, engine=trainer)

        from jaxneuron.analysis.phase import phase_diagram
        from jaxneuron.analysis.rest import num_at_rest
        from jaxneuron.api import open_run
        from jaxneuron.neuron.fate import Fate
        from jaxneuron.view.plots.canvas import save
        from jaxneuron.view.plots.phase import draw_phase_diagram
        from jaxneuron.view.terminal.best_tables import best_table
        from jaxneuron.view.terminal.tables import fate_table

        run = open_run(out)
        save(draw_phase_diagram(phase_diagram(run)), figure)
    if as_json:
        counts = run.pooled("fate_count").values
        print_json(
            run=out,
            figure=str(figure),
            num_neurons=run.attrs["num_neurons"],
            training_seconds=run.training_seconds,
            fates={fate.name: round(float(counts[fate])) for fate in Fate},
            at_rest=num_at_rest(run),
            best=run.best().to_dict(orient="records"),
        )
        return
    if quiet:
        return
    print_items(fate_table(run), blank=True)
    if size := terminal_size():
        from jaxneuron.view.terminal.fates import fate_picture

        print_items(fate_picture(run, *size), blank=True)
    print_items(best_table(run), blank=True)
    print_items(f"run: {out}", f"figure: {figure}")


def _importing(progress: Progress) -> Progress:
    """The progress; when something is trained, what draws is imported besides, which takes a second."""
    importer = threading.Thread(target=importlib.import_module, args=["jaxneuron.view.plots.phase"])

    def told(done: int, total: int) -> None:
        progress(done, total)
        if done and importer.ident is None:
            importer.start()

    return told


def _checked_figure(out: str, figure: Path | None, study: Path) -> Path:
    """Where the figure is drawn; BadInput where it or the run cannot be made."""
    from jaxneuron.store.location import Location

    location = Location(out)
    folder = local_folder(location)
    if not folder.name:
        raise BadInput(f"--out: is '{folder}'; it must be a name for the run, such as {default_run(study)}")
    location.check()
    figure = figure or beside(out, FIGURE)
    if figure in (folder, *folder.parents):
        raise BadInput(f"--figure: {figure} is the place of the run; choose another --figure or --out")
    whole_file.check_file(figure, whole_file.FIGURE, "--figure")
    return figure
