"""Where a run is to be refined: between cells in which a quantity differs."""

import numpy as np

from jaxneuron.analysis.frames import frame_of_cells
from jaxneuron.analysis.maps import estimates_over
from jaxneuron.analysis.quantities import quantity_of
from jaxneuron.analysis.refinement import Refinement
from jaxneuron.analysis.run import Run
from jaxneuron.population.design import Chosen
from jaxneuron.study.refine import Refine


def next_round(run: Run, refine: Refine) -> Chosen:
    """The cells that split every square between cells that differ, unless it is of the last level; none where
    there is no such square."""
    refinement = run.refinement or Refinement(run.study.refinable_axes, [])
    tree = refinement.tree(refine.depth)
    squares = tree.mixed(_labels(run, refine.quantity), (refine.by or 0.0, 0.0))
    return Chosen(*tree.cells(tree.added(squares[: refine.depth])))


def _labels(run: Run, name: str) -> np.ndarray:
    """What is compared, [cells, 2]: the quantity, of losses and steps their decade; whether it is unknown."""
    quantity = quantity_of(run, name)
    (estimate,) = estimates_over(run, quantity, [frame_of_cells(run)])
    values = estimate.value.ravel()
    if quantity.scale in ("loss", "steps"):
        with np.errstate(divide="ignore"):  # 0 lies infinitely many decades below
            values = np.log10(values)
    is_unknown = np.isnan(values)
    return np.stack([np.where(is_unknown, 0.0, values), is_unknown], -1)
