"""A run: the results of a study, as xarray objects."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from jaxneuron.analysis.parts import by_parts
from jaxneuron.analysis.pooling import all_together, each_alone
from jaxneuron.analysis.ranking import ALIKE, ranked
from jaxneuron.analysis.step_bins import median_step
from jaxneuron.analysis.stored import StoredRun
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET
from jaxneuron.population.histograms import mean, quantile


class Run(StoredRun):
    """A run on disk, read lazily: all that is read is checked, and BadInput names what is damaged.

    `cells` holds integer counts per cell (`fate_count`, `death_step_count`, `final_loss_count`),
    `neurons` a record of each neuron where the study asked for it. Dims are named after what is swept.
    BadInput where the path holds no run, or one that is not whole. With `partial` it may be one of which only
    some chunks are done: its cells then count the neurons of these, as they were when it was opened, and
    records of the others hold fill values.

    A run that was refined has its cells along the one dim `point`, those of its grid first; `grid` is the run
    of these alone.
    """

    def __init__(self, path: str | Path, *, partial: bool = False, refined: bool = True) -> None:
        super().__init__(path, partial=partial, refined=refined)
        self._quantiles: dict[float, xr.DataArray] = {}  # tables, lives and maps ask for the same again

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{dim} {size}" for dim, size in self.cells.fate_count.sizes.items() if dim != "fate"
        )
        done = "" if self.is_whole else f"{self.neurons_done} of "
        number = self.attrs["num_neurons"]
        return f"Run({str(self.path)!r}: {sizes}; {done}{number} {'neuron' if number == 1 else 'neurons'})"

    @property
    def fate_share(self) -> xr.DataArray:
        """The share of each cell's neurons that met each fate, [*dims, fate]."""
        counts = self.cells.fate_count
        with np.errstate(invalid="ignore"):  # of a cell without neurons it is unknown
            share = counts / counts.sum("fate")
        definition = "share of the cell's neurons that met each fate"
        return share.assign_attrs(units="1", long_name="share", definition=definition).rename("fate_share")

    def final_loss(self, probability: float = 0.5) -> xr.DataArray:
        """A quantile of each cell's final losses, [*dims], by default the median, to within half a bin (8 %).

        Where all of a cell's losses are alike, it is as exact as they are alike. In the first bin, of losses
        that are next to nothing beside the silent loss (10⁻¹⁰ of it, in float64 10⁻¹⁶), it is only known to
        lie between the cell's smallest and largest. Of an even number of losses the median is the lower of
        the middle two.
        """
        name = "median final loss" if probability == 0.5 else f"{probability:g} quantile of the final loss"
        attrs = {
            "long_name": name,
            "definition": f"the {name} of the cell's neurons, from its histogram: to within half a bin, or "
            "as closely as its smallest and largest loss agree, as in the first bin, which begins at 0",
        }
        if probability not in self._quantiles:
            self._quantiles[probability] = self._of_losses(partial(quantile, probability=probability))
        return self._quantiles[probability].copy().assign_attrs(attrs)

    def mean_final_loss(self) -> xr.DataArray:
        """The mean of each cell's final losses, [*dims], from its histogram: to within half a bin (8 %), or
        as closely as its smallest and largest loss agree; infinite where one is not finite."""
        attrs = {
            "long_name": "mean final loss",
            "definition": "the mean final loss of the cell's neurons, from its histogram: within half a bin",
        }
        return self._of_losses(mean).assign_attrs(attrs)

    def best(
        self, number: int | None = 5, *, by: float | Literal["mean"] = 0.5, most_lost: float = 1.0
    ) -> pd.DataFrame:
        """The cells that train best, the first first: the cell's number (for `train`), what is swept, the
        final loss, the step by which half of the neurons that converged had settled, the shares by fate, and
        whether it is tied with the first.

        Ordered by a quantile of the final loss (the median if not given) or by its mean; among cells within
        1 % of one another, by the share of their neurons that converged. Cells that are alike in both are
        tied, and come in the order of their settling steps (NaN where that is not known); tied, too, are
        losses below what rounding leaves, or below the end of the first bin. The losses of different data
        sets are not compared: of each there are `number` cells, those of the first data set first. All cells
        where `number` is None; only cells of whose neurons at most the share `most_lost` died, were born
        dead or diverged. The losses are those of `final_loss` and `mean_final_loss`.
        """
        loss = self.mean_final_loss() if by == "mean" else self.final_loss(by)
        settled = self.settle_step()
        table = self.fate_share.to_dataset("fate").assign(final_loss=loss, settle_step=settled).to_dataframe()
        cells = np.arange(len(table))
        table = table.reset_index().assign(cell=cells, data_number=self.design.combination(cells, [DATASET]))
        is_kept = table.diverged + table.born_dead + table.died <= most_lost
        best = ranked(pd.DataFrame(table[is_kept]), self._smallest_loss)
        best = best.groupby("data_number").head(len(best) if number is None else number)
        columns = ["cell", *self.swept, "final_loss", "settle_step", *(fate.name for fate in Fate), "tied"]
        return pd.DataFrame(best[columns]).reset_index(drop=True)

    def settle_step(self) -> xr.DataArray:
        """The median settling step of each cell's neurons that converged, [*dims]: the first step of its bin
        (exact up to 8, then 9 % wide), NaN where none converged or their steps are not known."""
        found = self.cells.final_loss_min.load().astype(float).rename("settle_step").copy()
        attrs = {"units": "steps", "long_name": "median settling step"}
        attrs["definition"] = (
            "the median settling step of the cell's neurons that converged, from its histogram"
        )
        counts, edges = self.cells.settle_step_count, self.cells.settle_step_bin.values
        for tile in self.tiles():
            found.values[tile] = median_step(counts[tile].values, edges)
        return found.assign_attrs(attrs)

    def num_as_good(self) -> int:
        """How many cells have all of their neurons converged to within 1 % of the lowest loss of any cell of
        their data set."""
        others = [dim for dim in self.dims if dim != DATASET]
        lowest = np.maximum(self.cells.final_loss_min.min(others), self._smallest_loss)
        have_converged = self.fate_share.sel(fate="converged") == 1
        return int((have_converged & (self.cells.final_loss_max <= ALIKE * lowest)).sum())

    def pooled(self, name: str, along: Sequence[str] = ()) -> xr.DataArray:
        """A count of the cells, summed over all dims but those in `along`: [*along, …]; of an extreme loss
        the extreme."""
        field = self.count(name)
        sizes = [field.sizes[dim] for dim in self.dims]
        groups = [
            each_alone(size) if dim in along else all_together(size)
            for dim, size in zip(self.dims, sizes, strict=True)
        ]
        (values,) = self.pool(name, [(groups, [int(group.max()) + 1 for group in groups])])
        rest = [dim for dim in self.dims if dim not in along]
        kept = field.isel(dict.fromkeys(rest, 0), drop=True)
        return kept.copy(data=values.squeeze(tuple(map(self.dims.index, rest)))).transpose(*along, ...)

    def _of_losses(self, function: Callable[..., np.ndarray]) -> xr.DataArray:
        """The values of function(counts of losses, smallest, largest, edges of bins) for each cell."""
        cells = self.cells
        edges = np.append(cells.final_loss_bin.values, np.inf)
        found = cells.final_loss_min.load().copy().rename("final_loss")
        for tile in self.tiles():
            counts, smallest, largest = (
                self.count(f"final_loss_{name}")[tile] for name in ("count", "min", "max")
            )
            flat = counts.values.reshape(-1, len(edges) - 1), smallest.values.ravel(), largest.values.ravel()
            (values,) = by_parts(lambda *some: (function(*some, edges),), *flat)
            found.values[tile] = values.reshape(smallest.shape)
        return found

    @property
    def _smallest_loss(self) -> float:
        """The smallest loss that is resolved: that of outputs that are off by the precision's spacing, or the
        end of the first bin."""
        spacing = np.finfo(self.attrs["study"]["training"]["precision"]).eps
        first_bin_end = float(self.cells.final_loss_bin.values[1])
        return max(spacing**2 * self.attrs["data"]["silent_loss"], first_bin_end)
