"""A picture: the numbers of its cells, worked out exactly from the neurons of each, which are few."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from jaxneuron.analysis.half_life import half_life
from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.population.histograms import make_bins
from jaxneuron.study.study import Study


class Shown(NamedTuple):
    """A quantity that a picture can show: its name and what is said of it, the results of a neuron that it
    needs, and the scale on which it is coloured, as of `analysis.quantities.Quantity`."""

    name: str
    label: str
    unit: str
    definition: str
    scale: Literal["share", "loss", "steps", "kind"]
    needs: tuple[str, ...] = ()


FATE = Shown(
    *("fate", "most frequent fate", ""),
    "the fate that most of the cell's neurons met; of equally many the first in the order of the rules",
    "kind",
)
SHARES = [
    *(
        Shown(f.name, f"share {f.label}", "", f"share of the neurons that {f.label}: {f.rule}", "share")
        for f in Fate
    ),
    Shown("dead", "share dead", "", "share of the neurons that are dead: born dead or died", "share"),
]
FINAL_LOSS = Shown(
    *("final_loss", "median final loss", "(units of the scaled target)²"),
    "the median over the neurons of their final loss, the mean over the examples of ½(ŷ − y)²; of an even "
    "number the lower of the middle two",
    "loss",
    ("final_loss",),
)
DEATH_STEP = Shown(
    *("death_step", "median death step", "steps"),
    "of the neurons that died after step 0, the median of the first step from which they are silent to the "
    "end",
    "steps",
    ("death_step",),
)
HALF_LIFE = Shown(
    *("half_life", "half-life", "steps"),
    "steps in which half of the neurons at risk die, from the deaths after the first tenth of the steps; "
    "infinite where none died",
    "steps",
    ("death_step", "diverge_step"),
)
PERIOD = Shown(
    *("period", "median period", "steps"),
    "of the neurons whose end is known, the median of the steps after which they are where they were: 1 at "
    "rest",
    "steps",
    ("period",),
)


def shown_of(study: Study) -> dict[str, Shown]:
    """What a picture of a study can show, by name: a neuron that cannot die has no death step, and a period
    is known by jumps alone."""
    found = [FATE, *SHARES, FINAL_LOSS]
    if study.can_die:
        found += [DEATH_STEP]
        if study.sweep.replicates > 1 and 10 <= study.training.num_steps < np.inf:
            found += [HALF_LIFE]
    if study.training.method == "jumps":
        found += [PERIOD]
    return {shown.name: shown for shown in found}


def numbers_of(
    records: Mapping[str, Shaped[np.ndarray, "*cells replicates"]], shown: Shown, num_steps: int | float
) -> dict[str, np.ndarray]:
    """The numbers of cells, from the results of all of their neurons: `counts`, neurons by fate [fates,
    *cells], and, by its name, what is shown beside the fates, [*cells]."""
    fate = records["fate"]
    counts = np.stack([(fate == kind).sum(-1, dtype=np.min_scalar_type(fate.shape[-1])) for kind in Fate])
    found = {"counts": counts}
    for each in {FINAL_LOSS, *([shown] if shown.needs else [])}:
        found[each.name] = _FINDERS[each.name](records, num_steps)
    return found


def _final_loss(records: Mapping[str, np.ndarray], num_steps: int | float) -> Float[np.ndarray, " *cells"]:
    loss = records["final_loss"]
    return _median(np.where(np.isfinite(loss), loss, np.inf), np.ones(loss.shape, bool))


def _death_step(records: Mapping[str, np.ndarray], num_steps: int | float) -> Float[np.ndarray, " *cells"]:
    return _median(records["death_step"], records["death_step"] > 0)


def _period(records: Mapping[str, np.ndarray], num_steps: int | float) -> Float[np.ndarray, " *cells"]:
    return _median(records["period"], records["period"] > 0)


def _half_life(records: Mapping[str, np.ndarray], num_steps: int | float) -> Float[np.ndarray, " *cells"]:
    edges = make_bins(1.0, num_steps).step
    deaths, divergences = (_by_bin(records[name], edges) for name in HALF_LIFE.needs)
    total = np.full(len(deaths), records["fate"].shape[-1])
    found = half_life(deaths, divergences, total, edges, max(1, int(num_steps) // 10), int(num_steps))
    return found.half_life.reshape(records["fate"].shape[:-1])


_FINDERS = {"final_loss": _final_loss, "death_step": _death_step, "period": _period, "half_life": _half_life}


def _median(
    values: Shaped[np.ndarray, "*cells replicates"], counts: Shaped[np.ndarray, "*cells replicates"]
) -> Float[np.ndarray, " *cells"]:
    """The median of those values of each cell that count, of an even number the lower of the middle two; NaN
    where none do."""
    number = counts.sum(-1, keepdims=True)
    in_order = np.sort(np.where(counts, values.astype(float), np.inf), axis=-1)
    middle = np.take_along_axis(in_order, np.maximum(number - 1, 0) // 2, axis=-1)
    return np.where(number > 0, middle, np.nan)[..., 0]


def _by_bin(steps: Int[np.ndarray, "*cells replicates"], edges: np.ndarray) -> Int[np.ndarray, "cells bins"]:
    """The neurons of each cell by the bin of a step; those without one are not counted."""
    steps = steps.reshape(-1, steps.shape[-1])
    num_bins = len(edges) - 1
    bins = np.searchsorted(edges, steps, side="right") - 1
    flat = np.arange(len(steps))[:, None] * num_bins + np.clip(bins, 0, num_bins - 1)
    return np.bincount(flat[steps != NO_STEP], minlength=len(steps) * num_bins).reshape(-1, num_bins)
