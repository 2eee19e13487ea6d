"""The cells that train best, with intervals for the fates of their neurons, and the params they end with."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET
from jaxneuron.study.bad_input import BadInput

# Of each cell the weights [replicates, inputs] of its neurons, and their biases [replicates].
Params = tuple[list[np.ndarray], list[np.ndarray]]
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


def median_params(run: Run, cells: Sequence[int]) -> pd.DataFrame:
    """The medians over each cell's neurons of the trained weights, a column an input, and of the bias, in the
    neuron's own units: `weight` (of several inputs `weight NAME`) and `bias`, a row a cell.

    They are read where the run has records of its neurons; otherwise these neurons are trained again.

    Raises:
        BadInput: they cannot be trained again, or there are too many of them for somebody who waits.
    """
    inputs = run.attrs["data"]["inputs"]
    names = ["weight"] if len(inputs) == 1 else [f"weight {name}" for name in inputs]
    if run.study.sweep.records == "neurons":
        weight, bias = _recorded(run, cells)
    else:
        weight, bias = _trained_again(run, cells)
    medians = np.column_stack([np.median(weight, axis=1), np.median(bias, axis=1)])
    return pd.DataFrame(medians, columns=[*names, "bias"])


def _recorded(run: Run, cells: Sequence[int]) -> Params:
    """The trained params as they stand in the records."""
    places = zip(*np.unravel_index(np.asarray(cells), run.cells.fate_count.shape[:-1]), strict=True)
    neurons = run.neurons[["final_weight", "final_bias"]]
    found = [neurons.isel(dict(zip(run.dims, place, strict=True))) for place in places]
    return [cell.final_weight.values for cell in found], [cell.final_bias.values for cell in found]


def _trained_again(run: Run, cells: Sequence[int]) -> Params:
    """The same of neurons that are trained once more, those of each data set together."""
    program, training, replicates = run.program(), run.study.training, run.study.sweep.replicates
    num_steps = 1 if training.method == "jumps" else training.num_steps
    if len(cells) * replicates * num_steps * len(program.datasets[0].y) > MOST_WORK:
        raise BadInput(f"{run.path}: has no records of neurons, and to train these again would take long")
    weights, biases, numbers = {}, {}, np.asarray(cells)
    of_each = program.design.combination(numbers)  # which one program can train together
    for combination in np.unique(of_each):
        some = numbers[of_each == combination]
        of_cells = some.repeat(replicates).tolist()
        trained = program.train_neurons(of_cells, [*range(replicates)] * len(some))
        weights |= zip(some, np.split(trained.params.weight, len(some)), strict=True)
        biases |= zip(some, np.split(trained.params.bias, len(some)), strict=True)
    return [weights[cell] for cell in cells], [biases[cell] for cell in cells]
