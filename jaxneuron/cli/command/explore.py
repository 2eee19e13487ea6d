"""`jaxneuron explore`."""

import webbrowser
from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.options import set_option
from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.process import has_stopped
from jaxneuron.cli.terminal import print_items, print_log
from jaxneuron.study.bad_input import BadInput

INIT_WEIGHT = -1.0


@click.command()
@click.argument("begin", metavar="[STUDY | DATA | RUN]", type=RunPath(), required=False)
@click.option("--input", "inputs", multiple=True, help="Of data: the column of an input; may be repeated.")
@click.option("--target", help="Of data: the column of the target.")
@click.option("--host", default="127.0.0.1", help="Where to listen: this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port.  [default: 8000, or one that is free]")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@set_option
def explore(
    begin: str | None,
    inputs: tuple[str, ...],
    target: str | None,
    host: str,
    port: int | None,
    no_browser: bool,
    settings: tuple[str, ...],
) -> None:
    """Explore a map in the browser that is trained again as you zoom.

    It begins with a study.toml, with columns of a file, with the study of a run, or with Engel's households,
    and ends with Ctrl-C.
    """
    study = _study(begin, inputs, target, settings)
    print_log(quiet=False)
    from jaxneuron.explorer.server import serving, wait_for_interrupt

    with serving(study, host=host, port=port) as address:
        print_items(f"explore: {address}", "Ctrl-C ends it.")
        if not no_browser:
            webbrowser.open(address)
        wait_for_interrupt()
        has_stopped.set()


def _study(begin: str | None, inputs: tuple[str, ...], target: str | None, settings: tuple[str, ...]) -> Any:
    """The study that it begins with; None is Engel's."""
    options = {"--input": inputs, "--target": target, "--set": settings}
    given = [option for option, value in options.items() if value]
    if begin is None:
        if given:
            raise BadInput(f"{given[0]}: is given, but no data; name a file before it")
        return None
    from jaxneuron.study.settings import apply, read_setting
    from jaxneuron.study.study import Study, read_study
    from jaxneuron.study.template import first_tables

    if Path(begin).suffix.lower() == ".toml":
        if inputs or target:
            raise BadInput(f"{given[0]}: is for data, and {begin} names its own")
        return read_study(begin, settings)
    if inputs or target:
        if not (inputs and target):
            raise BadInput(
                f"--{'target' if inputs else 'input'}: is missing; data needs --input and --target"
            )
        tables: dict[str, Any] = first_tables(begin, inputs, target)
        # One neuron a cell, and all of one weight: what differs on the map is what its axes say.
        del tables["sweep"]["replicates"]
        tables["neuron"]["init_weight"] = INIT_WEIGHT
        apply(tables, [read_setting(text) for text in settings])
        return Study(**tables)
    if settings:
        raise BadInput("--set: is for a study.toml, or for data")
    from jaxneuron.api import open_run

    if Path(begin).is_file():
        raise BadInput(f"{begin}: is a file; data needs --input and --target")
    return open_run(begin, partial=True).grid.study
