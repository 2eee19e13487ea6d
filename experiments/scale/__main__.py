"""Measure the pieces of a very large sweep that one machine can show, each beside its unit."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from experiments.scale.idle import of_devices, of_ray
from experiments.scale.listing import of_markers
from experiments.scale.reading import of_small_chunks
from experiments.scale.workers import of_two_workers
from experiments.scale.writing import of_default_chunks
from experiments.studies import runs_folder
from experiments.throughput.results import machine, versions

RESULTS = Path(__file__).parent / "results" / "measured.json"


@click.command()
@runs_folder
@click.option("--chunks", default=100_000, show_default=True, help="Of the run that is only looked at.")
def main(folder: Path, chunks: int) -> None:
    """Measure the pieces of a very large sweep, and write them to results/measured.json."""
    found = {"date": datetime.now(UTC).isoformat(timespec="seconds"), **machine(), "versions": versions()}
    measures = {
        "idle_devices": lambda: of_devices(folder, chunks),
        "idle_ray_2": lambda: of_ray(folder, chunks, actors=2),
        "idle_ray_4": lambda: of_ray(folder, chunks // 10, actors=4),
        "markers": lambda: of_markers(folder, chunks),
        "reading": lambda: of_small_chunks(folder),
        "writing": lambda: of_default_chunks(folder),
        "workers": lambda: of_two_workers(folder),
    }
    for name, measure in measures.items():
        found[name] = measure()._asdict()
        click.echo(f"{name}: {json.dumps(found[name])}")
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
