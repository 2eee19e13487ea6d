"""`jaxneuron export`."""

from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.options import open_part, partial_option
from jaxneuron.cli.paths import LocalPath, RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json
from jaxneuron.study.counted import counted


@click.command()
@click.argument("run", type=RunPath())
@click.argument("file", type=LocalPath())
@click.option("--rows", type=click.Choice(["cells", "neurons"]), default="cells")
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@partial_option
@json_option
def export(run: str, file: Path, rows: Any, overwrite: bool, partial: bool, as_json: bool) -> None:
    """Write a run as one table, a row a cell or a row a neuron, to a .csv or .parquet file."""
    from jaxneuron.analysis.export import export as export_rows

    opened, part = open_part(run, partial)
    number = export_rows(opened, file, rows=rows, overwrite=overwrite)
    if as_json:
        print_json(file=str(file), rows=number, **part)
    else:
        print_items(f"{file}: {counted(number, rows.removesuffix('s'))}")
