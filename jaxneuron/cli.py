"""The door: the command line. The only file that prints; jax and the plots are imported when needed."""

import contextlib
import importlib
import json
import logging
import math
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import click
import platformdirs

DONE, INCOMPLETE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class Interrupted(click.Abort):
    """Ctrl-C, with one line that says what was kept."""


@click.group(
    no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="jaxneuron", message="%(prog)s %(version)s")
def commands() -> None:
    """Train one ReLU neuron, or millions at once: hyperparameter sweeps and the study of dead neurons."""


@commands.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--input", "inputs", multiple=True, required=True, help="Column of an input; may be repeated.")
@click.option("--target", required=True, help="Column of the target.")
@click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Step size η.")
@click.option("--init-weight", type=float, help="Weight before step 0; drawn from N(0, 1) if not given.")
@click.option("--init-bias", type=float, default=0.0, show_default=True, help="Bias before step 0.")
@click.option("--no-bias", is_flag=True, help="Do not train the bias.")
@click.option("--activation", default="relu", show_default=True, help="relu, leaky_relu, tanh, …")
@click.option("--optimizer", default="sgd", show_default=True, help="sgd, momentum, adam, …")
@click.option("--momentum", type=float, help="For momentum and nesterov.  [default: 0.9]")
@click.option("--weight-decay", type=float, help="For any optimizer; adamw needs it.")
@click.option("--batch-size", type=int, help="Examples per step; all if not given.")
@click.option("--num-steps", type=int, default=10_000, show_default=True, help="Steps at most.")
@click.option(
    "--tolerance",
    type=float,
    default=1e-5,
    show_default=True,
    help="The loss has converged when its gradient is at most this in every component.",
)
@click.option("--precision", default="float32", show_default=True, help="float32 or float64.")
@click.option("--scale", default="standard", show_default=True, help="standard or none.")
@click.option("--seed", type=int, default=0, show_default=True, help="For what is drawn.")
@click.option("--explain", is_flag=True, help="Walk through one full pass with its numbers.")
@click.option("--figure", type=click.Path(path_type=Path), help="Where to draw it (.png, .svg, .pdf).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def train(
    data: Path,
    inputs: tuple[str, ...],
    target: str,
    learning_rate: float,
    init_weight: float | None,
    init_bias: float,
    no_bias: bool,
    activation: str,
    optimizer: str,
    momentum: float | None,
    weight_decay: float | None,
    batch_size: int | None,
    num_steps: int,
    tolerance: float,
    precision: str,
    scale: str,
    seed: int,
    explain: bool,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Train one neuron on a CSV, Parquet or NPZ file until its loss has converged."""
    figure = figure or Path("runs") / f"{data.stem}-neuron.png"
    _check_figure(figure)
    from jaxneuron.study.bad_input import BadInput
    from jaxneuron.study.study import Study
    from jaxneuron.study.training import train as train_neuron

    # As a study.toml would say it; what was not given keeps the study's own default.
    tables = {
        "data": {"file": str(data), "inputs": inputs, "target": target, "scale": scale},
        "neuron": {"activation": activation, "train_bias": not no_bias}
        | ({} if init_weight is None else {"init_weight": init_weight}),
        "training": {
            "optimizer": optimizer,
            "num_steps": num_steps,
            "batch_size": batch_size,
            "precision": precision,
            "tolerance": tolerance,
        },
        "sweep": {
            "learning_rate": learning_rate,
            "init_bias": init_bias,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "seed": seed,
        },
    }
    try:
        training = train_neuron(Study(**tables))
    except BadInput as error:
        raise BadInput(_name_option(str(error), tables)) from None

    from jaxneuron.view.explain import full_pass
    from jaxneuron.view.fit import draw_fit, fit
    from jaxneuron.view.tables import full_pass_table, loss_table, training_summary

    figure.parent.mkdir(parents=True, exist_ok=True)
    draw_fit(fit(training), figure)
    if as_json:
        _print_json(
            weight=training.weight.tolist(),
            bias=training.bias,
            loss=training.loss,
            gradient_norm=training.gradient_norm,
            fate=training.fate.name,
            death_step=training.death_step,
            num_steps=training.num_steps,
            losses=training.history.loss.values.tolist(),
            figure=str(figure),
        )
        return
    console = _console()
    if explain:
        console.print(full_pass_table(full_pass(training), training))
        console.print()
    console.print(loss_table(training))
    console.print()
    console.print(training_summary(training), soft_wrap=True)
    console.print(f"figure: {figure}", soft_wrap=True)


@commands.command()
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
    _check_figure(figure)
    from jaxneuron.study.study import read_study
    from jaxneuron.study.sweep import sweep as run_sweep

    # The plots are imported while the first chunk is compiled.
    threading.Thread(target=importlib.import_module, args=["jaxneuron.view.phase"]).start()
    _print_log(quiet=as_json)
    with _progress(quiet=as_json) as progress, _resuming(study, out, progress) as progress:
        run = run_sweep(read_study(study), out, overwrite=overwrite, progress=progress)

    from jaxneuron.neuron.fate import Fate
    from jaxneuron.view.phase import draw_phase_diagram, phase_diagram
    from jaxneuron.view.tables import best_table, fate_table

    figure.parent.mkdir(parents=True, exist_ok=True)
    draw_phase_diagram(phase_diagram(run), figure)
    if as_json:
        counts = run.cells.fate_count.sum(run.dims).values
        _print_json(
            run=out,
            figure=str(figure),
            num_neurons=run.attrs["num_neurons"],
            training_seconds=run.training_seconds,
            fates={fate.name: int(counts[fate]) for fate in Fate},
            best=run.best().to_dict(orient="records"),
        )
        return
    console = _console()
    console.print(fate_table(run))
    console.print()
    console.print(best_table(run))
    console.print()
    console.print(f"run: {out}\nfigure: {figure}", soft_wrap=True)


@commands.command()
@click.argument("run")
@click.option("--verify", is_flag=True, help="Read everything and compare it with its checksums.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def status(run: str, verify: bool, as_json: bool) -> int:
    """Say how far a run is, what is missing, and how long it will take; exit code 1 while it is not whole."""
    from jaxneuron.study.status import status as status_of

    found = status_of(run, verify=verify)
    if as_json:
        _print_json(**found._asdict(), is_whole=found.is_whole)
    else:
        from jaxneuron.view.tables import status_table

        _console().print(status_table(found))
    return DONE if found.is_whole else INCOMPLETE


@commands.command()
@click.argument("run")
@click.option("--by", default="median", show_default=True, help="median, mean, or a quantile such as 0.9.")
@click.option("--number", type=click.IntRange(min=1), default=10, show_default=True, help="Cells to show.")
@click.option(
    "--most-lost",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Leave out cells of whose neurons more than this share died or diverged.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def best(run: str, by: str, number: int, most_lost: float, as_json: bool) -> None:
    """List the cells that train best, with the fates of their neurons and 95 % intervals."""
    from jaxneuron.study.run import open_run
    from jaxneuron.view.best import best_cells

    with _reading(run):
        cells = best_cells(open_run(run), number, by=_quantile(by), most_lost=most_lost)
    if as_json:
        _print_json(cells=cells.to_dict(orient="records"))
    else:
        from jaxneuron.view.tables import interval_table

        _console().print(interval_table(cells, by))


@commands.command()
@click.argument("run")
@click.option("--along", help="What is swept, to show deaths by.  [default: the learning rate]")
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="The curves.  [default: NAME-deaths.png]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def deaths(run: str, along: str | None, figure: Path | None, as_json: bool) -> None:
    """Say how many neurons are born dead or die, by which step, and what makes the difference."""
    from jaxneuron.study.location import Location

    folder = Path(run) if Location(run).folder else Path("runs") / Path(run).name
    figure = figure or folder.with_name(f"{folder.stem}-deaths.png")
    _check_figure(figure)
    from jaxneuron.study.run import open_run
    from jaxneuron.view.death_curves import draw_deaths
    from jaxneuron.view.deaths import deaths as find_deaths

    with _reading(run):
        opened = open_run(run)
        found = find_deaths(opened, along)
    figure.parent.mkdir(parents=True, exist_ok=True)
    draw_deaths(found, f"{opened.attrs['num_neurons']:,} neurons of {folder.stem}", figure)
    if as_json:
        from jaxneuron.view.deaths import as_values

        _print_json(**as_values(found), figure=str(figure))
        return
    from jaxneuron.view.death_tables import contrasts_table, deaths_table

    console = _console()
    console.print(deaths_table(found))
    console.print()
    if found.contrasts:
        console.print(contrasts_table(found.contrasts))
        console.print()
    console.print(f"figure: {figure}", soft_wrap=True)


@commands.command()
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rows", type=click.Choice(["cells", "neurons"]), default="cells", show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def export(run: str, file: Path, rows: Any, overwrite: bool, as_json: bool) -> None:
    """Write a run as one table, a row a cell or a row a neuron, to a .csv or .parquet file."""
    from jaxneuron.study.export import check_file
    from jaxneuron.study.export import export as export_rows
    from jaxneuron.study.run import open_run

    check_file(file, overwrite)
    with _reading(run):
        number = export_rows(open_run(run), file, rows=rows, overwrite=overwrite)
    if as_json:
        _print_json(file=str(file), rows=number)
    else:
        _console().print(f"{file}: {number:,} {rows}", soft_wrap=True, highlight=False)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def doctor(as_json: bool) -> None:
    """Say which devices and versions there are, and what will run where."""
    from jaxneuron.study.doctor import examine

    findings = examine()
    if as_json:
        _print_json(**findings)
        return
    console = _console()
    for name, finding in findings.items():
        console.print(f"[bold]{name.replace('_', ' ')}[/]", highlight=False)
        lines = finding.items() if isinstance(finding, dict) else [("", finding)]
        for key, value in lines:
            console.print(f"  {key:<12} {value}" if key else f"  {value}", highlight=False, soft_wrap=True)


def main() -> NoReturn:
    """Run the command line: exit code 0 done, 1 incomplete, 2 bad input, 130 interrupted."""
    _keep_compiled_programs()
    # What ends a container or a batch job ends as cleanly as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(commands.main(prog_name="jaxneuron", standalone_mode=False) or DONE)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "jaxneuron"
        _fail(f"{where}: {error.format_message()} (see {where} --help)")
    except (click.Abort, KeyboardInterrupt) as error:
        kept = str(error) or "nothing was kept; the same line starts again"
        print(f"interrupted: {kept}", file=sys.stderr, flush=True)
        sys.stdout.flush()
        # Chunks under way are in threads that Python would wait for.
        os._exit(INTERRUPTED)
    except ValueError as error:
        from jaxneuron.study.bad_input import BadInput

        if not isinstance(error, BadInput):
            raise
        _fail(f"jaxneuron: {error}")
    except RuntimeError as error:
        from jaxneuron.study.sweep import Stopped

        if not isinstance(error, Stopped):
            raise
        _fail(f"jaxneuron: {error}", INCOMPLETE)


def _keep_compiled_programs() -> None:
    """Have JAX keep what it compiles in the user's cache folder, unless its own settings say otherwise."""
    folder = platformdirs.user_cache_path("jaxneuron") / "compiled"
    with contextlib.suppress(OSError):  # no home, or a full one: nothing is kept
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))
            os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


