"""One neuron's training as plain values, for JSON."""

from typing import Any

import numpy as np

from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.analysis.remedies import what_helps
from jaxneuron.analysis.rest import is_at_rest
from jaxneuron.analysis.units import equation, units_of
from jaxneuron.analysis.why import why
from jaxneuron.neuron.choices import OPTIMIZERS
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.runner.training import Training

STEPS = ("death", "diverge", "settle", "fixed")


def training_values(training: Training) -> dict[str, Any]:
    """The neuron in the units it was trained in and in those of its data, how it ended, and its losses.

    In the data's units the output is `factor` times the activation of W·x + b, plus `offset`; the factor is 1
    for an activation that is straight on either side of 0.
    """
    data, rows, study = training.data, training.rows, training.study
    units = units_of(training)
    weight, bias = units.params(training.weight.astype(np.float64), training.bias)
    return {
        "weight": training.weight.tolist(),
        "bias": training.bias,
        "loss": training.loss,
        "gradient_norm": training.gradient_norm,
        "in_data_units": {
            "weight": weight.tolist(),
            "bias": float(bias),
            "factor": units.factor,
            "offset": units.y_offset,
            "loss": float(units.loss(training.loss)),
            "equation": equation(training, units),
        },
        "inputs": list(data.inputs),
        "target": data.target,
        "scaling": {name: np.asarray(value).tolist() for name, value in data.scaling._asdict().items()},
        "activation": study.neuron.activation,
        "optimizer": study.training.optimizer,
        "precision": study.training.precision,
        "tolerance": study.training.tolerance,
        "hyperparams": _hyperparams(training),
        "init_weight": np.asarray(training.init_params.weight).tolist(),
        "init_bias": float(training.init_params.bias),
        "fate": training.fate.name,
        **{f"{name}_step": int(getattr(training, f"{name}_step")) for name in STEPS},
        "at_rest": is_at_rest(training),
        "ended": ended_in_words(training),
        "why": why(training),
        "what_helps": what_helps(training) or None,
        "num_steps": training.num_steps,
        "losses": rows.loss.tolist(),
        "steps": rows.step.tolist(),
    }


def _hyperparams(training: Training) -> dict[str, float]:
    """The hyperparameters that were given, and the defaults of those that were not."""
    study = training.study
    takes = (*OPTIMIZERS[study.training.optimizer].takes, "negative_slope")
    is_leaky = study.neuron.activation == "leaky_relu"
    names = (name for name in takes if name != "negative_slope" or is_leaky)
    return {name: Hyperparams._field_defaults[name] for name in names} | training.hyperparams
