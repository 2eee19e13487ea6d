"""The phase diagram: the share of neurons by fate and the median final loss over what is swept."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.in_words import columns_in_words, steps_in_words
from jaxneuron.analysis.maps import Map, Others, quantity_map
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.counted import counted


class PhaseDiagram(NamedTuple):
    """A map for the share of each fate, and one of the median final loss, all over the same axes.

    `stability_limit` is a learning rate, of several data sets the smallest.
    """

    shares: Mapping[Fate, Map]
    loss: Map
    stability_limit: float | None
    title: str

    @property
    def axes(self) -> tuple[MapAxis, ...]:
        """The axes of all of its maps."""
        return self.loss.axes

    @property
    def remark(self) -> str:
        """How all that is swept and not shown is treated."""
        return self.loss.remark


def phase_diagram(
    run: Run,
    over: Sequence[str] | None = None,
    *,
    at: Mapping[str, float] | None = None,
    others: Others = "pooled",
) -> PhaseDiagram:
    """The phase diagram over at most two of what is swept, by default the first two; arguments and BadInput
    are those of `quantity_map`."""
    maps = {
        name: quantity_map(run, name, over, at=at, others=others)
        for name in (*(fate.name for fate in Fate), "final_loss")
    }
    data, training = run.attrs["data"], run.study.training
    return PhaseDiagram(
        shares={fate: maps[fate.name] for fate in Fate},
        loss=maps["final_loss"],
        stability_limit=_stability_limit(run),
        title=f"{columns_in_words(data['inputs'], data['target'])}: "
        f"{counted(run.attrs['num_neurons'], 'neuron')}, "
        f"{steps_in_words(training)}",
    )


def _stability_limit(run: Run) -> float | None:
    """2/λ_max where every example is active, if the study's training has such a limit."""
    return run.attrs["data"]["stability_limit"] if run.study.has_stability_limit else None
