"""Options that several commands have: the run, other values for keys of a study, where to train, and a run
before its end."""

import sys
from typing import TYPE_CHECKING, Any

import click

from jaxneuron.cli.paths import RunPath
from jaxneuron.study.bad_input import BadInput, visible

if TYPE_CHECKING:
    from jaxneuron.api import Run

out_option = click.option(
    "--out", type=RunPath(), help="The run: a folder, or a URL of an object store.  [default: runs/NAME.zarr]"
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value for a key of the study, such as sweep.replicates=4; may be repeated.",
)
extend_option = click.option(
    "--extend",
    type=RunPath(),
    help="A run of the same study with fewer replicates, from which what is done is taken over.",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Train in so many processes; with Ray, actors.  [default: this one; an actor for each device]",
)
engine_option = click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", help="Where to train."
)
address_option = click.option(
    "--address",
    help="The Ray cluster, HOST:PORT, or auto: this machine's.  [default: a Ray job's, or one of its own]",
)
partial_option = click.option(
    "--partial", is_flag=True, help="Of a run that is not whole, look at what is done so far."
)


def engine_options(command: Any) -> Any:
    """The options that say where to train, for `engine_of`."""
    for option in (address_option, engine_option, workers_option):
        command = option(command)
    return command


def engine_of(name: str, workers: int | None, address: str | None) -> tuple[Any, list[str]]:
    """What trains, and the options that ask for it."""
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


def open_part(path: str, partial: bool) -> "tuple[Run, dict[str, Any]]":
    """(the run at a path, what JSON says of it where a part is asked for); a line on stderr says how much of
    it is there, where that is not all."""
    from jaxneuron.analysis.in_words import part_in_words
    from jaxneuron.api import open_run

    run = open_run(path, partial=partial)
    if words := part_in_words(run):
        print(visible(f"{path}: {words}"), file=sys.stderr)
    numbers = {"neurons_done": run.neurons_done, "num_neurons": run.attrs["num_neurons"]}
    return run, numbers if partial else {}
