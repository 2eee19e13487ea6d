"""At rest at this precision: what no step moves any more, though its gradient is above the tolerance.

Rounding leaves a gradient that grows with the inputs and the targets; where it is above the tolerance, such a
neuron counts as unsettled. Fates are tested by the gradient alone, so these neurons are counted beside them.
"""

from typing import TYPE_CHECKING

from jaxneuron.neuron.fate import Fate

if TYPE_CHECKING:  # not for `status`, which is quick
    from jaxneuron.analysis.run import Run
    from jaxneuron.runner.training import Training
    from jaxneuron.study.study import Study


def is_at_rest(training: "Training") -> bool:
    """Whether a neuron is unsettled only because rounding, or weight decay, holds it at a gradient."""
    is_proof = training.study.training.batch_size is None  # one batch may pass no gradient, and the next some
    return is_proof and training.fate == Fate.unsettled and training.fixed_step >= 0


def where_at_rest(study: "Study") -> str:
    """What its rest is one of: that of a precision, unless weight decay may hold it at a gradient."""
    return "at rest" if study.sweep.weight_decay is not None else "at rest at this precision"


def num_at_rest(run: "Run") -> int:
    """How many of a run's unsettled neurons are at rest: 0 of mini-batches, and of runs that did not count
    them."""
    is_counted = "unsettled_fixed_count" in run.cells and run.study.training.batch_size is None
    return int(run.cells.unsettled_fixed_count.sum()) if is_counted else 0


def at_rest_in_words(run: "Run") -> str | None:
    """'75.0% are at rest at this precision: …', or None where there are none."""
    number, fates = num_at_rest(run), run.cells.fate_count.sum(run.dims).values
    if not number:
        return None
    share = "all" if number == fates[Fate.unsettled] else f"{number:,} of {int(fates[Fate.unsettled]):,}"
    remedies = " or ".join(settled_by(run.study))
    held = f"{remedies} settles them" if remedies else "weight decay or rounding holds them there"
    return f"{share} unsettled neurons are {where_at_rest(run.study)}: no step changes their params; {held}"


def settled_by(study: "Study") -> list[str]:
    """What makes converged neurons of those that are at rest: nothing where weight decay may hold them, which
    is not part of the loss."""
    if study.sweep.weight_decay is not None:
        return []
    double = ['precision = "float64"'] if study.training.precision == "float32" else []
    return [*double, "a larger tolerance"]
