"""`jaxneuron report`."""

from pathlib import Path

import click

from jaxneuron.cli.figure import REPORT, beside
from jaxneuron.cli.terminal import console, print_json


@click.command()
@click.argument("run")
@click.option("--out", type=click.Path(path_type=Path), help="The page.  [default: beside the run]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def report(run: str, out: Path | None, as_json: bool) -> None:
    """Write what a run asked and found as one HTML file, with maps and lives to click through."""
    out = out or beside(run, REPORT)
    check_page(out, "--out")
    from jaxneuron.api import open_run
    from jaxneuron.view.web.report import report as write_report

    found = write_report(open_run(run), out)
    if as_json:
        print_json(report=str(out), **found)
        return
    size, lives = found["bytes"] / 1e6, found["lives"]
    console().print(f"report: {out} ({size:.1f} MB, {lives} lives)", soft_wrap=True, highlight=False)


def check_page(path: Path, option: str) -> None:
    """BadInput where no page can be written at the path, or nothing that makes one is installed."""
    from jaxneuron.study.bad_input import BadInput, check_place
    from jaxneuron.view.web.page import check_libraries

    if path.suffix.lower() not in (".html", ".htm"):
        raise BadInput(f"{option}: {path} must end in .html")
    if path.is_dir():
        raise BadInput(f"{option}: {path} is a folder; it must be a file")
    check_place(path)
    check_libraries()
