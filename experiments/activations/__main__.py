"""Sweep one population under every activation, tell what became of it, and draw it."""

from pathlib import Path

import click
import numpy as np
from rich.console import Console

from experiments.activations.compare import all_outcomes, born_dead_errors, rows_of
from experiments.activations.figure import draw
from experiments.activations.tables import losses_table, outcomes_table, rates_frame, rows_frame
from experiments.studies import runs_folder
from jaxneuron import read_study

HERE = Path(__file__).parent
STUDIES = ("engel", "teacher", "patient")


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Sweep one population under every activation, tell what became of it, and draw it."""
    found, rows = {}, []
    for name in STUDIES:
        study = read_study(HERE / f"{name}.toml")
        found[name] = all_outcomes(study, folder, name)
        rows += rows_of(found[name], name, study.training.num_steps)
        most = np.abs(born_dead_errors(found[name][0])).max()
        click.echo(f"{name}: born dead at most {most:.1f} standard errors from what is known")
    console = Console(width=150)
    console.print(outcomes_table(rows))
    console.print(losses_table(rows))
    results = HERE / "results"
    shown = {name: found[name] for name in STUDIES[:2]}
    rows_frame(rows).to_csv(results / "outcomes.csv", index=False)
    rates_frame(shown).to_csv(results / "by_rate.csv", index=False)
    draw(shown, results / "activations.png")


if __name__ == "__main__":
    main()
