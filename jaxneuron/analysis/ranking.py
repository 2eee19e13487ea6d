"""The order of cells: by their loss, by the share that converged, and by how soon."""

import numpy as np
import pandas as pd

ALIKE = 1.01  # losses that differ by a factor of less are equally good


def ranked(table: pd.DataFrame, smallest_loss: float) -> pd.DataFrame:
    """Cells in the order of their rank, those of each data set apart, with the column `tied`.

    Among cells of one data set within 1 % of one another's loss, those come first of which more neurons
    converged; among those that are alike in both, and so equally good, those that settled sooner.

    Args:
        table: a row a cell: `data_number`, `final_loss`, `converged` (a share), `settle_step` (NaN if not
            known).
        smallest_loss: what losses below cannot be told apart from.
    """
    losses = table.final_loss.clip(lower=smallest_loss)
    lowest = losses.groupby(table.data_number).transform("min")
    steps = np.floor(np.log(losses / lowest) / np.log(ALIKE))
    settled = table.settle_step.fillna(np.inf)
    order = np.lexsort((losses, settled, -table.converged, steps, table.data_number))
    ordered = table.assign(step=steps).iloc[order]
    first = ordered.groupby("data_number")[["step", "converged"]].transform("first")
    tied = (ordered.step == first.step) & (ordered.converged == first.converged)
    return ordered.drop(columns="step").assign(tied=tied)
