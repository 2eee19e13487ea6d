"""`jaxneuron create`: a run for workers to fill."""

from pathlib import Path

import click

from jaxneuron.cli.paths import LocalPath, RunPath, default_run
from jaxneuron.cli.settings import set_option
from jaxneuron.cli.terminal import json_option, print_items, print_json, print_log
from jaxneuron.study.counted import counted


@click.command()
@click.argument("study", type=LocalPath())
@click.option(
    "--out", type=RunPath(), help="The run: a folder, or a URL of an object store.  [default: runs/NAME.zarr]"
)
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@set_option
@json_option
def create(study: Path, out: str | None, overwrite: bool, settings: tuple[str, ...], as_json: bool) -> None:
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
    program = Program(read_study(study, settings))
    is_new = prepare(program, location, overwrite=overwrite)
    num_chunks = program.chunking.num_chunks
    if as_json:
        print_json(run=out, num_neurons=program.num_neurons, num_chunks=num_chunks, is_new=is_new)
    else:
        print_items(f"run: {out}, {counted(num_chunks, 'chunk')} of work{'' if is_new else ', was there'}")
