"""The life of one neuron that is trained by jumps, at some of its steps: they are as far apart as they are
from the beginning."""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import StepInfo, Trained
from jaxneuron.population.divergence import with_diverge_steps
from jaxneuron.population.follow import info_of_steps
from jaxneuron.population.place import Place, repeated
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, init_all
from jaxneuron.population.train import as_number, train_for

# Steps at which the neuron is looked at.
MAX_ROWS = 256
# Without end it is followed for so many times the steps to its fate, and for so many steps at least.
TIMES, MIN_STEPS = 10, 1000
AROUND = 2  # an event


def follow_by_jumps(
    place: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> tuple[Hyperparams, Float[np.ndarray, " rows"], StepInfo, Trained]:
    """A neuron's hyperparams, the numbers and the StepInfo of some of its steps, and what became of it, as
    NumPy arrays. Steps to which it could not be followed are left out.

    The last row is the neuron at the end, with the update that it would make next. Without end, that is where
    it comes to, and its step is one by which it is there.
    """
    shared = (start, examples, config)
    there = train_for(place, np.full(MAX_ROWS, float(num_steps)), *shared)
    place_once = repeated(place, 1)
    end = jax.tree.map(lambda values: values[:1], there)
    end = with_diverge_steps(end, place_once, None, *shared, as_number(num_steps, config))
    end = jax.tree.map(lambda values: np.asarray(values[0]), end)
    events = [int(end.death_step), int(end.diverge_step), int(end.settle_step)]
    steps = milestones(_horizon(end, events) if math.isinf(num_steps) else num_steps, events)
    ends = np.concatenate([steps[:-1], np.full(MAX_ROWS + 1 - len(steps), float(num_steps))])
    trained = train_for(place, ends, *shared)
    rows = np.append(np.flatnonzero(~np.asarray(trained.undecided)[: len(steps) - 1]), -1)
    steps = steps[rows]
    begin, hyperparams = compiled(init_all, config)(place_once, start, examples)
    states = jax.tree.map(lambda value: jnp.broadcast_to(value[0], (len(steps), *value.shape[1:])), begin)
    params = jax.tree.map(lambda values: np.asarray(values)[rows], trained.params)
    info = compiled(info_of_steps, config)(place, states._replace(params=params), start, examples)
    info = jax.tree.map(np.asarray, info)
    return jax.tree.map(lambda value: np.asarray(value[0]), hyperparams), steps, info, end


def milestones(last: int | float, events: Sequence[int]) -> Float[np.ndarray, " rows"]:
    """Some of the steps 0 to `last`: all of a few; of many the first, those around each event, and others
    ever farther apart, to the last."""
    if last < MAX_ROWS:
        return np.arange(last + 1.0)
    around = [step + np.arange(-AROUND, AROUND + 1) for step in events if step >= 0]
    spread = np.geomspace(1, last, MAX_ROWS - 1 - len(events) * (2 * AROUND + 1))
    steps = np.unique(np.concatenate([[0], np.round(spread), *around]))
    return steps[(steps >= 0) & (steps <= last)]


def _horizon(trained: Trained, events: Sequence[int]) -> float:
    """A step long after a neuron has met its fate, or just behind the rows around its divergence."""
    times = 1 if trained.fate == Fate.diverged else TIMES
    return float(max(times * max(events) + AROUND + 1, MIN_STEPS))
