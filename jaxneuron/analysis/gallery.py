"""Which neurons of a run are worth looking at: one of each kind for the gallery, and a sample of cells."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxneuron.analysis.run import Run
from jaxneuron.analysis.why import oscillates
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.train import Trained
from jaxneuron.population.design import POINT
from jaxneuron.runner.program import Program
from jaxneuron.runner.training import Training

# Neurons that are trained at a time to look for some: always as many, so that one program serves.
LANES = 1024
# Lives in a sample, and in a search, with at most so many steps in all.
FEWEST_LIVES, MOST_LIVES, FEWEST_CANDIDATES, MOST_CANDIDATES, MOST_STEPS = 8, 64, 2, 24, 2_000_000
SIDE = 8


class Kind(NamedTuple):
    """A kind of life and the neuron that lives it."""

    name: str
    training: Training
    cell: int
    replicate: int


def gallery(run: Run, program: Program) -> Iterator[Kind]:
    """One neuron of each kind that the run has, trained again by the program of its study: those are left out
    that prove to be of another kind."""
    counts = run.cells.fate_count.values.reshape(-1, len(Fate))
    best = run.best(1).cell
    for name, cell, score in (
        ("the best cell", int(best[0]) if len(best) else None, _by_loss),
        ("a slow one", _latest(run), _by_slowness),
        ("one that dies", _most(counts, Fate.died), _by_usual_death),
        ("one born dead", _most(counts, Fate.born_dead), _first_born_dead),
        ("one that diverges", _most(counts, Fate.diverged), _first_diverged),
    ):
        if cell is None:
            continue
        found = _of_cell(program, cell)
        scores = score(found)
        replicate = int(np.argmin(scores))
        training = program.follow(cell, replicate)
        if np.isfinite(scores[replicate]) and training.fate == found.fate[replicate]:
            yield Kind(name, training, cell, replicate)
    yield from _oscillating(run, program, counts)


# Scores of a cell's neurons, [replicates]: the lowest is shown, and none whose score is infinite.
def _by_loss(found: Trained) -> np.ndarray:
    return np.where(np.isfinite(found.loss), found.loss, np.inf)


def _by_slowness(found: Trained) -> np.ndarray:
    return np.where(found.fate == Fate.converged, -np.asarray(found.settle_step, float), np.inf)


def _by_usual_death(found: Trained) -> np.ndarray:
    """That of the middle death step is the first."""
    died = np.asarray(found.fate) == Fate.died
    step = np.asarray(found.death_step, float)
    return np.where(died, abs(step - np.median(step[died])) if died.any() else 0.0, np.inf)


def _first_born_dead(found: Trained) -> np.ndarray:
    return np.where(found.fate == Fate.born_dead, 0.0, np.inf)


def _first_diverged(found: Trained) -> np.ndarray:
    return np.where(found.fate == Fate.diverged, 0.0, np.inf)


def _most(counts: np.ndarray, fate: Fate) -> int | None:
    """The cell with the largest share of a fate, the first of equals."""
    share = counts[:, fate] / np.maximum(counts.sum(-1), 1)
    return int(share.argmax()) if share.any() else None


def _latest(run: Run) -> int | None:
    """The cell in which a neuron settles last."""
    field, latest, where = run.cells.settle_step_count, 0, None
    num_bins = field.sizes["settle_step_bin"]
    for tile in run.tiles():
        counted = field[tile].values > 0
        last = np.where(counted.any(-1), num_bins - counted[..., ::-1].argmax(-1), 0)
        if last.max() > latest:
            latest = int(last.max())
            place = np.unravel_index(int(last.argmax()), last.shape)
            index = [span.start + i for span, i in zip(tile, place, strict=True)]
            where = int(np.ravel_multi_index(index, [run.cells.sizes[dim] for dim in run.dims]))
    return where


def _oscillating(run: Run, program: Program, counts: np.ndarray) -> Iterator[Kind]:
    """The first that oscillates among the unsettled: one neuron of each of some learning rates is looked at,
    of the cell in which most are unsettled, from the largest rate down."""
    cells = np.flatnonzero(counts[:, Fate.unsettled])
    share = counts[cells, Fate.unsettled] / counts[cells].sum(-1)
    rates = run.design.values(cells).get("learning_rate", cells)
    order = np.lexsort((-share, -rates))
    _, first = np.unique(-rates[order], return_index=True)
    candidates = cells[order[first]]
    # Where most are unsettled it is no accident of their starts.
    mostly = candidates[share[order[first]] >= 0.5]
    number = _affordable(run, FEWEST_CANDIDATES, MOST_CANDIDATES)
    looked_at = _evenly(mostly if len(mostly) else candidates, number)
    for cell in map(int, looked_at):
        replicate = int(np.argmax(_of_cell(program, cell).fate == Fate.unsettled))
        training = program.follow(cell, replicate)
        if training.fate == Fate.unsettled and oscillates(training):
            yield Kind("one that oscillates", training, cell, replicate)
            return


def _of_cell(program: Program, cell: int) -> Trained:
    """What becomes of a cell's first replicates, at most as many as are trained at a time."""
    number = min(program.study.sweep.replicates, LANES)
    trained = program.train_neurons([cell] * LANES, [lane % number for lane in range(LANES)])
    return jax.tree.map(lambda values: values[:number], trained)


