"""`jaxneuron best`."""

from typing import Any

import click

from jaxneuron.cli.options import open_part, partial_option
from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json
from jaxneuron.study.bad_input import BadInput


@click.command()
@click.argument("run", type=RunPath())
@click.option("--by", default="median", help="median, mean, or a quantile such as 0.9.")
@click.option("--number", type=click.IntRange(min=1), default=10, help="Cells to show.")
@click.option(
    "--most-lost",
    type=click.FloatRange(0, 1),
    default=1.0,
    help="Leave out cells of whose neurons more than this share died or diverged.",
)
@partial_option
@json_option
def best(run: str, by: str, number: int, most_lost: float, partial: bool, as_json: bool) -> None:
    """List the cells that train best, with their neurons' fates (and 95 % intervals) and W and b of the
    best one.

    A cell's number is what `train RUN --cell` takes. Of several data sets each has its own best cells.
    """
    from jaxneuron.analysis.best import best_cells, best_params

    opened, part = open_part(run, partial)
    cells = best_cells(opened, number, by=_quantile(by), most_lost=most_lost)
    try:
        params, unknown = best_params(opened, cells.cell.tolist()), None
    except BadInput as error:
        params, unknown = None, str(error)
    if as_json:
        all_columns = cells if params is None else cells.join(params)
        num_cells = opened.design.num_cells
        records = all_columns.to_dict(orient="records")
        counts = {"num_tied": cells.attrs["num_tied"], "num_cells": num_cells}
        print_json(cells=records, **counts, no_params=unknown, **part)
        return
    from jaxneuron.view.terminal.best_tables import interval_table

    print_items(interval_table(cells, params, opened, by), *([f"W and b: {unknown}"] if unknown else []))


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