def _print_log(quiet: bool) -> None:
    """Have what the package logs printed, each message a line; what is no warning only if not quiet."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("jaxneuron").setLevel(logging.WARNING if quiet else logging.INFO)


def _fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    print(" ".join(message.split()), file=sys.stderr)
    sys.exit(code)


@contextlib.contextmanager
def _resuming(
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


@contextlib.contextmanager
def _reading(run: str) -> Iterator[None]:
    """What cannot be read because it is damaged is said in one line."""
    from jaxneuron.study.bad_input import BadInput

    try:
        yield
    except BadInput:
        raise
    except Exception:  # zarr and its codecs fail in many ways on bytes that are not theirs
        from jaxneuron.study.status import status as status_of
        from jaxneuron.study.sweep import described

        if damaged := status_of(run, verify=True).damaged:
            raise BadInput(
                f"{run}: {described(damaged)}; the same `jaxneuron sweep` trains them again"
            ) from None
        raise


def _quantile(by: str) -> Any:
    """What --by asks for: 'mean', or a number between 0 and 1."""
    from jaxneuron.study.bad_input import BadInput

    if by == "mean":
        return by
    try:
        probability = 0.5 if by == "median" else float(by)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise BadInput(f"--by: is {by!r}; it must be median, mean, or a quantile between 0 and 1")
    return probability


def _check_figure(path: Path) -> None:
    """BadInput where no figure can be drawn at the path, before the work that it would show."""
    from jaxneuron.study.bad_input import BadInput, check_place

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise BadInput(f"--figure: {path} must end in .png, .svg or .pdf")
    if path.is_dir():
        raise BadInput(f"--figure: {path} is a folder; it must be a file")
    check_place(path)


def _name_option(message: str, tables: dict[str, dict[str, Any]]) -> str:
    """What is wrong with a study, said of the option that gave it: 'training.num_steps' is --num-steps."""
    where, colon, wrong = message.partition(": ")
    table, _, key = where.partition(".")
    if key not in tables.get(table, {}):
        return message
    return f"--{key.replace('_', '-').replace('inputs', 'input')}{colon}{wrong}"


def _console() -> Any:
    from rich.console import Console

    # In a pipe, a file or a narrow terminal the tables keep their width: a number is never cut.
    return Console(width=max(200, Console().width if sys.stdout.isatty() else 0))


def _print_json(**values: Any) -> None:
    print(json.dumps(_as_json(values), default=str, allow_nan=False))


def _as_json(value: Any) -> Any:
    """The value with null for what is not finite: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What tells how far a sweep is: a bar on a terminal, otherwise a line for every tenth."""
    if quiet:
        yield lambda done, total: None
    elif not sys.stderr.isatty():
        yield _print_tenths()
    else:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (BarColumn(), MofNCompleteColumn(), "neurons", TimeElapsedColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True))
        task = bar.add_task("training", total=None)

        def show(done: int, total: int) -> None:
            bar.start()  # not before: a study that is refused shows no bar
            bar.update(task, completed=done, total=total)

        try:
            yield show
        finally:
            bar.stop()


def _print_tenths() -> Callable[[int, int], None]:
    said = -1

    def progress(done: int, total: int) -> None:
        nonlocal said
        tenth = 10 * done // total
        if tenth > said:
            said = tenth
            print(f"{done:,} of {total:,} neurons", file=sys.stderr, flush=True)

    return progress


if __name__ == "__main__":
    main()
