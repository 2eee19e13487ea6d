"""Sweep the study, set what it found beside what is known, and draw both."""

from pathlib import Path

import click
import numpy as np
from rich.console import Console

from experiments.one_example.diagram import compare, draw, table_of
from experiments.studies import swept

HERE = Path(__file__).parent


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="runs/one_example.zarr", show_default=True)
def main(out: Path) -> None:
    """Sweep the study, set what it found beside what is known, and draw both."""
    diagram = compare(swept(HERE / "study.toml", out))
    Console(width=180).print(table_of(diagram))
    click.echo(f"shares: at most {np.abs(diagram.errors).max():.1f} standard errors from what is known")
    others, number = diagram.num_other_steps, diagram.num_neurons
    click.echo(f"death steps: {others:,} of {number:,} are not the step that is known")
    click.echo(f"diverged: {diagram.num_diverged:,}")
    draw(diagram, HERE / "results" / "one_example.png")


if __name__ == "__main__":
    main()
