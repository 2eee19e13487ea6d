"""`jaxneuron deaths`."""

from pathlib import Path

import click

from jaxneuron.cli.paths import DEATHS, LocalPath, RunPath, beside
from jaxneuron.cli.terminal import json_option, print_items, print_json
from jaxneuron.store.whole_file import FIGURE, check_file
from jaxneuron.study.counted import counted


@click.command()
@click.argument("run", type=RunPath())
@click.option("--along", help="What is swept, to show deaths by.  [default: the learning rate]")
@click.option(
    "--phase",
    type=click.IntRange(min=0),
    nargs=2,
    metavar="FIRST LAST",
    help="Steps over which half-lives are estimated.  [default: all but the first tenth]",
)
@click.option("--figure", type=LocalPath(), help="The curves.  [default: NAME-deaths.png]")
@json_option
def deaths(
    run: str, along: str | None, phase: tuple[int, int] | None, figure: Path | None, as_json: bool
) -> None:
    """Say how many neurons are born dead or die, by which step, and what makes the difference."""
    figure = figure or beside(run, DEATHS)
    check_file(figure, FIGURE, "--figure")
    from jaxneuron.analysis.deaths import as_values
    from jaxneuron.analysis.deaths import deaths as find_deaths
    from jaxneuron.api import open_run
    from jaxneuron.view.plots.canvas import save
    from jaxneuron.view.plots.deaths import draw_deaths

    opened = open_run(run)
    found = find_deaths(opened, along, phase)
    save(draw_deaths(found, f"{counted(opened.attrs['num_neurons'], 'neuron')} of {opened.name}"), figure)
    if as_json:
        print_json(**as_values(found), figure=str(figure))
        return
    from jaxneuron.view.terminal.death_tables import contrasts_table, deaths_table, half_life_table

    contrasts = contrasts_table(found.contrasts) if found.contrasts else None
    tables = deaths_table(found), half_life_table(found), contrasts
    print_items(*(table for table in tables if table is not None), blank=True)
    print_items(f"figure: {figure}")
