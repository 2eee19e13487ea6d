"""Look at dead neurons again after more steps, and at when weight decay revives them."""

from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from experiments.revival.revival import LATER, SETTINGS, coast_of_adam, decay, draw, second_look
from experiments.revival.theory import adam_coast
from experiments.studies import runs_folder, swept, with_settings
from jaxneuron import read_study

HERE = Path(__file__).parent


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Look at dead neurons again after more steps, and at when weight decay revives them."""
    study = read_study(HERE / "study.toml")
    table = Table(box=None, pad_edge=False)
    names = ("optimizer", "neurons", "dead", "absorbed", f"revived by step {LATER}", "absorbed and revived")
    for name in names:
        table.add_column(name, justify="left" if name == "optimizer" else "right")
    for i, (name, (optimizer, besides)) in enumerate(SETTINGS.items()):
        looks = []
        for num_steps in (study.training.num_steps, LATER):
            settings = {"optimizer": optimizer, "num_steps": num_steps}
            at_step = with_settings(study, training=settings, sweep=besides)
            looks.append(swept(at_step, folder / f"revival-{i}-{num_steps}.zarr"))
        table.add_row(name, *(f"{count:,}" for count in second_look(*looks)))
    Console(width=120).print(table)
    found = decay(swept(HERE / "decay.toml", folder / "revival-decay.zarr"))
    click.echo(f"decay: shares at most {np.abs(found.errors).max():.1f} standard errors from what is known")
    click.echo(
        f"of {found.neurons.sum():,}, {found.num_revived:,} revived, {found.num_others:,} not at their step"
    )
    click.echo(f"Adam coasts {coast_of_adam():.3f} last updates; known {adam_coast(0.9, 0.999):.3f}")
    draw(found, HERE / "results" / "revival.png")


if __name__ == "__main__":
    main()
