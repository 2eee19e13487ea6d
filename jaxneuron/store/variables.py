"""What a run holds, variable by variable: names, dims, units and definitions, as they stand on disk."""

from typing import NamedTuple

from jaxneuron.neuron.fate import Fate

STARTS = {
    "init_bias": "bias b before step 0",
    "init_weight": "weight W before step 0, the same for all inputs",
}
LOSS_UNITS = "(units of the scaled target)²"

# The steps of fates, which cells count by bins.
STEPS = ("death_step", "diverge_step", "settle_step")


class CellVariable(NamedTuple):
    """A field of Summary on disk; `dim` is its dim besides the cells'."""

    dim: str | None
    units: str
    long_name: str
    definition: str
    method: str | None = None  # by which it is known, where not by any


class NeuronVariable(NamedTuple):
    """A field of Trained on disk; the dtype is the study's precision where none is given."""

    field: str
    dtype: str | None
    units: str
    long_name: str
    definition: str
    method: str | None = None


CELLS = {
    "fate_count": CellVariable(
        "fate", "neurons", "neurons by fate", "number of the cell's neurons that met each fate"
    ),
    "death_step_count": CellVariable(
        "death_step_bin",
        "neurons",
        "neurons by death step",
        "number of the cell's dead neurons whose first step of lasting silence is in the bin",
    ),
    "diverge_step_count": CellVariable(
        "diverge_step_bin",
        "neurons",
        "neurons by divergence step",
        "number of the cell's diverged neurons whose first step of lasting divergence is in the bin",
    ),
    "settle_step_count": CellVariable(
        "settle_step_bin",
        "neurons",
        "neurons by settling step",
        "number of the cell's converged neurons whose first step of a gradient that stays within the "
        "tolerance is in the bin; none is counted where mini-batches leave it unknown",
    ),
    "final_loss_count": CellVariable(
        "final_loss_bin",
        "neurons",
        "neurons by final loss",
        "number of the cell's neurons whose mean over the examples of ½(ŷ − y)² at the end is in the bin; "
        "the last bin holds losses that are not finite too",
    ),
    "fixed_count": CellVariable(
        None,
        "neurons",
        "fixed neurons",
        "number of the cell's neurons whose params stay bit for bit the same from some step on to the end",
    ),
    "absorbed_count": CellVariable(
        None,
        "neurons",
        "absorbed neurons",
        "number of the cell's dead neurons that are proved to stay silent whatever steps come after",
    ),
    "nearly_silent_count": CellVariable(
        None,
        "neurons",
        "nearly silent neurons",
        "number of the cell's neurons with z at most silence_tolerance × the root mean square of the targets "
        "on every example at the end; dead neurons are among them",
    ),
    "revived_count": CellVariable(
        None,
        "neurons",
        "revived neurons",
        "number of the cell's neurons that were silent at a step and active at a later one",
    ),
    "cycling_count": CellVariable(
        None,
        "neurons",
        "cycling neurons",
        "number of the cell's neurons that are found to go round a cycle of more than one step for ever",
        "jumps",
    ),
    "undecided_count": CellVariable(
        None,
        "neurons",
        "undecided neurons",
        "number of the cell's unsettled neurons that are so because their active examples changed more often "
        "than could be followed: what becomes of them is not known",
        "jumps",
    ),
    "active_count": CellVariable(
        None,
        "examples",
        "active examples",
        "examples with z > 0 at the end, summed over the cell's neurons",
    ),
    "final_loss_min": CellVariable(
        None, LOSS_UNITS, "smallest final loss", "the smallest final loss of the cell's neurons"
    ),
    "final_loss_max": CellVariable(
        None,
        LOSS_UNITS,
        "largest final loss",
        "the largest final loss of the cell's neurons; infinite where one is not finite",
    ),
}
NEURONS = {
    "fate": NeuronVariable(
        "fate", "int8", "", "fate", ", ".join(f"{fate.value} {fate.name}" for fate in Fate)
    ),
    "death_step": NeuronVariable(
        "death_step",
        "int32",
        "steps",
        "death step",
        "first step from which the neuron is silent to the end; 0 born dead, -1 not dead",
    ),
    "diverge_step": NeuronVariable(
        "diverge_step",
        "int32",
        "steps",
        "divergence step",
        "first step from which params or loss are not finite, or the loss is above its limit, to the end; "
        "-1 not diverged",
    ),
    "settle_step": NeuronVariable(
        "settle_step",
        "int32",
        "steps",
        "settling step",
        "first step from which the gradient stays within the tolerance to the end; -1 not converged, or "
        "unknown (mini-batches of several inputs, or of an activation that is not piecewise linear, unless "
        "it can die)",
    ),
    "revivals": NeuronVariable(
        "revivals", "int32", "", "revivals", "how often the neuron was silent and active at the next step"
    ),
    "absorbed": NeuronVariable(
        "absorbed",
        "int8",
        "",
        "absorbed",
        "1 for a dead neuron that is proved to stay silent whatever steps come after, else 0",
    ),
    "nearly_silent": NeuronVariable(
        "nearly_silent",
        "int8",
        "",
        "nearly silent",
        "1 where z is at most silence_tolerance × the root mean square of the targets on every example at "
        "the end, else 0",
    ),
    "num_active": NeuronVariable(
        "num_active", "int32", "examples", "active examples", "examples with z > 0 at the end"
    ),
    "fixed_step": NeuronVariable(
        "fixed_step",
        "int32",
        "steps",
        "fixed step",
        "first step from which the params stay bit for bit the same to the end; -1 where the last step "
        "changes them",
    ),
    "period": NeuronVariable(
        "period",
        "int64",
        "steps",
        "period",
        "steps after which the neuron is where it was to the bit, in the end: 1 at rest, of a cycle a "
        "multiple that rounding decides, 0 where it goes round for ever and the period is not known, -1 "
        "where nothing is known or it goes out of all numbers",
        "jumps",
    ),
    "undecided": NeuronVariable(
        "undecided",
        "int8",
        "",
        "undecided",
        "1 where the active examples changed more often than could be followed: params and loss are those "
        "at the step where it was left, and the fate is unsettled; else 0",
        "jumps",
    ),
    "final_loss": NeuronVariable(
        "loss", None, LOSS_UNITS, "final loss", "mean over the examples of ½(ŷ − y)² at the end"
    ),
    "init_weight": NeuronVariable("init_params.weight", None, "", "initial weight", "weight W before step 0"),
    "init_bias": NeuronVariable("init_params.bias", None, "", "initial bias", "bias b before step 0"),
    "final_weight": NeuronVariable("params.weight", None, "", "final weight", "weight W after the last step"),
    "final_bias": NeuronVariable("params.bias", None, "", "final bias", "bias b after the last step"),
}


def cells_of(method: str) -> dict[str, CellVariable]:
    """The variables of cells that are trained by a method."""
    return {name: variable for name, variable in CELLS.items() if variable.method in (None, method)}


def neurons_of(method: str) -> dict[str, NeuronVariable]:
    """The variables of neurons that are trained by a method; by jumps, steps may be more than 32 bits."""
    known = {name: variable for name, variable in NEURONS.items() if variable.method in (None, method)}
    if method != "jumps":
        return known
    return {
        name: variable._replace(dtype="int64") if variable.units == "steps" else variable
        for name, variable in known.items()
    }
