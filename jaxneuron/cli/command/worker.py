"""`jaxneuron worker`: one of those that fill a run."""

import os

import click

from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json, print_log, quiet_option, resumable
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.counted import are, counted


@click.command()
@click.argument("run", type=RunPath())
@click.option(
    "--index",
    type=int,
    help="Which of the workers this is, from 0 on.  [default: that of a Slurm array or a Kubernetes job]",
)
@click.option("--of", type=click.IntRange(min=1), help="How many there are.  [default: a Slurm array's]")
@quiet_option
@json_option
def worker(run: str, index: int | None, of: int | None, quiet: bool, as_json: bool) -> None:
    """Train every n-th chunk of a run that `create` has made, those of them that are missing.

    It may be stopped, killed, started again and started twice.
    """
    index, of = _share(index, of)
    from jaxneuron.runner.worker import worker as run_worker

    line = ["jaxneuron", "worker", run, "--index", str(index), "--of", str(of)]
    print_log(quiet or as_json)
    with resumable(line, quiet or as_json) as progress:
        num_neurons = run_worker(run, index, of, progress=progress)
    if as_json:
        print_json(run=run, index=index, of=of, num_neurons=num_neurons)
    elif not quiet:
        print_items(f"worker {index} of {of}: its {counted(num_neurons, 'neuron')} {are(num_neurons)} done")


def _share(index: int | None, of: int | None) -> tuple[int, int]:
    """Which worker this is of how many: as given, or as Slurm and Kubernetes number their tasks.

    Where it is given how many there are, the number of a Slurm task is the index, so that some of them can be
    submitted again; otherwise its tasks are counted from the first one.
    """
    slurm = {
        name: int(value)
        for name in ("ID", "COUNT", "MIN", "MAX", "STEP")
        if (value := os.environ.get(f"SLURM_ARRAY_TASK_{name}", "")).isdecimal()
    }
    if index is None and of is None and slurm.keys() >= {"ID", "COUNT", "MIN", "MAX"}:
        step = slurm.get("STEP", 1)
        index, of = (slurm["ID"] - slurm["MIN"]) // step, slurm["COUNT"]
        if slurm["MIN"] + step * (of - 1) != slurm["MAX"]:
            raise BadInput("--of: is missing; this Slurm array skips numbers, so it does not say how many")
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
