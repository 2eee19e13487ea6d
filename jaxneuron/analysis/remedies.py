"""What would help a neuron that did not train well, by what its numbers show."""

import numpy as np

from jaxneuron.analysis.explain import preactivations
from jaxneuron.analysis.rest import is_at_rest, settled_by
from jaxneuron.analysis.why import oscillates
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.runner.training import Training

MUCH = 0.01  # of the loss of a dead neuron: what makes another minimum worth a try
LARGE = 3.0  # a standard deviation of an input with which scaling is worth a try


def what_helps(training: Training) -> str:
    """What would help, in a sentence or two; '' where nothing is known to, as of most that have converged."""
    if training.fate == Fate.converged:
        return _better_line(training)
    if training.fate == Fate.unsettled:
        return _what_settles(training)
    if training.fate == Fate.diverged:
        return _listed([_smaller_rate(training), *_scaling(training)])
    if (training.targets <= 0).all():
        return (
            "No target is above 0, and a relu is never below: 0 is the best that it can do. What would help "
            'is activation = "identity" or "leaky_relu".'
        )
    if training.fate == Fate.born_dead:
        return _listed([_larger_bias(training), "another init_weight or seed", *_scaling(training), LEAKY])
    rate = [_smaller_rate(training)] if training.hyperparams["learning_rate"] > _limit(training) else []
    others = [] if rate else ["a smaller learning_rate", "a larger init_bias"]
    return _listed([*rate, *others, *_scaling(training), LEAKY])


LEAKY = 'activation = "leaky_relu", which passes a gradient at z ≤ 0, too'


def _better_line(training: Training) -> str:
    """That a ReLU has settled where the straight line through all examples would be better, if so."""
    study = training.study
    if study.neuron.activation != "relu" or not study.neuron.train_bias:
        return ""
    x = np.column_stack([training.data.x, np.ones(len(training.data.y))])
    line, *_ = np.linalg.lstsq(x, training.targets)
    loss = 0.5 * float(np.mean((np.maximum(0, x @ line) - training.targets) ** 2))
    if training.loss - loss < MUCH * 0.5 * np.mean(training.targets**2):
        return ""
    return (
        f"But this is not the best minimum: a relu of the least-squares line has a loss of {loss:.4g}. What "
        "would help is another init_weight or seed, or a larger init_bias, so that more examples pass a "
        "gradient from the start."
    )


def _what_settles(training: Training) -> str:
    if training.num_steps == 0:
        return _listed(["more steps (num_steps)"])
    if training.hyperparams["learning_rate"] == 0:
        return _listed(["a learning_rate above 0"])
    if is_at_rest(training):
        return _listed(settled_by(training.study))
    if training.undecided:
        return ""
    if oscillates(training) or training.study.training.batch_size is not None:
        return _listed([_smaller_rate(training)])
    if training.hyperparams["learning_rate"] >= _limit(training):
        return _listed([_smaller_rate(training)])
    larger = f" (up to 2/λ_max = {_limit(training):.4g})" if np.isfinite(_limit(training)) else ""
    return _listed(["more steps (num_steps)", f"a larger learning_rate{larger}", *_scaling(training)])


def _larger_bias(training: Training) -> str:
    """The bias above which at least one example passes a gradient at the start."""
    least = float(training.rows.bias[0]) - float(preactivations(training, 0).max())
    return f"an init_bias above {least:.4g}".replace("-", "−")


def _smaller_rate(training: Training) -> str:
    limit = _limit(training)
    if np.isfinite(limit) and training.hyperparams["learning_rate"] > limit:
        return f"a learning_rate below 2/λ_max = {limit:.4g}"
    return "a smaller learning_rate"


def _limit(training: Training) -> float:
    """The stability limit with all examples active, below which none with fewer is; infinite where there is
    none."""
    if not training.study.has_stability_limit:
        return np.inf
    return stability_limit(training.data.x, training.study.neuron.train_bias)


def _scaling(training: Training) -> list[str]:
    x = training.data.x
    is_far = (np.abs(x.mean(0)) > x.std(0)) | (x.std(0) > LARGE)
    can_scale = training.study.data.scale == "none" and x.std(0).all() and training.data.y.std() > 0
    return ['scale = "standard"'] if can_scale and is_far.any() else []


def _listed(remedies: list[str]) -> str:
    if not remedies:
        return ""
    *others, last = remedies
    return f"What would help is {', '.join(others)} or {last}." if others else f"What would help is {last}."
