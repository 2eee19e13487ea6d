"""Sweep to the end, train to the same training time, and draw both."""

from pathlib import Path

import click
from rich.console import Console

from experiments.eight_decades.at_time import train_to_time
from experiments.eight_decades.diagram import diagram_of, draw, table_of
from experiments.studies import swept
from jaxneuron import read_study

HERE = Path(__file__).parent
# Of gradient flow: long enough that many neurons are near their end, and none at small rates quite there.
TIME = 30.0


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="runs/eight_decades.zarr", show_default=True)
@click.option("--time", default=TIME, show_default=True, help="Training time η·t.")
def main(out: Path, time: float) -> None:
    """Sweep to the end, train to the same training time, and draw both."""
    run = swept(HERE / "study.toml", out)
    in_the_end = diagram_of(run)
    at_time = train_to_time(read_study(HERE / "study.toml"), time)
    Console(width=120).print(table_of(at_time, in_the_end))
    neurons = int(run.cells.fate_count.sum())
    undecided, cycling = (int(run.cells[name].sum()) for name in ("undecided_count", "cycling_count"))
    click.echo(f"of {neurons:,} neurons {undecided:,} are undecided and {cycling:,} go round for ever")
    draw(at_time, in_the_end, time, HERE / "results" / "eight_decades.png")


if __name__ == "__main__":
    main()
