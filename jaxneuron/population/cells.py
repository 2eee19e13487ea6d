"""What a cell keeps of a result of its neurons: counts and extremes, which merge exactly in any order.

Their size does not grow with the neurons. Counts are 64-bit: a cell may have more than 2³¹ neurons.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.population.histograms import Bins, count_along_last


class CellResult(NamedTuple):
    """What a cell keeps of one result of its neurons."""

    units: str
    long_name: str
    definition: str
    find: Callable[[np.ndarray, Bins], np.ndarray]  # values[*cells, replicate] -> [*cells] or [*cells, bin]
    dim: str | None = None  # of the bins, and which of the edges of Bins they have
    edges: Literal["step", "loss"] | None = None
    merge: Callable[..., np.ndarray] = np.sum  # parts along an axis, in any order
    dtype: type[np.number] = np.int64
    fate: Fate | None = None  # of the only neurons that count; steps of all others are taken for NO_STEP

    def of(self, values: np.ndarray, fates: np.ndarray, bins: Bins) -> np.ndarray:
        """What cells keep of the values and the fates of their neurons, both [*cells, replicate]."""
        return self.find(values if self.fate is None else np.where(fates == self.fate, values, NO_STEP), bins)


def number_of(long_name: str, definition: str, condition: Callable[[np.ndarray], np.ndarray]) -> CellResult:
    """The number of the cell's neurons whose values meet a condition."""
    return CellResult(
        "neurons", long_name, definition, lambda values, bins: np.count_nonzero(condition(values), axis=-1)
    )


def number_by_step(fate: str, name: str, definition: str) -> CellResult:
    """The number of the cell's neurons by the step of their fate, which is NO_STEP for those of others."""

    def find(steps: np.ndarray, bins: Bins) -> np.ndarray:
        step_bin = np.searchsorted(bins.step, steps, side="right") - 1  # NO_STEP is below all bins: -1
        return count_along_last(step_bin, len(bins.step) - 1)

    return CellResult("neurons", f"neurons by {name}", definition, find, f"{fate}_step_bin", "step")


def number_by_loss(losses: np.ndarray, bins: Bins) -> np.ndarray:
    """The number of the cell's neurons by their final loss."""
    num_bins = len(bins.loss) - 1
    loss_bin = np.searchsorted(bins.loss, finite_or_inf(losses), side="right") - 1
    return count_along_last(np.minimum(loss_bin, num_bins - 1), num_bins)


def finite_or_inf(losses: np.ndarray) -> np.ndarray:
    """The losses, infinite where they are not finite."""
    return np.where(np.isfinite(losses), losses, np.inf)


def is_nonzero(values: np.ndarray) -> np.ndarray:
    """The condition of a result that is 0 or false for neurons that are not counted."""
    return values != 0


def is_step(steps: np.ndarray) -> np.ndarray:
    """The condition of neurons that have a step of a kind."""
    return steps != NO_STEP


def is_cycle(period: np.ndarray) -> np.ndarray:
    """The condition of neurons that go round for ever, by their periods: 1 is rest, 0 an unknown period."""
    return (period == 0) | (period > 1)
