"""Sweep both studies, set what they found beside what is known, and draw it."""

from pathlib import Path

import click
from rich.console import Console

from experiments.momentum.survival import draw, survival, table_of
from experiments.studies import runs_folder, swept

HERE = Path(__file__).parent


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Sweep both studies, set what they found beside what is known, and draw it."""
    heavy_ball, adam = (
        swept(HERE / f"{study}.toml", folder / f"{name}.zarr")
        for study, name in (("study", "momentum"), ("adam", "momentum-adam"))
    )
    found = survival(heavy_ball, "momentum"), survival(adam, "learning_rate")
    Console(width=120).print(table_of(*found))
    click.echo(f"at most {abs(found[0].errors).max():.1f} standard errors from what is known")
    draw(*found, HERE / "results" / "momentum.png")


if __name__ == "__main__":
    main()
