"""`jaxneuron deaths`."""

from pathlib import Path

import click

from jaxneuron.cli.options import open_part, partial_option
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
@partial_option
@json_option
def deaths(
    run: str,
    along: str | None,
    phase: tuple[int, int] | None,
    figure: Path | None,
    partial: bool,
    as_json: bool,
) -> None:
    """Say how many neurons are born dead or die, by which step, and what makes the difference."""
    figure = figure or beside(run, DEATHS)
    check_file(figure, FIGURE, "--figure")
    from jaxneuron.analysis.deaths import as_values
    from jaxneuron.analysis.deaths import deaths as find_deaths
    from jaxneuron.analysis.in_words import part_in_words
    from jaxneuron.analysis.rest import at_rest_in_words, num_at_rest
    from jaxneuron.view.plots.canvas import save
    from jaxneuron.view.plots.deaths import draw_deaths

    opened, part = open_part(run, partial)
    found = find_deaths(opened, along, phase)
    plot = draw_deaths(found, f"{counted(opened.attrs['num_neurons'], 'neuron')} of {opened.name}")
    plot.note(part_in_words(opened))
    save(plot, figure)
    if as_json:
        print_json(**as_values(found), at_rest=num_at_rest(opened), figure=str(figure), **part)
        return
    from jaxneuron.view.terminal.death_tables import deaths_tables

    print_items(*deaths_tables(found), blank=True)
    if rest := at_rest_in_words(opened):
        print_items(rest, blank=True)
    print_items(f"figure: {figure}")
