"""What became of the neurons of each data set and rate, and how fast they died: the numbers."""

from typing import NamedTuple

import numpy as np

from experiments.half_life.theory import limit_at_optimum
from jaxneuron import Fate, Run
from jaxneuron.analysis.half_life import HalfLife, half_life
from jaxneuron.analysis.incidence import Hazard, hazard
from jaxneuron.analysis.intervals import Share, share_of
from jaxneuron.study.data import load

FIRST_STEP = 200  # by then nearly all have left their start behind
OPTIMUM = 1e-6  # a final loss below it
ENOUGH_DEATHS = 50  # for a test of a cell
ENOUGH_IN_HALF = 30  # for the hazard of a part of the phase
THROWN_OUT = 20  # steps by which those have died that the first steps throw across
BEYOND_END = (1.05, 1.15)  # ends of the phase without deaths
FIRST_BEYOND = 50  # by FIRST_STEP few are left there
SHOWN_STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200, 4800, 6400)


class Decay(NamedTuple):
    """Counts of a run [datasets, rates, …], and each data set's limit of stability at its optimum."""

    rate: np.ndarray
    limit: np.ndarray
    by_fate: np.ndarray
    deaths: np.ndarray  # by death step, in bins from edges[i] up to edges[i + 1]
    edges: np.ndarray
    at_optimum: np.ndarray

    @property
    def scaled(self) -> np.ndarray:
        """The rate over the data set's limit."""
        return self.rate / self.limit[:, None]

    @property
    def neurons(self) -> np.ndarray:
        """All neurons."""
        return self.by_fate.sum(-1)

    @property
    def moving(self) -> np.ndarray:
        """Those that did not converge. Most of those that did came to rest early; at rest none can die."""
        return self.neurons - self.by_fate[..., Fate.converged]


class Exponential(NamedTuple):
    """In how many cells with enough deaths the test refuses that they are exponential, at 5 % and at 1 %."""

    first_step: int
    cells: int
    refused_at_5: Share
    refused_at_1: Share


def decay_of(run: Run) -> Decay:
    """The counts of a run."""
    dims, cells = ("dataset", "learning_rate"), run.cells
    losses = cells.final_loss_count.where(cells.final_loss_bin_end <= OPTIMUM, 0).sum("final_loss_bin")
    return Decay(
        rate=cells.learning_rate.values,
        limit=np.array([limit_at_optimum(data.x, data.y) for data in load(run.study.data)]),
        by_fate=cells.fate_count.transpose(*dims, "fate").values,
        deaths=cells.death_step_count.transpose(*dims, "death_step_bin").values,
        edges=np.append(cells.death_step_bin.values, cells.death_step_bin_end.values[-1]),
        at_optimum=losses.transpose(*dims).values.astype(int),
    )


def half_life_of(decay: Decay, neurons: np.ndarray, first_step: int = FIRST_STEP) -> HalfLife:
    """The half-life from a step on, of all neurons or of those that moved on, [datasets, rates]."""
    none_diverge = np.zeros_like(decay.deaths)
    return half_life(decay.deaths, none_diverge, neurons, decay.edges, first_step, decay.edges[-1] - 1)


def hazard_of(decay: Decay, cells: np.ndarray) -> tuple[np.ndarray, Hazard]:
    """(edges, hazard) over time, of those that moved on in the cells [datasets, rates] that are true, as one.

    Its bins are wider than the run's, so that each holds enough deaths.
    """
    starts = np.unique(np.searchsorted(decay.edges[:-1], SHOWN_STEPS))
    starts = starts[starts < len(decay.edges) - 1]
    edges = np.append(decay.edges[starts], decay.edges[-1])
    deaths = np.add.reduceat(decay.deaths[cells].sum(0), starts)
    return edges, hazard(deaths, np.zeros_like(deaths), decay.moving[cells].sum(), edges)


def exponential_of(decay: Decay, neurons: np.ndarray, first_step: int) -> Exponential:
    """How often the deaths of a cell beyond its limit, from a step on, are not those of a constant hazard."""
    found = half_life_of(decay, neurons, first_step)
    tested = (decay.scaled > 1) & (found.deaths >= ENOUGH_DEATHS) & (found.degrees > 0)
    p_value, number = found.p_value[tested], int(tested.sum())
    at_5, at_1 = (share_of(np.array((p_value < level).sum()), np.array(number)) for level in (0.05, 0.01))
    return Exponential(first_step, number, at_5, at_1)


def drift_of(decay: Decay, apart: int) -> np.ndarray:
    """The hazard from the step `apart` on over that before it, for each cell beyond its limit with enough
    deaths in both parts of the phase: 1 where it is constant."""
    last = decay.edges[-1] - 1
    none_diverge = np.zeros_like(decay.deaths)
    early, late = (
        half_life(decay.deaths, none_diverge, decay.moving, decay.edges, first, until)
        for first, until in ((FIRST_STEP, apart - 1), (apart, last))
    )
    enough = np.minimum(early.deaths, late.deaths) >= ENOUGH_IN_HALF
    cells = enough & (decay.scaled > 1)
    return early.half_life[cells] / late.half_life[cells]


def end_of_quiet(decay: Decay) -> np.ndarray:
    """For each data set the first rate beyond its limit, over the limit, at which of the neurons that the
    first steps left alive more have died than still move; NaN where there is none."""
    moves = decay.by_fate[..., Fate.unsettled]
    died = decay.deaths[..., decay.edges[:-1] >= THROWN_OUT].sum(-1)
    ends = (decay.scaled > 1) & (died > moves)
    first = decay.scaled[np.arange(len(ends)), ends.argmax(-1)]
    return np.where(ends.any(-1), first, np.nan)


def half_lives_beyond_end(decay: Decay) -> np.ndarray:
    """The half-lives of the cells a little beyond the end of their data set's phase without deaths."""
    scaled = decay.scaled / end_of_quiet(decay)[:, None]
    cells = (scaled >= BEYOND_END[0]) & (scaled < BEYOND_END[1])
    found = half_life_of(decay, decay.moving, FIRST_BEYOND).half_life[cells]
    return found[~np.isnan(found)]  # where none is left there is nothing to know
