"""Sweep the three data sets, set what was found beside what is known, and draw it."""

from pathlib import Path

import click
from rich.console import Console

from experiments.bias.figure import draw
from experiments.bias.shares import examine
from experiments.bias.tables import frame_of, largest_error, table_of
from experiments.bias.variants import sweep_variants
from experiments.bias.worked import work_out, worked_table
from experiments.studies import runs_folder
from jaxneuron import read_study

HERE = Path(__file__).parent
NAMES = ("one_sided", "standardised", "engel")


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Sweep the three data sets, set what was found beside what is known, and draw it."""
    studies = {name: read_study(HERE / f"{name}.toml") for name in NAMES}
    sets = [examine(study, sweep_variants(study, folder, name), name) for name, study in studies.items()]
    console = Console(width=120)
    console.print(worked_table(work_out(folder)))
    console.print(table_of(sets))
    for name, words in (("born_dead", "born dead"), ("died_untrained", "died where the bias is not trained")):
        click.echo(f"{words}: at most {largest_error(sets, name):.1f} standard errors from what is known")
    for found in sets:
        click.echo(
            f"{found.name}: {found.num_neurons:,} neurons, {found.num_diverged:,} diverged, "
            f"{found.num_unlike} cells in which training the bias changed how many are born dead; "
            f"bias trained | not: stable up to {found.limits[0]:.3f} | {found.limits[1]:.3f}, "
            f"first deaths at {found.first_deaths[0]:.2f} | {found.first_deaths[1]:.2f}"
        )
    frame_of(sets).to_csv(HERE / "results" / "bias.csv", index=False, float_format="%.6g")
    draw(sets, HERE / "results" / "bias.png")


if __name__ == "__main__":
    main()
