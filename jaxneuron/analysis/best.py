"""The cells that train best, with intervals for the fates of their neurons."""

from typing import Literal

import pandas as pd

from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate


def best_cells(
    run: Run, number: int | None = 10, *, by: float | Literal["mean"] = 0.5, most_lost: float = 1.0
) -> pd.DataFrame:
    """The table of `Run.best` with the number of neurons, the smallest and the largest final loss and, for
    each fate, `<fate>_low` and `<fate>_high`: the 95 % interval of its share (Wilson 1927)."""
    table = run.best(number, by=by, most_lost=most_lost)
    counts = run.cells.fate_count.stack(cell=run.dims).transpose("cell", "fate").values[table.cell]
    total = counts.sum(-1)
    table.insert(list(table.columns).index("final_loss"), "neurons", total)
    for end in ("final_loss_min", "final_loss_max"):
        table[end] = run.cells[end].values.ravel()[table.cell]
    for fate in Fate:
        table[f"{fate.name}_low"], table[f"{fate.name}_high"] = wilson(counts[:, fate], total)
    return table
