"""`jaxneuron status`."""

import click

from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.process import DONE, INCOMPLETE
from jaxneuron.cli.terminal import json_option, print_items, print_json


@click.command()
@click.argument("run", type=RunPath())
@click.option("--verify", is_flag=True, help="Read everything and compare it with its checksums.")
@json_option
def status(run: str, verify: bool, as_json: bool) -> int:
    """Say how far a run is, what is missing, and how long it will take; exit code 1 while it is not whole."""
    from jaxneuron.store.status import status as status_of

    found = status_of(run, verify=verify)
    if as_json:
        rounds = [each._asdict() for each in found.rounds]
        print_json(**found._asdict() | {"rounds": rounds}, is_whole=found.is_whole)
    else:
        from jaxneuron.view.terminal.status_table import status_table

        print_items(status_table(found))
    return DONE if found.is_whole else INCOMPLETE
