"""A run: what a study found, as xarray objects."""

from collections.abc import Hashable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from jaxneuron.neuron.fate import Fate
from jaxneuron.population.summary import quantile
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.store import is_run
from jaxneuron.study.study import Study

CELLS_AT_A_TIME = 4096


class Run:
    """A run on disk, read lazily.

    `cells` holds integer counts per cell (`fate_count`, `death_step_count`, `final_loss_count`),
    `neurons` a record of each neuron where the study asked for it. Dims are named after what is swept.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not is_run(self.path):
            wrong = "is not a run of jaxneuron" if self.path.exists() else "there is no such run"
            raise BadInput(f"{path}: {wrong}; `jaxneuron sweep` makes one")

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{dim} {size}" for dim, size in self.cells.fate_count.sizes.items() if dim != "fate"
        )
        return f"Run({str(self.path)!r}: {sizes}; {self.attrs['num_neurons']} neurons)"

    @cached_property
    def attrs(self) -> dict[Hashable, Any]:
        """The resolved study, the data's summary, versions, platform, time."""
        return dict(xr.open_zarr(self.path, consolidated=False, chunks=None).attrs)

    @cached_property
    def cells(self) -> xr.Dataset:
        """Counts of each cell."""
        return xr.open_zarr(self.path, group="cells", consolidated=False, chunks=None)

    @cached_property
    def neurons(self) -> xr.Dataset:
        """Records of each neuron."""
        if self.attrs["study"]["sweep"]["records"] != "neurons":
            raise BadInput(f'{self.path}: has no records of neurons; sweep with records = "neurons"')
        return xr.open_zarr(self.path, group="neurons", consolidated=False, chunks=None)

    @cached_property
    def study(self) -> Study:
        """The study that was run."""
        return Study(**self.attrs["study"])

    @property
    def dims(self) -> tuple[str, ...]:
        """The dims of the cells: a grid's are what is swept, otherwise there is the one dim `point`."""
        return tuple(str(dim) for dim in self.cells.fate_count.dims[:-1])

    @property
    def swept(self) -> tuple[str, ...]:
        """What differs between cells."""
        return tuple(self.study.design.coordinates)

    @property
    def fate_share(self) -> xr.DataArray:
        """Share of each cell's neurons that met each fate."""
        counts = self.cells.fate_count
        share = counts / counts.sum("fate")
        definition = "share of the cell's neurons that met each fate"
        return share.assign_attrs(units="1", long_name="share", definition=definition).rename("fate_share")

    def final_loss(self, probability: float = 0.5) -> xr.DataArray:
        """A quantile of each cell's final losses, by default the median, to within half a bin (8 %).

        Where all of a cell's losses are alike, it is as exact as they are alike. Of an even number of losses
        the median is the lower of the middle two.
        """
        cells = self.cells
        edges = np.append(cells.final_loss_bin.values, np.inf)
        fields = cells.final_loss_count, cells.final_loss_min, cells.final_loss_max
        name = "median final loss" if probability == 0.5 else f"{probability:g} quantile of the final loss"
        attrs = {
            "units": cells.final_loss_min.attrs["units"],
            "long_name": name,
            "definition": f"the {name} of the cell's neurons, from its histogram: to within half a bin, or "
            "as closely as its smallest and largest loss agree",
        }
        # A histogram has hundreds of bins: not those of all cells are held at a time.
        length = len(cells.final_loss_min)
        slab = max(1, CELLS_AT_A_TIME * length // cells.final_loss_min.size)
        values = []
        for first in range(0, length, slab):
            counts, smallest, largest = (field[first : first + slab].values for field in fields)
            values.append(quantile(counts, edges, smallest, largest, probability))
        return cells.final_loss_min.copy(data=np.concatenate(values)).rename("final_loss").assign_attrs(attrs)

    def best(self, number: int | None = 5) -> pd.DataFrame:
        """The cells that train best, the first first: the cell's number (for `train`), what is swept, the
        median final loss, the shares by fate.

        Ordered by the median final loss; among cells within 1 % of one another, by the share of their
        neurons that converged. All cells where `number` is None. The median is that of `final_loss`.
        """
        table = self.fate_share.to_dataset("fate").assign(final_loss=self.final_loss()).to_dataframe()
        # Losses below what rounding leaves are equally good; one may be exactly 0.
        losses = table.final_loss.clip(lower=self._smallest_loss)
        steps = np.floor(np.log(losses / losses.min()) / np.log(1.01))
        order = np.lexsort((table.final_loss, -table.converged, steps))[:number]
        columns = ["cell", *self.swept, "final_loss", *(fate.name for fate in Fate)]
        return table.assign(cell=np.arange(len(table))).iloc[order].reset_index()[columns]

    def num_as_good(self) -> int:
        """How many cells have all of their neurons converged to within 1 % of the lowest loss of any cell."""
        lowest = max(float(self.cells.final_loss_min.min()), self._smallest_loss)
        have_converged = self.fate_share.sel(fate="converged") == 1
        return int((have_converged & (self.cells.final_loss_max <= 1.01 * lowest)).sum())

    @property
    def _smallest_loss(self) -> float:
        """The loss that rounding alone leaves: the precision's spacing at ½·mean y²."""
        spacing = np.finfo(self.attrs["study"]["training"]["precision"]).eps
        return float(spacing * self.attrs["data"]["silent_loss"]) or np.finfo(float).tiny


def open_run(path: str | Path) -> Run:
    """The run at the path; nothing is read until it is asked for."""
    return Run(path)
