"""Sweep the study, set what it found beside what is known, and draw both."""

from pathlib import Path

import click
from rich.console import Console

from experiments.golden_ratio.diagram import boundary_of, compare, draw, table_of
from experiments.known_answers import swept

HERE = Path(__file__).parent


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="runs/golden_ratio.zarr", show_default=True)
def main(out: Path) -> None:
    """Sweep the study, set what it found beside what is known, and draw both."""
    diagram = compare(swept(HERE / "study.toml", out))
    Console(width=120).print(table_of(diagram))
    below, above = boundary_of(diagram)
    click.echo(f"the boundary lies between κ = {below:.4f} and {above:.4f}")
    draw(diagram, HERE / "results" / "golden_ratio.png")


if __name__ == "__main__":
    main()
