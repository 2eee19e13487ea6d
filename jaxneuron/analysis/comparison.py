"""Runs of one design side by side: what differs in their settings, and in what became of their neurons."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxneuron.analysis.deaths import DEAD
from jaxneuron.analysis.intervals import Share, difference, share_of
from jaxneuron.analysis.refinement import OF_GRID
from jaxneuron.analysis.run import Run
from jaxneuron.study.bad_input import BadInput

TABLES = ("neuron", "training", "sweep")


class Compared(NamedTuple):
    """A run beside others.

    `settings` are those in which the runs differ, as a study.toml has them. `difference` is by how much more
    of its neurons are dead than of the first run's, with its 95 % interval (Newcombe 1998); the first has
    none.
    """

    name: str
    settings: dict[str, Any]
    neurons: int
    by_fate: Share  # [fates]
    dead: Share
    difference: tuple[float, float, float] | None
    best_cell: int
    lowest_loss: float  # the median final loss of that cell
    num_as_good: int
    remark: str  # '' where all is of all cells of the run


def compare(runs: Sequence[Run]) -> list[Compared]:
    """The runs side by side, the first as what the others are compared with; BadInput where they are fewer
    than two, or not of one design: the same cells, whatever else is set."""
    if len(runs) < 2:
        raise BadInput("RUN: there is one run; two or more can be compared")
    remark = f"refined runs: {OF_GRID}" if any(run.refinement for run in runs) else ""
    runs = [run.grid for run in runs]  # of which others have other cells
    first = runs[0]
    for run in runs[1:]:
        if wrong := _other_cells(first, run):
            raise BadInput(f"{run.path}: {wrong}; only runs of the same cells can be compared")
    settings = [_settings(run) for run in runs]
    differing = [
        name
        for name in dict.fromkeys(name for known in settings for name in known)
        if any(known.get(name) != settings[0].get(name) for known in settings)
    ]
    return [
        _beside(run, first, {name: known.get(name) for name in differing})._replace(remark=remark)
        for run, known in zip(runs, settings, strict=True)
    ]


def as_values(compared: Compared) -> dict[str, Any]:
    """The same as plain values, for JSON."""
    shares = {"by_fate": compared.by_fate._asdict(), "dead": compared.dead._asdict()}
    return compared._asdict() | {
        name: {key: np.asarray(values).tolist() for key, values in share.items()}
        for name, share in shares.items()
    }


def _beside(run: Run, first: Run, settings: dict[str, Any]) -> Compared:
    counts, counts_of_first = (each.pooled("fate_count").values for each in (run, first))
    dead, neurons = counts[list(DEAD)].sum(), counts.sum()
    dead_of_first, neurons_of_first = counts_of_first[list(DEAD)].sum(), counts_of_first.sum()
    more = None
    if run is not first:
        low, high = difference(dead, neurons, dead_of_first, neurons_of_first)
        more = (float(dead / neurons - dead_of_first / neurons_of_first), float(low), float(high))
    best = run.best(1).iloc[0]
    return Compared(
        name=run.name,
        settings=settings,
        neurons=int(neurons),
        by_fate=share_of(counts, neurons),
        dead=share_of(dead, neurons),
        difference=more,
        best_cell=int(best.cell),
        lowest_loss=float(best.final_loss),
        num_as_good=run.num_as_good(),
        remark="",
    )


def _other_cells(one: Run, other: Run) -> str:
    """How the cells of a run are not those of another one; '' where they are."""
    if one.dims != other.dims:
        return f"has cells along {', '.join(other.dims)}, and {one.path} along {', '.join(one.dims)}"
    for name in one.swept:
        here, there = one.cells[name].values, other.cells[name].values
        if name != "dataset" and not np.array_equal(here, there):
            return f"has other values of {name} than {one.path}"
        if len(here) != len(there):
            return f"has {len(there)} data sets, and {one.path} {len(here)}"
    return ""


def _settings(run: Run) -> dict[str, Any]:
    tables = run.attrs["study"]
    found = {f"{table}.{key}": value for table in TABLES for key, value in tables[table].items()}
    return found | {"data": run.attrs["data"]["source"], "data.sha256": run.attrs["data"]["sha256"]}
