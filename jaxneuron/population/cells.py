"""What a cell keeps of a result of its neurons: counts, extremes, and the params of the best one, which merge
exactly in any order.

Their size does not grow with the neurons. Counts are 64-bit: a cell may have more than 2³¹ neurons.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from jaxneuron.neuron.fate import NO_STEP, Fate

INPUT = "input"  # the dim of a weight
Merge = Callable[..., np.ndarray]


def itself(values: Any) -> Any:
    """What counts of most results."""
    return values


class CellResult(NamedTuple):
    """What a cell keeps of one result of its neurons: what merges their numbers, or a histogram of them."""

    units: str
    long_name: str
    definition: str
    of: Callable[[Any], Any] = itself  # what counts of the values of neurons, arrays of NumPy or JAX
    dim: str | None = None  # of a histogram, and which of the edges of Bins it has
    edges: Literal["step", "loss"] | None = None
    # Of neurons, and of parts along an axis, in any order; None: it is of the neuron of smallest final loss.
    merge: Merge | None = np.sum
    dtype: type[np.number] | None = np.int64  # None: the study's precision
    fate: Fate | None = None  # of the only neurons that count; steps of all others are taken for NO_STEP


def number_of(long_name: str, definition: str, condition: Callable[[Any], Any]) -> CellResult:
    """The number of the cell's neurons whose values meet a condition."""
    return CellResult("neurons", long_name, definition, condition)


def number_by_step(fate: str, name: str, definition: str) -> CellResult:
    """The number of the cell's neurons by the step of their fate, which is NO_STEP for those of others."""
    return CellResult("neurons", f"neurons by {name}", definition, dim=f"{fate}_step_bin", edges="step")


def of_best(name: str, dim: str | None = None) -> CellResult:
    """A param of the cell's best neuron."""
    return CellResult(
        *("", f"best neuron's {name}"),
        f"{name} after the last step of the cell's neuron of smallest final loss, the first of several; NaN "
        "where no loss is finite",
        dim=dim,
        merge=None,
        dtype=None,
    )


def is_nonzero(values: Any) -> Any:
    """The condition of a result that is 0 or false for neurons that are not counted."""
    return values != 0


def is_step(steps: Any) -> Any:
    """The condition of neurons that have a step of a kind."""
    return steps != NO_STEP


def is_cycle(period: Any) -> Any:
    """The condition of neurons that go round for ever, by their periods: 1 is rest, 0 an unknown period."""
    return (period == 0) | (period > 1)
