"""The figures of one neuron's training: `training.plot()`, `training.plot.trajectory()`, …"""

from collections.abc import Sequence
from pathlib import Path

from jaxneuron.analysis.fit import fit
from jaxneuron.analysis.surface import loss_surface
from jaxneuron.runner.training import Training
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, Plot, finished
from jaxneuron.view.plots.fit import draw_fit
from jaxneuron.view.plots.surface import draw_surface
from jaxneuron.view.plots.trajectory import draw_trajectories


class TrainingPlots:
    """Figures of a training. Each is returned, and written where `path` is given: PNG, SVG or PDF by its
    ending. `width` is in inches: 3.3 is a column of a paper, 7 its page. Others may be shown beside it."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def __call__(self, *, width: float = DOUBLE_COLUMN, path: str | Path | None = None) -> Plot:
        """The loss step by step, and the neuron's output among the data as it moved."""
        return finished(draw_fit(fit(self._training), width), path)

    def trajectory(
        self,
        others: Sequence[Training] = (),
        *,
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """Loss, weight, bias and gradient by step, coloured by fate."""
        return finished(draw_trajectories([self._training, *others], width), path)

    def surface(
        self,
        others: Sequence[Training] = (),
        *,
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """The path over the loss L(W, b), and where a neuron is silent on every example."""
        return finished(draw_surface(loss_surface([self._training, *others]), width), path)
