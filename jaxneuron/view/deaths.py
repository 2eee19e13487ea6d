"""How many neurons are born dead or die, by which step, and what makes the difference: the numbers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET, POINT
from jaxneuron.study.bad_input import BadInput, nearest
from jaxneuron.study.run import Run
from jaxneuron.view.axes import MapAxis, map_axis
from jaxneuron.view.incidence import cumulative_share
from jaxneuron.view.intervals import Share, difference, share_of

DEAD = (Fate.born_dead, Fate.died)


class Contrast(NamedTuple):
    """Something that is swept, at the two of its values where the fewest and the most neurons are dead.

    The difference has a 95 % interval (Newcombe 1998). The two were chosen for being the extremes of
    `num_values`; where nothing depends on what is swept, one in twenty such intervals leaves 0 out even
    for values that are not chosen.
    """

    name: str
    label: str
    num_values: int
    fewest_at: float
    fewest: Share
    most_at: float
    most: Share
    difference: tuple[float, float, float]  # of the shares, and its interval

    @property
    def halves(self) -> bool:
        """Whether the choice of its value halves the deaths."""
        return bool(2 * self.fewest.share <= self.most.share)


class Deaths(NamedTuple):
    """Born dead and died, for each value along an axis, or for all neurons as one where there is none.

    `incidence` has dims [values, bins]: the share of all neurons that by the step, the last of a bin, have
    fallen silent to the end of training. Those that diverge stay among all: that is the cumulative
    incidence of death where divergence competes with it, as nobody is lost before the end. Of a study with
    several data sets the intervals are of neurons on these data sets; others might differ by more.
    """

    axis: MapAxis | None
    neurons: np.ndarray
    born_dead: Share
    died: Share
    dead: Share
    step: np.ndarray
    incidence: Share
    contrasts: tuple[Contrast, ...]


def deaths(run: Run, along: str | None = None) -> Deaths:
    """The deaths of a run along something that is swept over a grid: the learning rate, or the first that is.

    Neurons are pooled over all else. BadInput where a name is not an axis of the run.
    """
    axes = _axes(run)
    if along is None:
        along = "learning_rate" if "learning_rate" in axes else next(iter(axes), None)
    elif along not in axes:
        raise BadInput(f"{run.path}: has no axis {along!r}{nearest(along, axes)}")
    names = [along] if along else []
    counts = run.pooled("fate_count", axes)
    by_fate = np.atleast_2d(_along(counts, names).values)
    neurons = by_fate.sum(-1)
    born_dead, died = (share_of(by_fate[:, fate], neurons) for fate in DEAD)
    by_step = np.atleast_2d(run.pooled("death_step_count", names).values)
    return Deaths(
        axis=map_axis(run, along) if along else None,
        neurons=neurons,
        born_dead=born_dead,
        died=died,
        dead=share_of(by_fate[:, DEAD].sum(-1), neurons),
        step=run.cells.death_step_bin_end.values - 1,
        incidence=cumulative_share(by_step, neurons),
        contrasts=tuple(_contrast(_along(counts, [name]).values, map_axis(run, name)) for name in axes),
    )


def as_values(deaths: Deaths) -> dict[str, Any]:
    """The deaths as plain values, as JSON has them."""
    axis = deaths.axis
    return {
        "along": axis.name if axis else None,
        "values": axis.values.tolist() if axis else None,
        "neurons": deaths.neurons.tolist(),
        **{name: _plain(getattr(deaths, name)) for name in ("born_dead", "died", "dead")},
        "step": deaths.step.tolist(),
        "incidence": _plain(deaths.incidence),
        "contrasts": [
            contrast._asdict()
            | {"fewest": _plain(contrast.fewest), "most": _plain(contrast.most), "halves": contrast.halves}
            for contrast in deaths.contrasts
        ],
    }


def _plain(share: Share) -> dict[str, Any]:
    return {name: values.tolist() for name, values in share._asdict().items()}


def _axes(run: Run) -> Sequence[str]:
    """What deaths can be shown along; data sets are draws, and always pooled."""
    return [dim for dim in run.dims if dim not in (POINT, DATASET)]


def _along(counts: xr.DataArray, axes: Sequence[str]) -> xr.DataArray:
    """Counts by fate [*axes, fate], summed over all other axes."""
    return counts.sum([dim for dim in counts.dims if dim not in (*axes, "fate")])


def _contrast(counts: np.ndarray, axis: MapAxis) -> Contrast:
    """Of counts [values, fates] along an axis."""
    dead, neurons = counts[:, DEAD].sum(-1), counts.sum(-1)
    shares = share_of(dead, neurons)
    fewest, most = int(np.argmin(shares.share)), int(np.argmax(shares.share))
    low, high = difference(dead[most], neurons[most], dead[fewest], neurons[fewest])
    return Contrast(
        name=axis.name,
        label=axis.label,
        num_values=len(axis.values),
        fewest_at=float(axis.values[fewest]),
        fewest=Share(*(values[fewest] for values in shares)),
        most_at=float(axis.values[most]),
        most=Share(*(values[most] for values in shares)),
        difference=(float(shares.share[most] - shares.share[fewest]), float(low), float(high)),
    )
