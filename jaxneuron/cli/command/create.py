"""`jaxneuron create`: a run for workers to fill."""

from pathlib import Path

import click

from jaxneuron.cli.options import extend_option, out_option, set_option
from jaxneuron.cli.paths import LocalPath, default_run
from jaxneuron.cli.terminal import json_option, print_items, print_json, print_log
from jaxneuron.study.counted import counted


@click.command()
@click.argument("study", type=LocalPath())
@out_option
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@set_option
@extend_option
@json_option
def create(
    study: Path,
    out: str | None,
    overwrite: bool,
    settings: tuple[str, ...],
    extend: str | None,
    as_json: bool,
) -> None:
    """Make the run of a study.toml and train nothing; workers do that.

    Where the run is there already and is this study's, nothing is done.
    """
    out = default_run(study) if out is None else out
    from jaxneuron.runner.extend import extend as extend_run
    from jaxneuron.runner.prepare import check_location, prepare, program_of
    from jaxneuron.store.location import Location
    from jaxneuron.study.study import read_study

    location = Location(out)
    check_location(location)
    print_log(quiet=as_json)
    read = read_study(study, settings)
    if extend is None:
        program = program_of(read, location, overwrite=overwrite)
        is_new = prepare(program, location, overwrite=overwrite)
    else:
        program, is_new = extend_run(read, Location(extend), location, overwrite)
    num_chunks = program.chunking.num_chunks
    if as_json:
        print_json(run=out, num_neurons=program.num_neurons, num_chunks=num_chunks, is_new=is_new)
    else:
        print_items(f"run: {out}, {counted(num_chunks, 'chunk')} of work{'' if is_new else ', was there'}")
