"""`jaxneuron sweep`."""

import contextlib
import importlib
import shlex
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from jaxneuron.cli.figure import check_figure
from jaxneuron.cli.terminal import console, print_json, print_log, progress_bar, terminal_size


class Interrupted(click.Abort):
    """Ctrl-C, with one line that says what was kept."""


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", help="The run: a folder, or a URL of an object store.  [default: runs/NAME.zarr]")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there and start anew.")
@click.option(
    "--figure", type=click.Path(path_type=Path), help="The phase diagram.  [default: beside the run]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def sweep(study: Path, out: str | None, overwrite: bool, figure: Path | None, as_json: bool) -> None:
    """Train every neuron of a study.toml and draw its phase diagram.

    Stopped and given again, it goes on from where it was.
    """
    name = study.stem if study.stem != "study" else study.resolve().parent.name
    out = f"runs/{name}.zarr" if out is None else out
    from jaxneuron.study.bad_input import BadInput
    from jaxneuron.study.location import Location

    folder = Path(out) if Location(out).folder else Path("runs") / Path(out).name
    if not folder.name:
        raise BadInput(f"--out: is {str(folder)!r}; it must be a name for the run, such as runs/{name}.zarr")
    Location(out).check()
    figure = figure or folder.with_suffix(".png")
    if figure in (folder, *folder.parents):
        raise BadInput(f"--figure: {figure} is the place of the run; choose another --figure or --out")
    check_figure(figure)
    from jaxneuron.study.study import read_study
    from jaxneuron.study.sweep import sweep as run_sweep

    # The plots are imported while the first chunk is compiled.
    threading.Thread(target=importlib.import_module, args=["jaxneuron.view.plots.phase"]).start()
    print_log(quiet=as_json)
    with progress_bar(quiet=as_json) as progress, resuming(study, out, progress) as progress:
        run = run_sweep(read_study(study), out, overwrite=overwrite, progress=progress)

    from jaxneuron.neuron.fate import Fate
    from jaxneuron.view.phase import phase_diagram
    from jaxneuron.view.plots.canvas import save
    from jaxneuron.view.plots.phase import draw_phase_diagram
    from jaxneuron.view.terminal.tables import best_table, fate_table

    figure.parent.mkdir(parents=True, exist_ok=True)
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


@contextlib.contextmanager
def resuming(
    study: Path, out: str, progress: Callable[[int, int], None]
) -> Iterator[Callable[[int, int], None]]:
    """Have Ctrl-C say how much of a sweep is kept, and the line that goes on with it."""
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told[:] = [(done, total)]
        progress(done, total)

    try:
        yield tell
    except KeyboardInterrupt:
        if not told:
            raise
        (done, total), line = told[0], shlex.join(["jaxneuron", "sweep", str(study), "--out", out])
        raise Interrupted(f"{done:,} of {total:,} neurons are kept; this goes on: {line}") from None
