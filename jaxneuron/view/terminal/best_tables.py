"""Tables of the cells that train best, for a terminal."""

import math
from collections.abc import Iterable

import pandas as pd
from rich.table import Table

from jaxneuron.analysis.axes import swept_in_words
from jaxneuron.analysis.in_words import loss_in_words, shortened
from jaxneuron.analysis.rest import at_rest_in_words
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET
from jaxneuron.study.counted import are, counted
from jaxneuron.view.terminal.plain import plain_table

SHOWN_INPUTS = 3
MOST_ROWS = 40  # of many data sets there are cells of each one


def best_table(run: Run, number: int = 5) -> Table:
    """The cells that train best, and how many are as good as these."""
    found, cells_are = run.best(number), _cells_are(run)
    cells = found.head(MOST_ROWS)
    labels = (str(run.cells[name].attrs["long_name"]) for name in run.swept)
    fates = (fate.label for fate in Fate)
    table = plain_table("cell", *labels, "median final loss", "settled at step", *fates, title="Best cells")
    smallest, largest = (run.cells[f"final_loss_{end}"].values.ravel() for end in ("min", "max"))
    for (_, row), place in zip(cells.iterrows(), _places(run, cells), strict=True):
        cell = int(row.cell)
        median = loss_in_words(row.final_loss, smallest[cell], largest[cell], run)
        shares = (f"{row[fate.name]:.0%}" for fate in Fate)
        table.add_row(str(cell), *place, median, _step(row.settle_step), *shares)
    table.caption = (
        f"{_left_out(len(found))}{run.num_as_good():,} of {cells_are} as good as any: all "
        "of their neurons converged to within 1 % of the lowest loss"
    )
    return table


def interval_table(cells: pd.DataFrame, params: pd.DataFrame | None, run: Run, by: str) -> Table:
    """The rows of a run's `best_cells`: shares with the 95 % intervals that a cell's neurons allow, and the
    params of its best neuron where they are known."""
    num_tied, num_rows, cells_are = cells.attrs["num_tied"], len(cells), _cells_are(run)
    cells = cells.head(MOST_ROWS)
    labels = (str(run.cells[name].attrs["long_name"]) for name in run.swept)
    loss = f"{by} final loss" if by in ("median", "mean") else f"{by} quantile of final loss"
    names = [] if params is None else [*params.columns[:-1][:SHOWN_INPUTS], "bias"]
    table = plain_table(
        "cell",
        *labels,
        *("neurons", loss, "settled at step"),
        *(shortened(name.replace("weight", "W").replace("bias", "b")) for name in names),
        *(fate.label for fate in Fate),
        title="Best cells",
    )
    for i, (place, (_, row)) in enumerate(zip(_places(run, cells), cells.iterrows(), strict=True)):
        shares = (
            f"{row[f.name]:.0%} ({100 * row[f'{f.name}_low']:.0f}–{100 * row[f'{f.name}_high']:.0f})"
            for f in Fate
        )
        table.add_row(
            f"{row.cell:.0f}",
            *place,
            f"{row.neurons:,.0f}",
            loss_in_words(row.final_loss, row.final_loss_min, row.final_loss_max, run),
            _step(row.settle_step),
            *(f"{params[name].iloc[i]:.5g}" for name in names if params is not None),
            *shares,
        )
    of_each = " of its data set" if DATASET in run.design.categories else ""
    parts = [
        f"{_left_out(num_rows)}{num_tied:,} of {cells_are} as good as the first{of_each}: "
        "as many of their neurons converged, and to within 1 % of its loss",
        *(["W and b: of the cell's neuron of smallest loss, in its own units"] if names else []),
        "in brackets: 95 % intervals of the shares, in per cent (Wilson 1927)",
    ]
    table.caption = "\n".join(filter(None, ["; ".join(parts), at_rest_in_words(run)]))
    return table


def _places(run: Run, cells: pd.DataFrame) -> Iterable[tuple[str, ...]]:
    """What is swept, for each row."""
    columns = [swept_in_words(run, name, cells[name].tolist()) for name in run.swept]
    return zip(*columns, strict=True) if columns else [()] * len(cells)


def _step(step: float) -> str:
    """A step of a bin, which is exact up to 8; no step where none is known."""
    return "" if math.isnan(step) else f"{'≈ ' if step > 8 else ''}{step:,.0f}"


def _cells_are(run: Run) -> str:
    number = run.design.num_cells
    sizes = " of different sizes" if run.refinement else ""
    return f"{counted(number, 'cell')}{sizes} {are(number)}"


def _left_out(number: int) -> str:
    return f"the first {MOST_ROWS} of {number:,} cells; " if number > MOST_ROWS else ""
