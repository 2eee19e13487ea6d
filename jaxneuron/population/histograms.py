"""Histograms of losses and steps: their bins, quantiles and means of the counts."""

import dataclasses
import math

import numpy as np

from jaxneuron.neuron.jumps import MOST_STEPS

# A bin is 15 % wide; the decades reach from where single precision ends, whose error is at least its spacing
# squared, to divergence.
LOSS_BINS_PER_DECADE = 16
LEAST_LOSS_DECADE = -16
MOST_LOSS_DECADE = 6
# Exact for the first steps, then about 9 % wide.
STEP_BINS_PER_OCTAVE = 8


@dataclasses.dataclass(frozen=True)
class Bins:
    """Edges of the histograms of losses and of steps.

    Bin i of `loss` holds edges[i] ≤ loss < edges[i + 1]; its first bin starts at 0, its last ends at
    infinity and holds what is not finite too. Bin i of `step` holds the whole steps from edges[i]
    up to, but not with, edges[i + 1]; its last bin ends after the last step.
    """

    loss: np.ndarray
    step: np.ndarray


def make_bins(reference_loss: float, num_steps: int | float) -> Bins:
    """Bins for losses around `reference_loss`, which lies in the middle of a bin, and for all steps.

    The reference is ½·mean y², the loss of every dead neuron: on an edge, rounding would scatter them.
    """
    low, high = (decade * LOSS_BINS_PER_DECADE for decade in (LEAST_LOSS_DECADE, MOST_LOSS_DECADE))
    exponents = (np.arange(low, high + 1) - 0.5) / LOSS_BINS_PER_DECADE
    scale = reference_loss if reference_loss > 0 else 1.0
    num_steps = int(min(num_steps, MOST_STEPS))
    octaves = np.arange(STEP_BINS_PER_OCTAVE * (math.log2(num_steps + 1) + 1)) / STEP_BINS_PER_OCTAVE
    steps = np.unique(np.floor(2**octaves)).astype(np.int64)
    return Bins(
        loss=np.concatenate([[0.0], scale * 10.0**exponents, [np.inf]]),
        step=np.concatenate([[0], steps[steps <= num_steps], [num_steps + 1]]),
    )


def quantile(
    counts: np.ndarray, smallest: np.ndarray, largest: np.ndarray, edges: np.ndarray, probability: float
) -> np.ndarray:
    """The quantile of the losses counted along the last axis, to within half a bin.

    It is the geometric middle of the bin that holds it, or of as much of the bin as lies between the
    smallest and the largest loss; infinite where it is not finite, NaN for a cell without neurons. The
    first bin begins at 0: in it only the smallest and the largest loss are known.
    """
    rank = np.floor(probability * np.maximum(counts.sum(-1) - 1, 0)).astype(np.int64)
    return losses_of_ranks(counts, smallest, largest, edges, rank)


def losses_of_ranks(
    counts: np.ndarray, smallest: np.ndarray, largest: np.ndarray, edges: np.ndarray, ranks: np.ndarray
) -> np.ndarray:
    """The losses of these ranks [..., *cells], from 0 on, among those counted along the last axis, each to
    within half a bin, as of a `quantile`."""
    bins = bins_of_ranks(counts, ranks)
    low = np.maximum(edges[bins], smallest)
    high = np.minimum(edges[bins + 1], largest)
    with np.errstate(invalid="ignore"):
        middle = np.where(np.isinf(high), np.inf, np.sqrt(low) * np.sqrt(high))
    return np.where(counts.sum(-1) > 0, middle, np.nan)


def bins_of_ranks(counts: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """The bin along the last axis that holds each of these ranks [..., *cells] of its cell; any bin where the
    cell has no such rank.

    The counts of all cells are added up in one go, and only of bins that are not empty, which are few.
    """
    filled = np.flatnonzero(counts != 0)  # twice as fast as of the counts themselves
    up_to = counts.ravel()[filled].cumsum()
    total = counts.sum(-1)
    before = total.cumsum().reshape(total.shape) - total  # of the cells before it
    return np.append(filled, 0)[np.searchsorted(up_to, before + ranks, side="right")] % counts.shape[-1]


def mean(counts: np.ndarray, smallest: np.ndarray, largest: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The mean of the losses counted along the last axis, to within half a bin: each is taken to be in the
    geometric middle of its bin, as in `quantile`; infinite where one is not finite, NaN without neurons."""
    low, high = (np.clip(ends, smallest[..., None], largest[..., None]) for ends in (edges[:-1], edges[1:]))
    with np.errstate(invalid="ignore", over="ignore"):
        middle = np.where(counts > 0, np.sqrt(low) * np.sqrt(high), 0)
        return (counts * middle).sum(-1) / counts.sum(-1)
