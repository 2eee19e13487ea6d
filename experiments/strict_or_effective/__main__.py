"""Train the same neurons in both precisions, and count who is dead, strictly and in effect."""

from pathlib import Path

import click
from rich.console import Console

from experiments.strict_or_effective.silence import PRECISIONS, draw, silence, table_of
from experiments.studies import runs_folder, swept

HERE = Path(__file__).parent


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Train the same neurons in both precisions, and count who is dead, strictly and in effect."""
    found = []
    for precision in PRECISIONS:
        run = swept(HERE / f"{precision}.toml", folder / f"strict_or_effective-{precision}.zarr")
        found.append(silence(run))
    Console(width=160).print(table_of(found))
    draw(found, HERE / "results" / "strict_or_effective.png")


if __name__ == "__main__":
    main()
