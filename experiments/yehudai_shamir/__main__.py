"""Sweep each number of inputs, set what was found beside what is known, and draw both."""

from pathlib import Path

import click
import numpy as np
from rich.console import Console

from experiments.studies import runs_folder, swept
from experiments.yehudai_shamir.construction import construction
from experiments.yehudai_shamir.counts import counts_of, frame_of, table_of
from experiments.yehudai_shamir.figure import draw

RESULTS = Path(__file__).parent / "results"
NUM_INPUTS = (8, 16, 32)


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Sweep each number of inputs, set what was found beside what is known, and draw both."""
    counts = [counts_of(swept(construction(d), folder / f"yehudai_shamir-{d}.zarr")) for d in NUM_INPUTS]
    Console(width=150).print(table_of(counts))
    errors = np.concatenate([found.errors for found in counts])
    click.echo(f"counts: at most {np.nanmax(abs(errors)):.1f} standard errors from the binomial")
    miss = max(found.largest_miss for found in counts)
    click.echo(f"final losses: K/(2d²) to within {miss:.0e} of 1/(2d²)")
    others, number = sum(found.num_others for found in counts), sum(found.fates.sum() for found in counts)
    click.echo(f"weights: {others:,} of {number:,} neurons have one that is not where it is known to be")
    frame_of(counts).to_csv(RESULTS / "yehudai_shamir.csv", index=False, float_format="%.6g")
    draw(counts, RESULTS / "yehudai_shamir.png")


if __name__ == "__main__":
    main()
