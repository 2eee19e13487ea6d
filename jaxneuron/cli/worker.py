"""`jaxneuron create` and `jaxneuron worker`: a run that others fill, and one of those who do."""

import os
from pathlib import Path

import click

from jaxneuron.cli.sweep import default_run, resuming
from jaxneuron.cli.terminal import console, print_json, print_log, progress_bar


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", help="The run: a folder, or a URL of an object store.  [default: runs/NAME.zarr]")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def create(study: Path, out: str | None, overwrite: bool, as_json: bool) -> None:
    """Make the run of a study.toml and train nothing; workers do that.

    Where the run is there already and is this study's, nothing is done.
    """
    out = default_run(study) if out is None else out
    from jaxneuron.runner.prepare import check_location, prepare
    from jaxneuron.runner.program import Program
    from jaxneuron.store.location import Location
    from jaxneuron.study.study import read_study

    location = Location(out)
    check_location(location)
    print_log(quiet=as_json)
    program = Program(read_study(study))
    is_new = prepare(program, location, overwrite=overwrite)
    num_chunks = program.chunking.num_chunks
    if as_json:
        print_json(run=out, num_neurons=program.num_neurons, num_chunks=num_chunks, is_new=is_new)
    else:
        made = "" if is_new else ", was there"
        console().print(f"run: {out}, {num_chunks:,} chunks of work{made}", soft_wrap=True, highlight=False)


@click.command()
@click.argument("run")
@click.option(
    "--index",
    type=int,
    help="Which of the workers this is, from 0 on.  [default: that of a Slurm array or a Kubernetes job]",
)
@click.option("--of", type=click.IntRange(min=1), help="How many there are.  [default: a Slurm array's]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def worker(run: str, index: int | None, of: int | None, as_json: bool) -> None:
    """Train every n-th chunk of a run that `create` has made, those of them that are missing.

    It may be stopped, killed, started again and started twice.
    """
    index, of = _share(index, of)
    from jaxneuron.runner.worker import worker as run_worker

    line = ["jaxneuron", "worker", run, "--index", str(index), "--of", str(of)]
    print_log(quiet=as_json)
    with resuming(line) as noting, progress_bar(quiet=as_json) as progress:
        num_neurons = run_worker(run, index, of, progress=noting(progress))
    if as_json:
        print_json(run=run, index=index, of=of, num_neurons=num_neurons)
    else:
        console().print(f"worker {index} of {of}: its {num_neurons:,} neurons are done", highlight=False)


def _share(index: int | None, of: int | None) -> tuple[int, int]:
    """Which worker this is of how many: as given, or as Slurm and Kubernetes tell their tasks.

    Where it is given how many there are, the number of a Slurm task is the index, so that some of them can be
    submitted again; otherwise its tasks are counted from the first one.
    """
    from jaxneuron.study.bad_input import BadInput

    slurm = {
        name: int(value)
        for name in ("ID", "COUNT", "MIN", "MAX", "STEP")
        if (value := os.environ.get(f"SLURM_ARRAY_TASK_{name}", "")).isdecimal()
    }
    if index is None and of is None and slurm.keys() >= {"ID", "COUNT", "MIN", "MAX"}:
        step = slurm.get("STEP", 1)
        index, of = (slurm["ID"] - slurm["MIN"]) // step, slurm["COUNT"]
        if slurm["MIN"] + step * (of - 1) != slurm["MAX"]:
            raise BadInput(
                "--of: is missing; this Slurm array leaves numbers out, so it does not tell how many"
            )
    completion = os.environ.get("JOB_COMPLETION_INDEX", "")
    if index is None:
        index = slurm.get("ID", int(completion) if completion.isdecimal() else None)
    if index is None:
        raise BadInput(
            "--index: is missing; it is a number from 0 on, or comes from SLURM_ARRAY_TASK_ID or "
            "JOB_COMPLETION_INDEX"
        )
    if of is None:
        raise BadInput("--of: is missing; it is the number of workers among which the chunks are shared out")
    return index, of
