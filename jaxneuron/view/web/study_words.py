"""The data and the study of a run or of one neuron in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxneuron.analysis.in_words import (
    one_of,
    part_in_words,
    refined_in_words,
    shortened,
    steps_in_words,
    values_in_words,
)
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.hyperparams import label_of
from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.runner.training import Training
from jaxneuron.study.counted import counted
from jaxneuron.study.files import Table
from jaxneuron.study.quantity import DRAWN, num_values, support
from jaxneuron.study.sources import Synthetic
from jaxneuron.study.study import Study

LONGEST_NAME, MOST_NAMES = 60, 6


def study_in_words(study: Study, data: Mapping[str, Any]) -> dict[str, str]:
    """The data, the neuron, its training and each hyperparameter, by name.

    `data` holds the attributes that a run keeps: source, numbers of examples and data sets, names, scaling.
    """
    training, neuron = study.training, study.neuron
    has_bias = "" if neuron.train_bias else "; the bias is not trained"
    size = training.batch_size
    batches = f"mini-batches of {one_of(size)}" if size else "full batches"
    return {
        "data": _data(study, data),
        "neuron": f"ŷ = {one_of(neuron.activation)}(W·x + b), loss: mean of ½(ŷ − y)²{has_bias}",
        "training": f"{steps_in_words(training)}, {batches}, {training.precision}",
        **({"points": placed} if (placed := _points(study)) else {}),
        **{label_of(name): _quantity(quantity) for name, quantity in study.quantities.items()},
    }


def _points(study: Study) -> str:
    """How the points of a design that is no grid were placed; '' of a grid."""
    if (points := study.sweep.points) is None:
        return ""
    number, kind = points.sobol or points.random or 0, "scrambled Sobol" if points.sobol else "independent"
    by = " (Owen 1998)" if points.sobol else ""
    names = [label_of(n) for n, q in study.quantities.items() if isinstance(q, DRAWN) and n != "init_weight"]
    return f"{number:,} {kind} points{by} in the ranges of {', '.join(names)}"


def run_in_words(run: Run) -> dict[str, str]:
    """The study of a run, and where and when it was trained."""
    attrs, study = run.attrs, run.study
    num_cells, replicates = study.design.num_cells, study.sweep.replicates
    cells = f"{counted(num_cells, 'cell')} × {counted(replicates, 'replicate')}"
    versions = attrs["versions"]
    return {
        **study_in_words(study, attrs["data"]),
        **({"refined": refined_in_words(run.refinement)} if run.refinement else {}),
        "neurons": f"{attrs['num_neurons']:,} ({cells})"
        + ("" if run.is_whole else f"; {part_in_words(run)}"),
        "seed": str(study.sweep.seed),
        "trained": f"{attrs['began'][:10]} on {attrs['device']} in {run.training_seconds:,.1f} s, with "
        f"jaxneuron {versions['jaxneuron']} and jax {versions['jax']}",
    }


def training_in_words(training: Training) -> dict[str, str]:
    """The study of one neuron, with the axes that it may have."""
    data = training.data
    attrs = {"source": data.source, "inputs": data.inputs, "target": data.target, "num_examples": len(data.y)}
    return study_in_words(training.study, attrs)


def _data(study: Study, data: Mapping[str, Any]) -> str:
    inputs = [shortened(name, LONGEST_NAME) for name in data["inputs"][:MOST_NAMES]]
    more = f" and {len(data['inputs']) - MOST_NAMES} more" if len(data["inputs"]) > MOST_NAMES else ""
    arrow = f"{', '.join(inputs)}{more} → {shortened(data['target'], LONGEST_NAME)}"
    if isinstance(study.data, Table):
        files = data["source"] if isinstance(data["source"], str) else ", ".join(data["source"])
        source = f"{shortened(files, LONGEST_NAME)}: "
    else:
        source = "a teacher's: " if isinstance(study.data, Synthetic) else ""
    number = data.get("num_datasets", 1)
    sets = f", {number:,} data sets" if number > 1 else ""
    scale = ", standardised" if study.data.scale == "standard" else ""
    lengths = np.atleast_1d(data["num_examples"])
    fewest, most = int(lengths.min()), int(lengths.max())
    number = counted(most, "example") if fewest == most else f"{fewest:,} to {most:,} examples"
    return f"{source}{arrow}, {number}{sets}{scale}"


def _quantity(quantity: Any) -> str:
    """A constant, an axis or a distribution in words."""
    if isinstance(quantity, Normal):
        return f"drawn from N({quantity.mean:g}, {quantity.std:g}²)"
    if isinstance(quantity, (Uniform, LogUniform)):
        evenly = " evenly in its logarithm" if isinstance(quantity, LogUniform) else ""
        low, high = values_in_words(quantity, 6)
        return f"drawn between {low} and {high}{evenly}"
    if isinstance(quantity, Axis):
        low, high = values_in_words(support(quantity), 6)
        how = {Linear: ", evenly spaced", Log: ", evenly spaced in their logarithms"}.get(type(quantity), "")
        return f"{counted(num_values(quantity), 'value')} from {low} to {high}{how}"
    return values_in_words([quantity], 6)[0]
