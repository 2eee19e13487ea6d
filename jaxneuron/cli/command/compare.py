"""`jaxneuron compare`."""

import click

from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json


@click.command()
@click.argument("runs", metavar="RUN RUN ...", nargs=-1, required=True, type=RunPath())
@json_option
def compare(runs: tuple[str, ...], as_json: bool) -> None:
    """Put runs of the same cells side by side: what is set otherwise, and what became of their neurons."""
    from jaxneuron.analysis.comparison import as_values
    from jaxneuron.analysis.comparison import compare as compare_runs
    from jaxneuron.api import open_run

    found = compare_runs([open_run(run) for run in runs])
    if as_json:
        print_json(runs=[as_values(run) for run in found])
        return
    from jaxneuron.view.terminal.comparison_table import comparison_table

    print_items(comparison_table(found))
