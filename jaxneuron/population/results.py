"""Every result of training, declared once: the record of a neuron, and what its cell keeps of it.

It is computed in `neuron.train`, as a field of Trained. Here it has its name on disk, dtype and definition.
"""

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jaxneuron.neuron.fate import Fate
from jaxneuron.population.cells import (
    INPUT,
    CellResult,
    is_cycle,
    is_nonzero,
    is_step,
    number_by_step,
    number_of,
    of_best,
)
from jaxneuron.population.histograms import Bins

if TYPE_CHECKING:  # which imports JAX, and `status` is quick
    from jaxneuron.neuron.train import Trained

LOSS_UNITS = "(units of the scaled target)²"


class Result(NamedTuple):
    """A result of one neuron: a field of Trained, as it stands in the neuron's record and in its cell."""

    field: str
    dtype: str | None  # None: the study's precision
    units: str
    long_name: str
    definition: str
    cells: Mapping[str, CellResult] = {}
    method: str | None = None  # the only one by which it is known

    def of(self, trained: "Trained") -> Any:
        """Its values, an array with the axes of the neurons; None where they are not known."""
        return operator.attrgetter(self.field)(trained)


class ChunkResults(NamedTuple):
    """What is kept of a chunk, by name, as NumPy arrays without padding."""

    cells: Mapping[str, np.ndarray]  # [*cells] or [*cells, bin]
    neurons: Mapping[str, np.ndarray]  # [*cells, replicate, …]; empty where no records are kept


