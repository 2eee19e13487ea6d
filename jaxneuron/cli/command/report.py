"""`jaxneuron report`."""

from pathlib import Path

import click

from jaxneuron.cli.options import open_part, partial_option
from jaxneuron.cli.paths import REPORT, LocalPath, RunPath, beside
from jaxneuron.cli.terminal import json_option, print_items, print_json, print_log, working


@click.command()
@click.argument("run", type=RunPath())
@click.option("--out", type=LocalPath(), help="The page.  [default: beside the run]")
@partial_option
@json_option
def report(run: str, out: Path | None, partial: bool, as_json: bool) -> None:
    """Write what a run asked and found as one HTML file, with maps and lives to click through."""
    from jaxneuron.view.web.page import check_page

    out = out or beside(run, REPORT)
    check_page(out, "--out")
    from jaxneuron.view.web.report import report as write_report

    print_log(quiet=as_json)
    opened, part = open_part(run, partial)
    with working(f"writing {out}", quiet=as_json) as say:
        found = write_report(opened, out, say)
    if as_json:
        print_json(report=str(out), **found, **part)
    else:
        lives = "1 life" if found["lives"] == 1 else f"{found['lives']} lives"
        print_items(f"report: {out} ({found['bytes'] / 1e6:.1f} MB, {lives})")
