"""The same population under all activations: shares, losses, and what becomes of those that ReLU lost."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.activations.outcomes import (
    AS_GOOD,
    DEAD,
    TRAINED,
    Median,
    Outcomes,
    median_of,
    outcomes_of,
    shares_of,
)
from experiments.activations.theory import share_born_dead
from experiments.known_answers import standard_errors
from experiments.studies import swept, with_settings
from jaxneuron import Study
from jaxneuron.analysis.intervals import Share, share_of

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "softplus")


class Row(NamedTuple):
    """An activation on some data, at the rates up to the stability limit or at those beyond."""

    data: str
    num_steps: int
    rates: str
    activation: str
    outcomes: Share  # [outcomes]
    best: float  # at any rate
    median: Median
    best_of_all: Share  # within 1 % of the lowest loss that any activation reached
    rescued: Share  # of those that are dead under ReLU, trained under this one


def with_activation(study: Study, activation: str) -> Study:
    """The study, with the same seeds, under another activation."""
    return with_settings(study, neuron={"activation": activation})


def all_outcomes(
    study: Study, folder: Path, name: str, activations: Sequence[str] = ACTIVATIONS
) -> list[Outcomes]:
    """The outcomes of the study under each activation."""
    paths = {activation: folder / f"activations-{name}-{activation}.zarr" for activation in activations}
    return [
        outcomes_of(swept(with_activation(study, activation), path)) for activation, path in paths.items()
    ]


def rows_of(found: Sequence[Outcomes], data: str, num_steps: int) -> list[Row]:
    """Two rows for each activation; the first of them is ReLU."""
    lowest, dead = min(one.best for one in found), found[0].outcome == DEAD
    rows = []
    for one in found:
        stable = one.learning_rate <= one.limit
        for rates, chosen in (("stable", stable), ("beyond", ~stable)):
            loss, outcome, was_dead = one.loss[chosen], one.outcome[chosen], dead[chosen]
            as_good, trained = loss <= AS_GOOD * lowest, outcome == TRAINED
            row = Row(
                *(data, num_steps, rates, one.activation),
                outcomes=shares_of(outcome),
                best=one.best,
                median=median_of(loss),
                best_of_all=share_of(np.array(as_good.sum()), np.array(loss.size)),
                rescued=share_of(np.array((trained & was_dead).sum()), np.array(was_dead.sum())),
            )
            rows.append(row)
    return rows


def born_dead_errors(relu: Outcomes) -> np.ndarray:
    """Standard errors between the share of ReLU neurons born dead and the known one, for each bias."""
    neurons = relu.born_dead[:, 0].size
    share = relu.born_dead.sum((0, 2)) / neurons
    x = relu.data.x
    known = share_born_dead(relu.init_bias, float(x.min()), float(x.max()))
    return standard_errors(share, known, np.array(neurons))
