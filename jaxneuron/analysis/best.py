"""The cells that train best, with intervals for the fates of their neurons, and the params of the best."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET
from jaxneuron.study.bad_input import BadInput

# Of each cell the weight [cells, inputs] of its best neuron, and its bias [cells].
Params = tuple[np.ndarray, np.ndarray]
MOST_WORK = 2**31  # steps of one neuron over one example: what somebody waits for, about


def best_cells(
    run: Run, number: int | None = 10, *, by: float | Literal["mean"] = 0.5, most_lost: float = 1.0
) -> pd.DataFrame:
    """The table of `Run.best` with the number of neurons, the smallest and the largest final loss and, for
    each fate, `<fate>_low` and `<fate>_high`: the 95 % interval of its share (Wilson 1927).

    Its attrs hold `num_tied`, the number of all cells that are tied with the first of their data set, shown
    or not.
    """
    table = run.best(None, by=by, most_lost=most_lost)
    num_tied = int(table.tied.sum())
    if number is not None:
        shown = table.groupby(DATASET) if DATASET in table else table
        table = shown.head(number).reset_index(drop=True)
    counts = run.cells.fate_count.stack(cell=run.dims).transpose("cell", "fate").values[table.cell]
    total = counts.sum(-1)
    table.insert(list(table.columns).index("final_loss"), "neurons", total)
    for end in ("final_loss_min", "final_loss_max"):
        table[end] = run.cells[end].values.ravel()[table.cell]
    for fate in Fate:
        table[f"{fate.name}_low"], table[f"{fate.name}_high"] = wilson(counts[:, fate], total)
    table.attrs["num_tied"] = num_tied
    return table


def best_params(run: Run, cells: Sequence[int]) -> pd.DataFrame:
    """The trained weight, a column an input, and bias of each cell's neuron of smallest final loss, in the
    neuron's own units: `weight` (of several inputs `weight NAME`) and `bias`, a row a cell.

    Where a run of an earlier version does not hold them, the neurons are trained again.

    Raises:
        BadInput: they cannot be trained again, or there are too many of them for somebody who waits.
    """
    inputs = run.attrs["data"]["inputs"]
    names = ["weight"] if len(inputs) == 1 else [f"weight {name}" for name in inputs]
    kept = {"best_weight", "best_bias"} <= run.cells.keys()
    weight, bias = _kept(run, cells) if kept else _trained_again(run, cells)
    return pd.DataFrame(np.column_stack([weight, bias]), columns=[*names, "bias"])


def _kept(run: Run, cells: Sequence[int]) -> Params:
    """The params as they stand in the run."""
    places = np.unravel_index(np.asarray(cells, int), run.cells.fate_count.shape[:-1])
    weight, bias = (run.count(f"best_{name}").values[places] for name in ("weight", "bias"))
    return weight, bias


def _trained_again(run: Run, cells: Sequence[int]) -> Params:
    """The same from neurons that are trained once more, those of each data set together."""
    program, training, replicates = run.program(), run.study.training, run.study.sweep.replicates
    num_steps = 1 if training.method == "jumps" else training.num_steps
    if len(cells) * replicates * num_steps * len(program.datasets[0].y) > MOST_WORK:
        raise BadInput(f"{run.path}: does not hold them, and to train its neurons again would take long")
    numbers, num_inputs = np.asarray(cells), program.datasets[0].x.shape[1]
    weight, bias = np.empty((len(cells), num_inputs)), np.empty(len(cells))
    of_each = program.design.combination(numbers)  # which one program can train together
    for combination in np.unique(of_each):
        some = np.flatnonzero(of_each == combination)
        of_cells = numbers[some].repeat(replicates).tolist()
        trained = program.train_neurons(of_cells, [*range(replicates)] * len(some))
        losses = np.where(np.isfinite(trained.loss), trained.loss, np.inf).reshape(-1, replicates)
        best = losses.argmin(1) + replicates * np.arange(len(some))
        weight[some], bias[some] = trained.params.weight[best], trained.params.bias[best]
        is_lost = some[np.isinf(losses.min(1))]
        weight[is_lost], bias[is_lost] = np.nan, np.nan
    return weight, bias
