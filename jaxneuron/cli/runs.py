"""What is asked of a run: `jaxneuron status`, `best`, `deaths` and `export`."""

from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.exit_codes import DONE, INCOMPLETE
from jaxneuron.cli.figure import DEATHS, beside, check_figure
from jaxneuron.cli.terminal import console, print_json


@click.command()
@click.argument("run")
@click.option("--verify", is_flag=True, help="Read everything and compare it with its checksums.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def status(run: str, verify: bool, as_json: bool) -> int:
    """Say how far a run is, what is missing, and how long it will take; exit code 1 while it is not whole."""
    from jaxneuron.store.status import status as status_of

    found = status_of(run, verify=verify)
    if as_json:
        print_json(**found._asdict(), is_whole=found.is_whole)
    else:
        from jaxneuron.view.terminal.status_table import status_table

        console().print(status_table(found))
    return DONE if found.is_whole else INCOMPLETE


@click.command()
@click.argument("run")
@click.option("--by", default="median", show_default=True, help="median, mean, or a quantile such as 0.9.")
@click.option("--number", type=click.IntRange(min=1), default=10, show_default=True, help="Cells to show.")
@click.option(
    "--most-lost",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Leave out cells of whose neurons more than this share died or diverged.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
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

        console().print(interval_table(cells, opened, by))


@click.command()
@click.argument("run")
@click.option("--along", help="What is swept, to show deaths by.  [default: the learning rate]")
@click.option(
    "--phase",
    type=click.IntRange(min=0),
    nargs=2,
    metavar="FIRST LAST",
    help="Steps of which half-lives are told.  [default: all but the first tenth]",
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="The curves.  [default: NAME-deaths.png]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def deaths(
    run: str, along: str | None, phase: tuple[int, int] | None, figure: Path | None, as_json: bool
) -> None:
    """Say how many neurons are born dead or die, by which step, and what makes the difference."""
    figure = figure or beside(run, DEATHS)
    check_figure(figure)
    from jaxneuron.analysis.deaths import deaths as find_deaths
    from jaxneuron.api import open_run
    from jaxneuron.view.plots.canvas import save
    from jaxneuron.view.plots.deaths import draw_deaths

    opened = open_run(run)
    found = find_deaths(opened, along, phase)
    title = f"{opened.attrs['num_neurons']:,} neurons of {opened.name}"
    save(draw_deaths(found, title), figure)
    if as_json:
        from jaxneuron.analysis.deaths import as_values

        print_json(**as_values(found), figure=str(figure))
        return
    from jaxneuron.view.terminal.death_tables import contrasts_table, deaths_table, half_life_table

    screen = console()
    tables = [deaths_table(found), half_life_table(found)]
    if found.contrasts:
        tables.append(contrasts_table(found.contrasts))
    for table in tables:
        if table is not None:
            screen.print(table)
            screen.print()
    screen.print(f"figure: {figure}", soft_wrap=True)


@click.command()
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rows", type=click.Choice(["cells", "neurons"]), default="cells", show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def export(run: str, file: Path, rows: Any, overwrite: bool, as_json: bool) -> None:
    """Write a run as one table, a row a cell or a row a neuron, to a .csv or .parquet file."""
    from jaxneuron.analysis.export import check_file
    from jaxneuron.analysis.export import export as export_rows
    from jaxneuron.api import open_run

    check_file(file, overwrite)
    number = export_rows(open_run(run), file, rows=rows, overwrite=overwrite)
    if as_json:
        print_json(file=str(file), rows=number)
    else:
        console().print(f"{file}: {number:,} {rows}", soft_wrap=True, highlight=False)


def _quantile(by: str) -> Any:
    """What --by asks for: 'mean', or a number between 0 and 1."""
    from jaxneuron.study.bad_input import BadInput

    if by == "mean":
        return by
    try:
        probability = 0.5 if by == "median" else float(by)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise BadInput(f"--by: is {by!r}; it must be median, mean, or a quantile between 0 and 1")
    return probability