RESULTS = {
    "fate": Result(
        "fate",
        "int8",
        "",
        "fate",
        ", ".join(f"{fate.value} {fate.name}" for fate in Fate),
        {
            "fate_count": CellResult(
                *("neurons", "neurons by fate"),
                "number of the cell's neurons that met each fate",
                dim="fate",
            )
        },
    ),
    "death_step": Result(
        "death_step",
        "int32",
        "steps",
        "death step",
        "first step from which the neuron is silent to the end; 0 born dead, -1 not dead",
        {
            "death_step_count": number_by_step(
                "death",
                "death step",
                "number of the cell's dead neurons whose first step of lasting silence is in the bin",
            )
        },
    ),
    "diverge_step": Result(
        "diverge_step",
        "int32",
        "steps",
        "divergence step",
        "first step from which params or loss are not finite, or the loss is above its limit, to the end; "
        "-1 not diverged",
        {
            "diverge_step_count": number_by_step(
                "diverge",
                "divergence step",
                "number of the cell's diverged neurons whose first step of lasting divergence is in the bin",
            )
        },
    ),
    "settle_step": Result(
        "settle_step",
        "int32",
        "steps",
        "settling step",
        "first step from which the gradient stays within the tolerance to the end; -1 not converged, or "
        "unknown (mini-batches of several inputs, or of an activation that is not piecewise linear, unless "
        "it can die)",
        {
            "settle_step_count": number_by_step(
                "settle",
                "settling step",
                "number of the cell's converged neurons whose first step of a gradient that stays within the "
                "tolerance is in the bin; none is counted where mini-batches leave it unknown",
            )
        },
    ),
    "final_loss": Result(
        "loss",
        None,
        LOSS_UNITS,
        "final loss",
        "mean over the examples of ½(ŷ − y)² at the end",
        {
            "final_loss_count": CellResult(
                "neurons",
                "neurons by final loss",
                "number of the cell's neurons whose mean over the examples of ½(ŷ − y)² at the end is in the "
                "bin; the last bin holds losses that are not finite too",
                dim="final_loss_bin",
                edges="loss",
            ),
            "final_loss_min": CellResult(
                LOSS_UNITS,
                "smallest final loss",
                "the smallest final loss of the cell's neurons",
                merge=np.min,
                dtype=np.float64,
            ),
            "final_loss_max": CellResult(
                LOSS_UNITS,
                "largest final loss",
                "the largest final loss of the cell's neurons; infinite where one is not finite",
                merge=np.max,
                dtype=np.float64,
            ),
        },
    ),
    "fixed_step": Result(
        "fixed_step",
        "int32",
        "steps",
        "fixed step",
        "first step from which the params stay bit for bit the same to the end; -1 where the last step "
        "changes them",
        {
            "fixed_count": number_of(
                "fixed neurons",
                "number of the cell's neurons whose params stay bit for bit the same from some step on "
                "to the end",
                is_step,
            ),
            "unsettled_fixed_count": number_of(
                "unsettled neurons that are fixed",
                "number of the cell's unsettled neurons whose params stay bit for bit the same from some "
                "step on to the end",
                is_step,
            )._replace(fate=Fate.unsettled),
        },
    ),
    "absorbed": Result(
        "absorbed",
        "int8",
        "",
        "absorbed",
        "1 for a dead neuron that is proved to stay silent whatever steps come after, else 0",
        {
            "absorbed_count": number_of(
                "absorbed neurons",
                "number of the cell's dead neurons that are proved to stay silent whatever steps come after",
                is_nonzero,
            )
        },
    ),
    "nearly_silent": Result(
        "nearly_silent",
        "int8",
        "",
        "nearly silent",
        "1 where z is at most silence_tolerance × the root mean square of the targets on every example at "
        "the end, else 0",
        {
            "nearly_silent_count": number_of(
                "nearly silent neurons",
                "number of the cell's neurons with z at most silence_tolerance × the root mean square of the "
                "targets on every example at the end; dead neurons are among them",
                is_nonzero,
            )
        },
    ),
    "revivals": Result(
        "revivals",
        "int32",
        "",
        "revivals",
        "how often the neuron was silent and active at the next step",
        {
            "revived_count": number_of(
                "revived neurons",
                "number of the cell's neurons that were silent at a step and active at a later one",
                is_nonzero,
            )
        },
    ),
    "period": Result(
        "period",
        "int64",
        "steps",
        "period",
        "steps after which the neuron is where it was to the bit, in the end: 1 at rest, of a cycle a "
        "multiple that rounding decides, 0 where it goes round for ever and the period is not known, -1 "
        "where nothing is known or it goes out of all numbers",
        {
            "cycling_count": number_of(
                "cycling neurons",
                "number of the cell's neurons that are found to go round a cycle of more than one step for "
                "ever",
                is_cycle,
            )
        },
        method="jumps",
    ),
    "undecided": Result(
        "undecided",
        "int8",
        "",
        "undecided",
        "1 where the active examples changed more often than could be followed: params and loss are those "
        "at the step where it was left, and the fate is unsettled; else 0",
        {
            "undecided_count": number_of(
                "undecided neurons",
                "number of the cell's unsettled neurons that are so because their active examples changed "
                "more often than could be followed: what becomes of them is not known",
                is_nonzero,
            )
        },
        method="jumps",
    ),
    "num_active": Result(
        "num_active",
        "int32",
        "examples",
        "active examples",
        "examples with z > 0 at the end",
        {
            "active_count": CellResult(
                *("examples", "active examples"),
                "examples with z > 0 at the end, summed over the cell's neurons",
            )
        },
    ),
    "init_weight": Result("init_params.weight", None, "", "initial weight", "weight W before step 0"),
    "init_bias": Result("init_params.bias", None, "", "initial bias", "bias b before step 0"),
    "final_weight": Result(
        "params.weight",
        None,
        "",
        "final weight",
        "weight W after the last step",
        {"best_weight": of_best("weight W", dim=INPUT)},
    ),
    "final_bias": Result(
        "params.bias", None, "", "final bias", "bias b after the last step", {"best_bias": of_best("bias b")}
    ),
}
CELLS = {name: cell for result in RESULTS.values() for name, cell in result.cells.items()}


def results_of(method: str) -> dict[str, Result]:
    """The results of neurons that are trained by a method; by jumps, steps may be more than 32 bits."""
    return {
        name: result._replace(dtype="int64") if method == "jumps" and result.units == "steps" else result
        for name, result in RESULTS.items()
        if result.method in (None, method)
    }


def cells_of(method: str) -> dict[str, CellResult]:
    """What cells keep of neurons that are trained by a method."""
    return {name: cell for result in results_of(method).values() for name, cell in result.cells.items()}


def edges_of(bins: Bins) -> dict[str, np.ndarray]:
    """The edges of the bins along each dim of cells that has some, one more than there are bins."""
    return {str(cell.dim): getattr(bins, cell.edges) for cell in CELLS.values() if cell.edges}


def sizes_of(bins: Bins, num_inputs: int) -> dict[str, int]:
    """How many numbers lie along each dim of cells' results, besides the cells' own dims."""
    num_bins = {dim: len(edges) - 1 for dim, edges in edges_of(bins).items()}
    return {"fate": len(Fate), INPUT: num_inputs} | num_bins
