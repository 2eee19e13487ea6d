"""How one neuron's training ended: its fate, and when it met it."""

import math

from jaxneuron.analysis.rest import is_at_rest, where_at_rest
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training


def ended_in_words(training: Training) -> str:
    """'died at step 29 of 31', 'converged after 148 steps, settled at step 148'."""
    last, fate = training.num_steps, training.fate
    if fate in (Fate.died, Fate.diverged):
        step = training.death_step if fate == Fate.died else training.diverge_step
        of = "" if math.isinf(training.study.training.num_steps) else f" of {last:,}"
        return f"{fate.label} at step {step:,}{of}"
    ended = f"{fate.label} after {last:,} {'step' if last == 1 else 'steps'}"
    if is_at_rest(training):
        return f"{ended}, {where_at_rest(training.study)} since step {training.fixed_step:,}"
    return f"{ended}, settled at step {training.settle_step:,}" if training.settle_step >= 0 else ended
