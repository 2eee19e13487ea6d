"""`jaxneuron sweep`."""

import contextlib
import importlib
import os
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.figure import FIGURE, beside, check_figure, local_place
from jaxneuron.cli.terminal import console, print_json, print_log, progress_bar, terminal_size

Progress = Callable[[int, int], None]


class Interrupted(click.Abort):
    """Ctrl-C, with one line that says what was kept."""


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", help="The run: a folder, or a URL of an object store.  [default: runs/NAME.zarr]")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there and start anew.")
@click.option(
    "--figure", type=click.Path(path_type=Path), help="The phase diagram.  [default: beside the run]"
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Train in so many processes; with Ray, actors.  [default: this one; an actor for each device]",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where to train.",
)
@click.option(
    "--address",
    help="The Ray cluster, HOST:PORT, or auto: this machine's.  [default: a Ray job's, or one of its own]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def sweep(
    study: Path,
    out: str | None,
    overwrite: bool,
    figure: Path | None,
    workers: int | None,
    engine: str,
    address: str | None,
    as_json: bool,
) -> None:
    """Train every neuron of a study.toml and draw its phase diagram.

    Stopped and given again, it goes on from where it was.
    """
    out = default_run(study) if out is None else out
    from jaxneuron.store.location import Location
    from jaxneuron.study.bad_input import BadInput

    location = Location(out)
    folder = local_place(location)
    if not folder.name:
        raise BadInput(
            f"--out: is {str(folder)!r}; it must be a name for the run, such as {default_run(study)}"
        )
    location.check()
    figure = figure or beside(out, FIGURE)
    if figure in (folder, *folder.parents):
        raise BadInput(f"--figure: {figure} is the place of the run; choose another --figure or --out")
    check_figure(figure)
    from jaxneuron.api import sweep as run_sweep
    from jaxneuron.study.study import read_study

    # The plots are imported while the first chunk is compiled.
    threading.Thread(target=importlib.import_module, args=["jaxneuron.view.plots.phase"]).start()
    print_log(quiet=as_json)
    where, options = _engine(engine, workers, address)
    line = ["jaxneuron", "sweep", str(study), "--out", out, *options]
    with resuming(line) as noting:
        with progress_bar(quiet=as_json) as progress, _silence(engine):
            told = noting(progress)
            run = run_sweep(read_study(study), out, overwrite=overwrite, progress=told, engine=where)

        from jaxneuron.analysis.phase import phase_diagram
        from jaxneuron.neuron.fate import Fate
        from jaxneuron.view.plots.canvas import save
        from jaxneuron.view.plots.phase import draw_phase_diagram
        from jaxneuron.view.terminal.tables import best_table, fate_table

        save(draw_phase_diagram(phase_diagram(run)), figure)
    if as_json:
        counts = run.cells.fate_count.sum(run.dims).values
        print_json(
            run=out,
            figure=str(figure),
            num_neurons=run.attrs["num_neurons"],
            training_seconds=run.training_seconds,
            fates={fate.name: int(counts[fate]) for fate in Fate},
            best=run.best().to_dict(orient="records"),
        )
        return
    screen = console()
    screen.print(fate_table(run))
    screen.print()
    if size := terminal_size():
        from jaxneuron.view.terminal.fates import fate_picture

        screen.print(fate_picture(run, *size))
        screen.print()
    screen.print(best_table(run))
    screen.print()
    screen.print(f"run: {out}\nfigure: {figure}", soft_wrap=True)


def _engine(name: str, workers: int | None, address: str | None) -> tuple[Any, list[str]]:
    """What trains, and the options that ask for it."""
    from jaxneuron.study.bad_input import BadInput

    options = ["--workers", str(workers)] if workers else []
    if name == "ray":
        from jaxneuron.runner.engines.ray import Ray

        options += ["--engine", "ray", *(["--address", address] if address else [])]
        return Ray(address, actors=workers), options
    if address:
        raise BadInput(f"--address: is {address}, a Ray cluster's; it needs --engine ray")
    if workers:
        from jaxneuron.runner.engines.workers import Workers

        return Workers(workers), options
    return None, []


@contextlib.contextmanager
def _silence(engine: str) -> Iterator[None]:
    """Keep Ray's own words from stdout: a page for each actor that dies, of which our log says a line."""
    with contextlib.ExitStack() as stack:
        if engine == "ray":
            stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
        yield


def default_run(study: Path) -> str:
    """Where the run of a study.toml is if nothing else is said."""
    name = study.stem if study.stem != "study" else study.resolve().parent.name
    return f"runs/{name}.zarr"


@contextlib.contextmanager
def resuming(line: Sequence[str]) -> Iterator[Callable[[Progress], Progress]]:
    """Have Ctrl-C say how much is kept of what the command line trains, and that it goes on with it; what is
    told to the progress is noted for that."""
    numbers: list[tuple[int, int]] = []

    def noting(progress: Progress) -> Progress:
        def tell(done: int, total: int) -> None:
            numbers[:] = [(done, total)]
            progress(done, total)

        return tell

    try:
        yield noting
    except KeyboardInterrupt:
        kept = "{:,} of {:,} neurons are kept".format(*numbers[0]) if numbers else "what was there is kept"
        raise Interrupted(f"{kept}; this goes on: {shlex.join(line)}") from None
