"""`jaxneuron best`."""

from typing import Any

import click

from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json
from jaxneuron.study.bad_input import BadInput


@click.command()
@click.argument("run", type=RunPath())
@click.option("--by", default="median", show_default=True, help="median, mean, or a quantile such as 0.9.")
@click.option("--number", type=click.IntRange(min=1), default=10, show_default=True, help="Cells to show.")
@click.option(
    "--most-lost",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Leave out cells of whose neurons more than this share died or diverged.",
)
@json_option
def best(run: str, by: str, number: int, most_lost: float, as_json: bool) -> None:
    """List the cells that train best, with the fates of their neurons and 95 % intervals."""
    from jaxneuron.analysis.best import best_cells
    from jaxneuron.api import open_run

    opened = open_run(run)
    cells = best_cells(opened, number, by=_quantile(by), most_lost=most_lost)
    if as_json:
        print_json(cells=cells.to_dict(orient="records"))
    else:
        from jaxneuron.view.terminal.tables import interval_table

        print_items(interval_table(cells, opened, by))


def _quantile(by: str) -> Any:
    """What --by asks for: 'mean', or a number between 0 and 1."""
    if by == "mean":
        return by
    try:
        probability = 0.5 if by == "median" else float(by)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise BadInput(f"--by: is {by!r}; it must be median, mean, or a quantile between 0 and 1")
    return probability