def sample(run: Run, program: Program) -> list[tuple[int, int]]:
    """(cell, replicate) of cells that lie evenly over the map; of each the first replicate that met the fate
    that most of its neurons met. Fewer where their training is long."""
    cells = _spread(run, _affordable(run, FEWEST_LIVES, MOST_LIVES))
    replicates = min(run.study.sweep.replicates, LANES // len(cells))
    places = [(cell, replicate) for cell in cells for replicate in range(replicates)]
    padded = (places * (LANES // len(places) + 1))[:LANES]
    fates = np.asarray(program.train_neurons(*zip(*padded, strict=True)).fate)[: len(places)]
    return [(cell, _typical(some)) for cell, some in zip(cells, fates.reshape(len(cells), -1), strict=True)]


def _affordable(run: Run, fewest: int, most: int) -> int:
    """How many lives are followed: fewer where training is long."""
    if run.study.training.method == "jumps":
        return most
    return int(np.clip(MOST_STEPS // max(1, run.study.training.num_steps), fewest, most))


def _typical(fates: np.ndarray) -> int:
    """The first that met the most frequent fate."""
    return int(np.argmax(fates == np.bincount(fates, minlength=len(Fate)).argmax()))


def _spread(run: Run, number: int) -> Sequence[int]:
    """Cells in the middles of equal parts of the first two axes, in the middle of the others, and of the
    first of each category."""
    sizes, refinement = {dim: run.cells.sizes[dim] for dim in run.dims}, run.refinement
    if refinement is not None:  # whose cells lie closest where they differ, and its map does not
        sizes = dict(zip(refinement.axes, refinement.painted.shape, strict=True))
    categories = run.design.categories
    shown = [dim for dim in sizes if dim not in categories][:2]
    side = number if len(shown) < 2 else math.ceil(math.sqrt(number))
    parts = number if POINT in sizes else min(side, SIDE if len(shown) == 2 else number)
    along = [
        _middles(size, parts) if dim in shown else [0 if dim in categories else size // 2]
        for dim, size in sizes.items()
    ]
    grid = np.stack(np.meshgrid(*along, indexing="ij"), -1).reshape(-1, len(sizes))
    cells = np.ravel_multi_index(tuple(grid.T), tuple(sizes.values()))
    return (cells if refinement is None else np.unique(refinement.painted.ravel()[cells])).tolist()


def _evenly(values: np.ndarray, number: int) -> np.ndarray:
    """At most so many of the values, evenly spaced, the first and the last too."""
    return values[np.unique(np.linspace(0, len(values) - 1, min(len(values), number)).round().astype(int))]


def _middles(size: int, parts: int) -> np.ndarray:
    parts = min(size, parts)
    return ((np.arange(parts) + 0.5) * size / parts).astype(int)
