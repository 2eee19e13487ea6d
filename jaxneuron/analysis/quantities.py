"""The quantities that a map of cells can show: their names, their definitions, and how counts give them."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from jaxneuron.analysis.deaths import DEAD, edges_of, phase_of
from jaxneuron.analysis.half_life import half_life
from jaxneuron.analysis.intervals import rank_below_median, share_of
from jaxneuron.analysis.picture import FATE
from jaxneuron.analysis.run import Run
from jaxneuron.analysis.step_bins import steps_of_ranks
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.histograms import losses_of_ranks
from jaxneuron.study.bad_input import BadInput, nearest


class Estimate(NamedTuple):
    """A number for each cell with its 95 % interval, NaN where nothing is known: each [cells]."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Quantity(NamedTuple):
    """A quantity of a cell. `find` estimates it from the counts that `counts` names, in their order, each
    [cells, bins]; of an extreme loss [cells, 1].

    A share lies between 0 and 1; losses and steps are shown by decades; a kind is the number of a fate.
    """

    name: str
    label: str
    unit: str
    definition: str
    scale: Literal["share", "loss", "steps", "kind"]
    counts: tuple[str, ...]
    find: Callable[..., Estimate]


def quantities_of(run: Run) -> dict[str, Quantity]:
    """The quantities of a run by name. A neuron that cannot die has no death step and no half-life."""
    kind = Quantity(*FATE[:5], ("fate_count",), _most_frequent)
    dead = _share("dead", "dead", "born dead or died", DEAD)
    shares = [_share(fate.name, fate.label, fate.rule, (fate,)) for fate in Fate]
    found = [kind, *shares, dead, _loss(run)]
    if run.study.can_die:
        found.append(_death_step(run))
        phase = phase_of(run)
        if phase is not None:
            found.append(_half_life(run, phase))
    return {quantity.name: quantity for quantity in found}


def quantity_of(run: Run, name: str) -> Quantity:
    """The quantity of a name; BadInput where a run does not have it."""
    known = quantities_of(run)
    if name not in known:
        raise BadInput(f"quantity: {name!r} is not among those of {run.path}{nearest(name, known)}")
    return known[name]


def _most_frequent(by_fate: np.ndarray) -> Estimate:
    value = np.where(by_fate.sum(-1) > 0, by_fate.argmax(-1).astype(float), np.nan)
    return Estimate(value, *np.full((2, *value.shape), np.nan))


def _share(name: str, label: str, rule: str, fates: tuple[Fate, ...]) -> Quantity:
    def find(by_fate: np.ndarray) -> Estimate:
        return Estimate(*share_of(by_fate[:, fates].sum(-1), by_fate.sum(-1))[1:])

    definition = f"share of the neurons that are {label}: {rule}; interval of Wilson (1927)"
    return Quantity(name, f"share {label}", "", definition, "share", ("fate_count",), find)


def _loss(run: Run) -> Quantity:
    edges = np.append(run.cells.final_loss_bin.values, np.inf)

    def find(losses: np.ndarray, smallest: np.ndarray, largest: np.ndarray) -> Estimate:
        ends = smallest[:, 0], largest[:, 0]
        return _median(losses, lambda ranks: losses_of_ranks(losses, *ends, edges, ranks))

    attrs = run.cells.final_loss_min.attrs
    return Quantity(
        *("final_loss", "median final loss", str(attrs["units"])),
        "the median over the neurons of their final loss, the mean over the examples of ½(ŷ − y)²; from a "
        "histogram, to within half a bin (8 %), or as closely as its losses agree; interval of order "
        "statistics",
        *("loss", ("final_loss_count", "final_loss_min", "final_loss_max"), find),
    )


def _death_step(run: Run) -> Quantity:
    edges = edges_of(run)

    def find(deaths: np.ndarray) -> Estimate:
        died = deaths.copy()
        died[:, 0] = 0  # those of step 0 are born dead
        return _median(died, lambda ranks: steps_of_ranks(died, edges, ranks))

    return Quantity(
        *("death_step", "median death step", "steps"),
        "of the neurons that died after step 0, the median of the first step from which they are silent to "
        "the end: the first step of its bin (exact up to 8, then 9 % wide); interval of order statistics",
        *("steps", ("death_step_count",), find),
    )


def _half_life(run: Run, phase: tuple[int, int]) -> Quantity:
    edges = edges_of(run)

    def find(by_fate: np.ndarray, deaths: np.ndarray, divergences: np.ndarray) -> Estimate:
        found = half_life(deaths, divergences, by_fate.sum(-1), edges, *phase)
        return Estimate(found.half_life, found.low, found.high)

    return Quantity(
        *("half_life", "half-life", "steps"),
        f"steps in which half of the neurons at risk die, from the deaths at steps {phase[0]:,} to "
        f"{phase[1]:,}; infinite where none died; interval of the profile likelihood",
        *("steps", ("fate_count", "death_step_count", "diverge_step_count"), find),
    )


def _median(counts: np.ndarray, values_of: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """The median of what is counted along the last axis, of an even number the lower of the middle two, and
    the values of the ranks between which it lies whatever the distribution; NaN where there are too few for
    that. `values_of` gives the values of ranks [..., cells]."""
    total = counts.sum(-1)
    below = rank_below_median(np.floor(total).astype(np.int64))
    value, *ends = values_of(np.stack([(total - 1) // 2, below, total - 1 - below]))
    return Estimate(value, *(np.where(below >= 0, end, np.nan) for end in ends))
