"""How many neurons are born dead or die, by which step, and what makes the difference."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxneuron.analysis.along import along_of, counts_along
from jaxneuron.analysis.axes import MapAxis, map_axis
from jaxneuron.analysis.half_life import HalfLife, half_life
from jaxneuron.analysis.incidence import Hazard, cumulative_share, hazard
from jaxneuron.analysis.intervals import Share, difference, share_of
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET
from jaxneuron.study.bad_input import BadInput, nearest
from jaxneuron.study.counted import counted

DEAD = (Fate.born_dead, Fate.died)
SHOWN_FATES = (Fate.diverged, *DEAD)


class Contrast(NamedTuple):
    """A swept hyperparameter, at the two of its values where the fewest and the most neurons are dead.

    The difference has a 95 % interval (Newcombe 1998). The two values were chosen for being the extremes of
    `num_values`; where nothing depends on the hyperparameter, one in twenty such intervals leaves 0 out even
    for values that are not chosen.
    """

    name: str
    label: str
    num_values: int
    fewest_at: float | str
    fewest: Share
    most_at: float | str
    most: Share
    difference: tuple[float, float, float]  # of the shares, and its interval

    @property
    def halves(self) -> bool:
        """Whether the choice of its value halves the deaths, if there are any."""
        return bool(self.most.share > 0 and 2 * self.fewest.share <= self.most.share)


class HalfLives(NamedTuple):
    """The half-life of the deaths in a phase of the training over the first two axes, [*axes], pooled over
    all others; [1] without any axis."""

    axes: tuple[MapAxis, ...]
    half_life: HalfLife


class Overall(NamedTuple):
    """What became of all neurons: their number, and their shares by fate [fates], dead, and dead for good."""

    neurons: float
    by_fate: Share
    dead: Share
    absorbed: Share


class Deaths(NamedTuple):
    """What became of neurons, for each value along an axis, or for all neurons as one where there is none.

    `incidence` has dims [values, bins]: the share of all neurons that by the step, the last of a bin, have
    fallen silent to the end of training. Those that diverge stay among all: that is the cumulative
    incidence of death where divergence competes with it, as nobody is lost before the end. Of a study with
    several data sets the intervals are of neurons on these data sets; others might differ by more.
    `by_fate` has dims [values, fates], `dead` is born dead and died, `absorbed` those of them that are proved
    to stay silent. `hazard` has dims [values, bins] and `half_life` [values]; those that diverge are no
    longer at risk. The half-lives are None where the phase holds no whole bin of steps.
    """

    can_die: bool  # whether neurons with the study's activation can
    axis: MapAxis | None
    neurons: np.ndarray
    by_fate: Share
    dead: Share
    absorbed: Share
    step: np.ndarray
    incidence: Share
    hazard: Hazard
    half_life: HalfLife | None
    half_lives: HalfLives | None
    contrasts: tuple[Contrast, ...]
    overall: Overall
    weighting: str  # how cells are pooled, where that is not each like the others

    def fate(self, fate: Fate) -> Share:
        """The share of a fate, for each value."""
        return self.by_fate.at((slice(None), fate))


def deaths(run: Run, along: str | None = None, phase: tuple[int, int] | None = None) -> Deaths:
    """The deaths of a run along what is swept, by default the learning rate, or else the first.

    Neurons are pooled over all else; of points along bins that hold equally many of them. `phase` is the
    first and the last step of the phase whose half-lives are estimated, by default all but the first tenth.
    BadInput where a name is not swept, or the phase is too short.
    """
    axes = _axes(run)
    if along is None:
        along = "learning_rate" if "learning_rate" in axes else next(iter(axes), None)
    elif along == DATASET and along in run.dims:
        axes = [*axes, DATASET]
    elif along not in axes:
        raise BadInput(f"{run.path}: has no axis {along!r}{nearest(along, axes)}")
    shown, contrasted = along_of(run, along), [along_of(run, name) for name in axes]
    everywhere = along_of(run, None)
    by_fate, in_all, *of_each = counts_along(run, "fate_count", [shown, everywhere, *contrasted])
    some = by_fate.any(-1)  # of a run that is not whole, values without neurons are left out
    by_fate, neurons = by_fate[some], by_fate[some].sum(-1)
    died, diverged = (
        counts_along(run, f"{name}_count", [shown])[0][some] for name in ("death_step", "diverge_step")
    )
    absorbed, absorbed_in_all = counts_along(run, "absorbed_count", [shown, everywhere])
    edges, steps = edges_of(run), phase_of(run, phase)
    map_axes = [name for name in axes if name in run.dims][:2]
    return Deaths(
        can_die=run.study.can_die,
        axis=shown.axis and _only(shown.axis, some),
        neurons=neurons,
        by_fate=share_of(by_fate, neurons[:, None]),
        dead=share_of(by_fate[:, DEAD].sum(-1), neurons),
        absorbed=share_of(absorbed[some], neurons),
        step=run.cells.death_step_bin_end.values - 1,
        incidence=cumulative_share(died, neurons),
        hazard=hazard(died, diverged, neurons, edges),
        half_life=half_life(died, diverged, neurons, edges, *steps) if steps else None,
        half_lives=_half_lives(run, map_axes, steps) if steps else None,
        contrasts=tuple(
            _contrast(counts, one.axis)
            for counts, one in zip(of_each, contrasted, strict=True)
            if one.axis and counts.any(-1).sum() > 1
        ),
        overall=_overall(in_all[0], absorbed_in_all[0]),
        weighting=run.weighting,
    )


def _overall(by_fate: np.ndarray, absorbed: np.ndarray) -> Overall:
    neurons = by_fate.sum()
    dead = share_of(by_fate[list(DEAD)].sum(), neurons)
    return Overall(float(neurons), share_of(by_fate, neurons), dead, share_of(absorbed, neurons))


def _last_step(run: Run) -> int:
    """The last step; of a training without end, of the last bin in which a neuron died or diverged."""
    num_steps = run.study.training.num_steps
    if not math.isinf(num_steps):
        return int(num_steps)
    bins = np.flatnonzero(sum(run.pooled(f"{name}_step_count").values for name in ("death", "diverge")))
    return int(run.cells.death_step_bin_end.values[bins[-1] if len(bins) else 0]) - 1


def phase_of(run: Run, phase: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """The first and the last step of a phase, by default of all but the first tenth; None where its half-life
    cannot be estimated. BadInput where that of a phase that was asked for cannot."""
    num_steps = _last_step(run)
    first, last = phase or (max(1, num_steps // 10), num_steps)
    cells = run.cells
    holds_a_bin = (cells.death_step_bin >= first) & (cells.death_step_bin_end - 1 <= last)
    if holds_a_bin.any():
        return first, last
    if phase:
        raise BadInput(
            f"phase: is {first} to {last}, which holds no whole bin of the "
            f"{counted(num_steps, 'step')}; make it longer"
        )
    return None


def _by_step(run: Run, name: str, axes: Sequence[str]) -> np.ndarray:
    """Neurons by the step of a fate along axes, [cells, bins] with at least one dim of cells."""
    return np.atleast_2d(run.pooled(f"{name}_step_count", axes).values)


def edges_of(run: Run) -> np.ndarray:
    """The edges of the bins of steps."""
    return np.append(run.cells.death_step_bin.values, run.cells.death_step_bin_end.values[-1])


def _half_lives(run: Run, axes: Sequence[str], phase: tuple[int, int]) -> HalfLives:
    by_fate = run.pooled("fate_count", axes)
    died, diverged = (_by_step(run, name, axes) for name in ("death", "diverge"))
    found = half_life(died, diverged, np.atleast_1d(by_fate.sum("fate").values), edges_of(run), *phase)
    return HalfLives(tuple(map_axis(run, name) for name in axes), found)


def as_values(deaths: Deaths) -> dict[str, Any]:
    """The deaths as plain values, for JSON; what is infinite or unknown is None."""
    axis, half_lives = deaths.axis, deaths.half_lives
    return {
        "along": axis.name if axis else None,
        "values": (list(axis.names) or axis.values.tolist()) if axis else None,
        "neurons": deaths.neurons.tolist(),
        **{fate.name: _plain(deaths.fate(fate)) for fate in Fate},
        **{name: _plain(getattr(deaths, name)) for name in ("dead", "absorbed")},
        "step": deaths.step.tolist(),
        **{name: _plain(getattr(deaths, name)) for name in ("incidence", "hazard", "half_life")},
        "half_lives": half_lives
        and {
            "axes": {axis.name: list(axis.names) or axis.values.tolist() for axis in half_lives.axes},
            **(_plain(half_lives.half_life) or {}),
        },
        "weighting": deaths.weighting or None,
        "contrasts": [
            contrast._asdict()
            | {"fewest": _plain(contrast.fewest), "most": _plain(contrast.most), "halves": contrast.halves}
            for contrast in deaths.contrasts
        ],
    }


def _plain(found: Share | Hazard | HalfLife | None) -> dict[str, Any] | None:
    """Arrays as lists, for JSON, which has neither infinity nor NaN."""
    if found is None:
        return None
    return {name: np.where(np.isfinite(v), v, None).tolist() for name, v in found._asdict().items()}


def _axes(run: Run) -> Sequence[str]:
    """Along what deaths are shown: data sets are draws, and pooled unless they are asked for."""
    return [*run.design.coordinates, *(name for name in run.design.categories if name != DATASET)]


def _only(axis: MapAxis, some: np.ndarray) -> MapAxis:
    """The axis with some of its values."""
    if not axis.names:
        return axis._replace(values=axis.values[some])
    names = tuple(name for name, is_kept in zip(axis.names, some, strict=True) if is_kept)
    return axis._replace(values=np.arange(float(len(names))), names=names)


def _contrast(counts: np.ndarray, axis: MapAxis) -> Contrast:
    """The contrast of counts [values, fates] along an axis, among the values that have neurons."""
    some = counts.any(-1)
    counts, axis = counts[some], _only(axis, some)
    dead, neurons = counts[:, DEAD].sum(-1), counts.sum(-1)
    shares = share_of(dead, neurons)
    fewest, most = int(np.argmin(shares.share)), int(np.argmax(shares.share))
    at = axis.names or axis.values.tolist()
    low, high = difference(dead[most], neurons[most], dead[fewest], neurons[fewest])
    return Contrast(
        name=axis.name,
        label=axis.label,
        num_values=len(axis.values),
        fewest_at=at[fewest],
        fewest=shares.at(fewest),
        most_at=at[most],
        most=shares.at(most),
        difference=(float(shares.share[most] - shares.share[fewest]), float(low), float(high)),
    )
