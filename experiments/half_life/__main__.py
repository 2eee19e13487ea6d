"""Sweep the studies, test whether deaths are exponential, and draw hazards and half-lives."""

from pathlib import Path

import click
import numpy as np
from rich.console import Console

from experiments.half_life.decay import (
    Decay,
    Exponential,
    decay_of,
    drift_of,
    exponential_of,
)
from experiments.half_life.figures import SHOWN_DATASET, SHOWN_RATES, draw, draw_variations
from experiments.half_life.tables import (
    cells_frame,
    exponential_table,
    hazard_table,
    hazards_frame,
    scaled_table,
    variations_frame,
    variations_table,
    write,
)
from experiments.half_life.variations import Variation, variations
from experiments.studies import runs_folder, swept
from jaxneuron import read_study

HERE = Path(__file__).parent
RESULTS = HERE / "results"


@click.command()
@runs_folder
def main(folder: Path) -> None:
    """Sweep the studies, test whether deaths are exponential, and draw hazards and half-lives."""
    decay, long = (
        decay_of(swept(HERE / f"{study}.toml", folder / f"{name}.zarr"))
        for study, name in (("study", "half_life"), ("long", "half_life-long"))
    )
    console = Console(width=140)
    for of in (decay, long):
        console.print(scaled_table(of))
        console.print(hazard_table(of, shown_cells(of)))
        console.print(exponential_table(exponentials(of)))
        ratios = drift_of(of, of.edges[-1] // 4)
        few, middle, many = np.quantile(ratios, [0.25, 0.5, 0.75])
        click.echo(
            f"hazard after a quarter of the steps over that before, in {len(ratios)} cells: "
            f"median {middle:.2f}, half of them {few:.2f}–{many:.2f}"
        )
    beyond = decay.at_optimum[decay.scaled > 1].sum()
    click.echo(f"converged to the optimum beyond its limit: {beyond:,}, and nothing is known to")
    found = variations(read_study(HERE / "variation.toml"), folder, lambda name: click.echo(f"done: {name}"))
    console.print(variations_table([Variation(5, 200, decay), *found]))
    write(cells_frame(decay), RESULTS / "half_life.csv")
    write(hazards_frame(decay, SHOWN_DATASET), RESULTS / "hazard.csv")
    write(variations_frame(found), RESULTS / "variations.csv")
    draw(decay, RESULTS / "half_life.png")
    draw_variations(long, found, RESULTS / "variations.png")


def shown_cells(decay: Decay) -> list[tuple[str, np.ndarray]]:
    """The cells whose hazards are printed: some rates of one data set, and all that are a little too fast."""
    of_one = np.arange(len(decay.limit))[:, None] == SHOWN_DATASET
    rates = [
        (f"data set {SHOWN_DATASET}, η = {rate}", of_one & np.isclose(decay.rate, rate))
        for rate in SHOWN_RATES[::2]
    ]
    return [("1.0 – 1.3 limits", (decay.scaled > 1) & (decay.scaled < 1.3)), *rates]


def exponentials(decay: Decay) -> list[tuple[str, Exponential]]:
    """The tests of all neurons, and without those that converged, from several steps on."""
    groups = (("all", decay.neurons), ("not converged", decay.moving))
    return [
        (name, exponential_of(decay, neurons, first)) for name, neurons in groups for first in (100, 200, 400)
    ]


if __name__ == "__main__":
    main()
