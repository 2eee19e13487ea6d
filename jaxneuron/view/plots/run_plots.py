"""The figures of a run: `run.plot()`, `run.plot.map("died")`, …"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jaxneuron.analysis.deaths import deaths
from jaxneuron.analysis.frames import shown_by_default
from jaxneuron.analysis.importance import importance
from jaxneuron.analysis.in_words import part_in_words
from jaxneuron.analysis.maps import Others, quantity_map
from jaxneuron.analysis.panels import panels
from jaxneuron.analysis.phase import phase_diagram
from jaxneuron.analysis.run import Run
from jaxneuron.study.counted import counted
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN, Plot, finished
from jaxneuron.view.plots.deaths import draw_deaths
from jaxneuron.view.plots.importance import draw_importance
from jaxneuron.view.plots.incidence import draw_incidence
from jaxneuron.view.plots.map import draw_map
from jaxneuron.view.plots.panels import draw_panels
from jaxneuron.view.plots.phase import draw_phase_diagram

if TYPE_CHECKING:
    from jaxneuron.runner.training import Training

At = Mapping[str, float] | None
Names = Sequence[str] | None


class RunPlots:
    """Figures of a run. Each is returned, and written where `path` is given: PNG, SVG or PDF by its ending.

    `width` is in inches: 3.3 is a column of a paper, 7 its page. `over`, `along` and `by` name what is swept;
    `at` holds some of the rest at the values nearest to those given, and over what is left neurons are
    pooled, or the lowest or highest value that the quantity has anywhere is taken (`others`).
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(
        self,
        over: Names = None,
        *,
        at: At = None,
        others: Others = "pooled",
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """The phase diagram: the share of each fate, and the median final loss."""
        diagram = phase_diagram(self._run, over, at=at, others=others)
        return self._finished(draw_phase_diagram(diagram, width), path)

    def map(
        self,
        quantity: str = "dead",
        over: Names = None,
        *,
        at: At = None,
        others: Others = "pooled",
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """One quantity over two axes, by default the first two; over one it is a curve, over none a bar."""
        found = quantity_map(self._run, quantity, over, at=at, others=others)
        return self._finished(draw_map(found, width), path)

    def curves(
        self,
        quantity: str = "dead",
        along: str | None = None,
        *,
        at: At = None,
        others: Others = "pooled",
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """One quantity along one axis, by default the first, with its 95 % interval."""
        over = shown_by_default(self._run)[:1] if along is None else [along]
        return self.map(quantity, over, at=at, others=others, width=width, path=path)

    def panels(
        self,
        quantity: str = "dead",
        over: Names = None,
        by: str | None = None,
        *,
        at: At = None,
        others: Others = "pooled",
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """The same map at up to nine values of a third axis, by default the first that is left."""
        found = panels(self._run, quantity, over, by, at=at, others=others)
        return self._finished(draw_panels(found, width), path)

    def importance(
        self, quantity: str = "dead", *, width: float = DOUBLE_COLUMN, path: str | Path | None = None
    ) -> Plot:
        """How much of the differences between cells each hyperparameter explains."""
        return self._finished(draw_importance(importance(self._run, quantity), width), path)

    def incidence(
        self,
        along: str | None = None,
        *,
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """The share of neurons that have died by each step, at some values along an axis."""
        return self._finished(draw_incidence(deaths(self._run, along), width), path)

    def deaths(
        self,
        along: str | None = None,
        phase: tuple[int, int] | None = None,
        *,
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """Shares along an axis, incidence, hazard and half-lives on one page."""
        title = f"{counted(self._run.attrs['num_neurons'], 'neuron')} of {self._run.name}"
        return self._finished(draw_deaths(deaths(self._run, along, phase), title, width), path)

    def surface(
        self,
        trainings: "Training | Sequence[Training] | None" = None,
        *,
        width: float = DOUBLE_COLUMN,
        path: str | Path | None = None,
    ) -> Plot:
        """The loss L(W, b) of the study's data with the paths of neurons, by default one of each
        kind that the report shows, trained again."""
        # They import JAX, which no other figure of a run needs.
        from jaxneuron.analysis.gallery import gallery
        from jaxneuron.analysis.surface import loss_surface, with_same_loss
        from jaxneuron.view.plots.surface import draw_surface

        if trainings is None:
            trainings = with_same_loss([kind.training for kind in gallery(self._run, self._run.program())])
        chosen = trainings if isinstance(trainings, Sequence) else [trainings]
        return self._finished(draw_surface(loss_surface(chosen), width), path)

    def _finished(self, plot: Plot, path: str | Path | None) -> Plot:
        """The figure, which says so where the run is not whole, written where there is a path."""
        plot.note(part_in_words(self._run))
        return finished(plot, path)
