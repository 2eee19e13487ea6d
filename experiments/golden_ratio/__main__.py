"""Sweep the study, set what it found beside what is known, and draw both."""

import math
from pathlib import Path

import click
from rich.console import Console

from experiments.golden_ratio.diagram import boundary_of, compare, draw, table_of
from experiments.golden_ratio.lyapunov import lyapunov_exponent
from experiments.studies import swept
from jaxneuron import read_study

HERE = Path(__file__).parent


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="runs/golden_ratio.zarr", show_default=True)
def main(out: Path) -> None:
    """Sweep the study, set what it found beside what is known, and draw both."""
    diagram = compare(swept(HERE / "study.toml", out))
    Console(width=120).print(table_of(diagram))
    below, above = boundary_of(diagram)
    click.echo(f"the boundary lies between κ = {below:.4f} and {above:.4f}")
    for kappa in (2.2, 2.4, 2.6):
        exponent = lyapunov_exponent(read_study(HERE / "study.toml"), kappa)
        click.echo(
            f"Lyapunov exponent at κ = {kappa}: {exponent:.4f}, known ln(κ − 1) = {math.log(kappa - 1):.4f}"
        )
    draw(diagram, HERE / "results" / "golden_ratio.png")


if __name__ == "__main__":
    main()
