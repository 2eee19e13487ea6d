"""What a run holds, variable by variable: names, dims, units and definitions, as they stand on disk."""

from typing import NamedTuple

from jaxneuron.neuron.fate import Fate

STARTS = {
    "init_bias": "bias b before step 0",
    "init_weight": "weight W before step 0, the same for all inputs",
}
LOSS_UNITS = "(units of the scaled target)²"


class CellVariable(NamedTuple):
    """A field of Summary on disk; `dim` is its dim besides the cells'."""

    dim: str | None
    units: str
    long_name: str
    definition: str


class NeuronVariable(NamedTuple):
    """A field of Trained on disk; the dtype is the study's precision where none is given."""

    field: str
    dtype: str | None
    units: str
    long_name: str
    definition: str


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
    "fixed_step": NeuronVariable(
        "fixed_step",
        "int32",
        "steps",
        "fixed step",
        "first step from which the params stay bit for bit the same to the end; -1 where the last step "
        "changes them",
    ),
    "final_loss": NeuronVariable(
        "loss", None, LOSS_UNITS, "final loss", "mean over the examples of ½(ŷ − y)² at the end"
    ),
    "init_weight": NeuronVariable("init_params.weight", None, "", "initial weight", "weight W before step 0"),
    "init_bias": NeuronVariable("init_params.bias", None, "", "initial bias", "bias b before step 0"),
    "final_weight": NeuronVariable("params.weight", None, "", "final weight", "weight W after the last step"),
    "final_bias": NeuronVariable("params.bias", None, "", "final bias", "bias b after the last step"),
}
