"""The life of one neuron that is trained by jumps, at some of its steps: ever fewer, as far apart as they are
far from the beginning."""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import Config, StepInfo, Trained
from jaxneuron.population.divergence import with_diverge_steps
from jaxneuron.population.follow import tell
from jaxneuron.population.place import Place
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start
from jaxneuron.population.steps import set_out_all
from jaxneuron.population.train import train_for

# Steps at which the neuron is looked at.
MOST = 256
# Without end it is followed so many times as long as it takes to meet its fate, and these steps at least.
TIMES, FEWEST_STEPS = 10, 1000
AROUND = 2  # an event


def follow_by_jumps(
    place: Place, start: Start, examples: Examples, config: Config, num_steps: int | float
) -> tuple[Hyperparams, Float[np.ndarray, " rows"], StepInfo, Trained]:
    """A neuron's hyperparams, the steps at which it was looked at, what each of them told, and what became of
    it, as NumPy arrays. Steps to which it could not be followed are left out.

    The last row is the neuron at the end, with the update that it would make next. Without end, that is
    where it comes to, and is told of a step by which it is there.
    """
    shared = (start, examples, config)
    there = train_for(place, np.full(MOST, float(num_steps)), *shared)
    place_once = jax.tree.map(lambda value: np.broadcast_to(value, (1, *np.shape(value))), place)
    end = jax.tree.map(lambda values: values[:1], there)
    end = with_diverge_steps(end, lambda: place_once, *shared, num_steps)
    end = jax.tree.map(lambda values: np.asarray(values[0]), end)
    events = [int(end.death_step), int(end.diverge_step), int(end.settle_step)]
    steps = milestones(_horizon(end, events) if math.isinf(num_steps) else num_steps, events)
    ends = np.concatenate([steps[:-1], np.full(MOST + 1 - len(steps), float(num_steps))])
    trained = train_for(place, ends, *shared)
    rows = np.append(np.flatnonzero(~np.asarray(trained.undecided)[: len(steps) - 1]), -1)
    steps = steps[rows]
    begin, hyperparams = compiled(set_out_all, config)(place_once, start, examples)
    states = jax.tree.map(lambda value: jnp.broadcast_to(value[0], (len(steps), *value.shape[1:])), begin)
    params = jax.tree.map(lambda values: np.asarray(values)[rows], trained.params)
    info = compiled(tell, config)(place, states._replace(params=params), start, examples)
    info = jax.tree.map(np.asarray, info)
    return jax.tree.map(lambda value: np.asarray(value[0]), hyperparams), steps, info, end


def milestones(last: int | float, events: Sequence[int]) -> Float[np.ndarray, " rows"]:
    """The steps at which a life of so many is looked at: every one of a few; of more the first, those around
    each event, and others ever farther apart, to the last."""
    if last < MOST:
        return np.arange(last + 1.0)
    around = [step + np.arange(-AROUND, AROUND + 1) for step in events if step >= 0]
    spread = np.geomspace(1, last, MOST - 1 - len(events) * (2 * AROUND + 1))
    steps = np.unique(np.concatenate([[0], np.round(spread), *around]))
    return steps[(steps >= 0) & (steps <= last)]


def _horizon(trained: Trained, events: Sequence[int]) -> float:
    """A step by which a neuron has met its fate for long, or behind the rows around its divergence."""
    times = 1 if trained.fate == Fate.diverged else TIMES
    return float(max(times * max(events) + AROUND + 1, FEWEST_STEPS))
