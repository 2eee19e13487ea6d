"""Which hyperparameters make the difference: how much of a quantity's variance between cells each explains.

In a grid this is its functional analysis of variance (Sobol' 1993; Hutter, Hoos and Leyton-Brown 2014), exact
by averaging, as every combination of values is there: the first-order share of a hyperparameter is
Var(E[q|xᵢ])/Var(q), what knowing it alone explains; its total share is 1 − Var(E[q|x₋ᵢ])/Var(q), what knowing
all others leaves open, its part in interactions with it. Cells weigh the same; what differs between them by
chance, as they have so many neurons each, counts as interaction.

Points are no complete grid. Of them a share is the correlation ratio over bins that hold equally many points,
corrected for what chance alone explains (Kelley's ε² of 1935).

Of losses and steps it is the variance of the logarithm. What is infinite counts as the largest finite value,
0 as the smallest above it; cells of which nothing is known are left out, and each average is over those that
are left. Fates have no numbers: of the most frequent fate it is the sum of the variances of 'it is this one'.
"""

from typing import NamedTuple

import numpy as np

from jaxneuron.analysis.axes import map_axis
from jaxneuron.analysis.frames import frame_of, swept_names
from jaxneuron.analysis.maps import estimates_over
from jaxneuron.analysis.quantities import Quantity, quantity_of
from jaxneuron.analysis.refinement import OF_GRID
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import POINT

MOST_BINS, FEWEST_IN_BIN = 16, 8


class Importance(NamedTuple):
    """Each hyperparameter's shares of the variance, between 0 and 1; NaN where they mean nothing.

    `total` is NaN for points. `variance` is that between the `num_known` cells of which something is known,
    of `num_cells`; where it is 0 the cells are all alike and the shares are NaN.
    """

    quantity: Quantity
    names: tuple[str, ...]
    labels: tuple[str, ...]
    first: np.ndarray
    total: np.ndarray
    variance: float
    num_cells: int
    num_known: int
    is_grid: bool
    remark: str  # '' where it is of all cells of the run


def importance(run: Run, name: str) -> Importance:
    """The importance of all that is swept for a quantity, pooled over data sets; BadInput for a name that is
    none of `quantities_of`. Of a run that was refined it is that of its grid, whose cells weigh the same."""
    remark, run = OF_GRID if run.refinement else "", run.grid
    quantity, names = quantity_of(run, name), swept_names(run)
    is_grid = POINT not in run.dims or not names
    (estimate,) = estimates_over(run, quantity, [frame_of(run, names, {}, max(run.cells.sizes.values()))])
    values = as_numbers(quantity, estimate.value)
    if is_grid:
        first, total = shares_of_grid(values)
    else:
        first = np.array([share_of_points(values, run.cells[name].values) for name in names])
        total = np.full(len(names), np.nan)
    known = ~np.isnan(values[..., 0])
    return Importance(
        *(quantity, names, tuple(map_axis(run, name).label for name in names), first, total),
        variance=variance_of(values[known]) if known.any() else 0.0,
        num_cells=known.size,
        num_known=int(known.sum()),
        is_grid=is_grid,
        remark=remark,
    )


def as_numbers(quantity: Quantity, values: np.ndarray) -> np.ndarray:
    """The values whose variance is meant, [*cells, components]; NaN where nothing is known."""
    if quantity.scale == "kind":
        return np.where(np.isnan(values)[..., None], np.nan, values[..., None] == np.array(list(Fate)))
    if quantity.scale == "share":
        return values[..., None]
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = (positive.min(), positive.max()) if positive.size else (1.0, 1.0)
    return np.log(np.clip(values, low, high))[..., None]


def shares_of_grid(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first-order shares, total shares), each [axes], of the variance of values [*axes, components]."""
    axes = range(values.ndim - 1)
    known = ~np.isnan(values[..., :1])
    whole = variance_of(values[known[..., 0]])
    if not whole > 0:
        return np.full(len(axes), np.nan), np.full(len(axes), np.nan)
    first = [_explained(values, known, tuple(j for j in axes if j != i)) / whole for i in axes]
    total = [1 - _explained(values, known, (i,)) / whole for i in axes]
    return np.clip(first, 0, 1), np.clip(total, 0, 1)


def share_of_points(values: np.ndarray, places: np.ndarray) -> float:
    """Kelley's ε² of values [points, components] over bins of their places that hold equally many points."""
    known = ~np.isnan(values[:, 0])
    values, places = values[known], places[known]
    number = len(values)
    num_bins = min(MOST_BINS, number // FEWEST_IN_BIN)
    whole = variance_of(values) if number else 0.0
    if num_bins < 2 or not whole > 0:
        return float("nan")
    bins = np.empty(number, np.int64)
    bins[np.argsort(places, kind="stable")] = np.arange(number) * num_bins // number
    sums = np.stack([np.bincount(bins, component, num_bins) for component in values.T], axis=-1)
    counts = np.bincount(bins, minlength=num_bins)[:, None]
    between = float((counts * (sums / counts - values.mean(0)) ** 2).sum() / number)
    left = (1 - between / whole) * (number - 1) / (number - num_bins)
    return float(np.clip(1 - left, 0, 1))


def variance_of(values: np.ndarray) -> float:
    """The variance of values [cells, components], summed over components; exactly 0 where all are alike."""
    if not values.size or (values == values[0]).all():
        return 0.0
    return float(values.var(0).sum())


def _explained(values: np.ndarray, known: np.ndarray, averaged: tuple[int, ...]) -> float:
    """The variance of the averages over some axes, each weighted by its number of cells."""
    counts = known.sum(averaged)
    means = np.where(known, values, 0).sum(averaged) / np.maximum(counts, 1)
    whole = (counts * means).sum(tuple(range(means.ndim - 1))) / counts.sum()
    return float((counts * (means - whole) ** 2).sum() / counts.sum())
