"""What cells keep of their neurons, found on the device that trained them: no more than that need be fetched.

A neuron counts as a number or has its place in a histogram; the neurons of a cell merge as its parts do.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Num

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.train import Trained
from jaxneuron.population.cells import CellResult, Merge
from jaxneuron.population.histograms import Bins
from jaxneuron.population.program import compiled
from jaxneuron.population.results import RESULTS

# How the neurons of a cell merge, and what changes nothing.
MERGES: dict[Merge | None, tuple[Callable[..., Array], float]] = {
    np.sum: (partial(jnp.sum, dtype="int64"), 0),
    np.min: (jnp.min, np.inf),
    np.max: (jnp.max, -np.inf),
}


class Lowest(NamedTuple):
    """The lowest value of every bin. The last bins need no end: what is not finite is in them too."""

    loss: Int[Array | np.ndarray, " bins"]  # as whole numbers in the same order
    step: Int[Array | np.ndarray, " bins"]


def summarise(
    trained: Trained, bins: Bins, shape: tuple[int, ...], num_replicates: int | np.integer | Int[Array, ""]
) -> dict[str, Num[Array, "..."]]:
    """What each cell keeps of its neurons, by name, still on their device: [*cells] or [*cells, bin].

    The results in `trained` have one axis of neurons, in C order over `shape`, which is (*cells, replicates).
    The first `num_replicates` of each cell count; the others are padding. Counts by bin are of the smallest
    type that holds the replicates, all others of 64 bits.
    """
    lowest = Lowest(in_order(rounded_up(bins.loss[:-1], trained.loss.dtype), np), bins.step[:-1])
    with jax.enable_x64(True):
        return compiled(_summarise, None, shape)(trained, lowest, num_replicates)


def _summarise(
    shape: tuple[int, ...], trained: Trained, lowest: Lowest, num_replicates: Int[Array, ""]
) -> dict[str, Num[Array, "..."]]:
    counts = jnp.arange(shape[-1]) < num_replicates

    def of_cell(trained: Trained) -> dict[str, Num[Array, "..."]]:
        losses = jnp.where(counts & jnp.isfinite(trained.loss), trained.loss, jnp.inf)
        best = jnp.argmin(losses)
        best = jnp.where(losses[best] < jnp.inf, best, len(losses))  # where there is none
        return {
            name: _of_best(values, best)
            if cell.merge is None
            else _merged(cell, values, trained.fate, lowest, counts)
            for result in RESULTS.values()
            if result.cells and (values := result.of(trained)) is not None
            for name, cell in result.cells.items()
        }

    by_cell = jax.tree.map(lambda values: values.reshape(-1, shape[-1], *values.shape[1:]), trained)
    found = jax.vmap(of_cell)(by_cell)
    return jax.tree.map(lambda values: values.reshape(*shape[:-1], *values.shape[1:]), found)


def _of_best(values: Num[Array, "replicates ..."], best: Int[Array, ""]) -> Num[Array, "..."]:
    """The value of a cell's best neuron; NaN beyond the last."""
    return values.at[best].get(mode="fill", fill_value=jnp.nan)


def _merged(
    cell: CellResult,
    values: Num[Array, " replicates"],
    fates: Int[Array, " replicates"],
    lowest: Lowest,
    counts: Bool[Array, " replicates"],
) -> Num[Array, "..."]:
    """What a cell keeps of those of its neurons that count."""
    if jnp.issubdtype(values.dtype, jnp.floating):
        values = jnp.where(jnp.isfinite(values), values, jnp.inf)
    if cell.fate is not None:
        values = jnp.where(fates == cell.fate, values, NO_STEP)
    if cell.dim is None:
        merge, nothing = MERGES[cell.merge]
        return merge(jnp.where(counts, cell.of(values), nothing))
    if cell.edges is None:
        return _histogram(values, len(Fate), counts)
    if cell.edges == "loss":
        values = in_order(values, jnp)
    starts = getattr(lowest, cell.edges).astype(values.dtype)
    # Unrolled, all comparisons of a search are one kernel.
    after = jnp.searchsorted(starts, values, side="right", method="scan_unrolled")
    return _histogram(after - 1, len(starts), counts)


def _histogram(
    index: Int[Array, " replicates"], num_bins: int, counts: Bool[Array, " replicates"]
) -> Int[Array, " bins"]:
    """How often each bin is among those that count; -1 is none."""
    zeros = jnp.zeros(num_bins, np.min_scalar_type(len(index)))
    index = jnp.where(counts & (index >= 0), index, num_bins)
    return zeros.at[index].add(1, mode="drop")


def rounded_up(edges: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The smallest numbers of a precision that are not below the edges: a number of that precision is at or
    above one just where it is at or above the other."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = edges.astype(dtype)
        return np.where(rounded < edges, np.nextafter(rounded, np.inf, dtype=dtype), rounded)


def in_order(values: Any, xp: Any) -> Any:
    """Numbers as whole numbers, of which those from 0 on are in the same order, and all others below 0.

    Of such numbers a processor that takes the smallest floats for 0 tells one from another too.
    """
    bits = values.view(f"int{8 * values.dtype.itemsize}")
    return xp.where(bits == xp.iinfo(bits.dtype).min, 0, bits)  # -0 is 0
