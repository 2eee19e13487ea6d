"""What the sweeps found of a data set, beside what is known."""

from typing import NamedTuple

import numpy as np

from experiments.bias.theory import born_dead, born_dead_of_drawn, died_untrained
from experiments.bias.variants import Pair, Runs
from experiments.known_answers import standard_errors
from jaxneuron import Fate, Study
from jaxneuron.analysis.intervals import Share, share_of
from jaxneuron.study.data import load


class Known(NamedTuple):
    """A share that was found beside the known one, NaN where it is not known; all [values]."""

    found: Share
    known: np.ndarray
    errors: np.ndarray  # standard errors between them


class Along(NamedTuple):
    """Who is born dead and who dies, along something."""

    values: np.ndarray
    born_dead: Known
    died_trained: Share
    died_untrained: Known


class Found(NamedTuple):
    """What was found of a data set; of pairs the first is with a bias that is trained, the second without."""

    name: str
    limits: tuple[float, ...]  # of stability, a pair
    rate: float  # the learning rate along biases and stds
    biases: Along  # that all neurons start with; those born dead are counted at all learning rates
    stds: Along  # of initial biases that are drawn
    rates: Along  # at an initial bias of 0
    first_deaths: tuple[float, ...]  # the smallest rates at which a neuron died, at any fixed bias, a pair
    num_neurons: int
    num_diverged: int
    num_unlike: int  # pairs of cells in which not equally many are born dead


def examine(study: Study, runs: Runs, name: str) -> Found:
    """What the runs of a study found."""
    data = load(study.data)[0]
    x, y = data.x[:, 0], data.y
    ends = float(x.min()), float(x.max())
    cells = runs.fixed.trained.cells
    rates, biases, stds = cells.learning_rate.values, cells.init_bias.values, np.array(runs.stds)
    fixed = counts_of(runs.fixed, "learning_rate", "init_bias")
    drawn = np.stack([counts_of(pair) for pair in runs.drawn], axis=1)
    rate, bias = np.argmin(abs(rates - runs.rate)), np.argmin(abs(biases))
    born, died = born_dead(biases, *ends), died_untrained(biases, rates[:, None], x, y)
    unknown = np.full(len(stds), np.nan)
    return Found(
        name=name,
        limits=tuple(run.attrs["data"]["stability_limit"] for run in runs.fixed),
        rate=runs.rate,
        biases=along(biases, fixed[0].sum(0), fixed[:, rate], born, died[rate]),
        stds=along(stds, drawn[0], drawn, born_dead_of_drawn(stds, *ends), unknown),
        rates=along(
            rates, fixed[0, :, bias], fixed[:, :, bias], np.full(len(rates), born[bias]), died[:, bias]
        ),
        first_deaths=tuple(rates[one[..., Fate.died].any(1)].min(initial=np.inf) for one in fixed),
        num_neurons=int(fixed.sum() + drawn.sum()),
        num_diverged=sum(int(counts[..., Fate.diverged].sum()) for counts in (fixed, drawn)),
        num_unlike=sum(int((one[0] != one[1])[..., Fate.born_dead].sum()) for one in (fixed, drawn)),
    )


def counts_of(pair: Pair, *names: str) -> np.ndarray:
    """Neurons by fate [pair, *names, fates]: with a trained bias and with an untrained one."""
    return np.stack([run.pooled("fate_count", names).values for run in pair])


def along(
    values: np.ndarray,
    born: np.ndarray,
    by_fate: np.ndarray,
    born_dead_known: np.ndarray,
    died_known: np.ndarray,
) -> Along:
    """From counts [values, fates] for those born dead, and [pair, values, fates] for those that died."""
    trained, untrained = by_fate
    return Along(
        values=values,
        born_dead=beside(born, Fate.born_dead, born_dead_known),
        died_trained=share_of(trained[:, Fate.died], trained.sum(-1)),
        died_untrained=beside(untrained, Fate.died, died_known),
    )


def beside(counts: np.ndarray, fate: Fate, known: np.ndarray) -> Known:
    """The share of a fate in counts [values, fates] beside the known one."""
    neurons = counts.sum(-1)
    found = share_of(counts[:, fate], neurons)
    return Known(found, known, standard_errors(found.share, known, neurons))
