"""How a neuron is trained: hyperparams, which may differ from neuron to neuron and are traced, and a config,
which is the same for all and static."""

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # which imports JAX, and whoever reads a run only asks what hyperparams there are
    from jaxneuron.neuron.scalar import Scalar


@dataclasses.dataclass(frozen=True)
class Config:
    """What is the same for all neurons of a study and static under jit."""

    activation: str = "relu"
    train_bias: bool = True
    optimizer: str = "sgd"
    batch_size: int | None = None  # None: every step passes over all examples
    gradient: str = "in_order"  # one of gradient.FORMS; mini-batches are always passed over in order
    # One of choices.SCHEDULES, and the steps that it is stretched over; None: a constant learning rate.
    schedule: tuple[str, int] | None = None
    method: str = "steps"  # or "jumps", which need moments
    tolerance: float = 1e-5  # for the fate `converged`: of the gradient's largest component
    divergence_factor: float = 1e6  # multiple of max(initial loss, ½·mean y²), for the fate `diverged`
    silence_tolerance: float = 1e-3  # multiple of the root of mean y², for `nearly_silent`


class Hyperparams(NamedTuple):
    """The hyperparams of one neuron; one that its optimizer or activation does not take has no effect."""

    learning_rate: "Scalar"
    momentum: "Scalar" = 0.9
    weight_decay: "Scalar | None" = None
    beta1: "Scalar" = 0.9
    beta2: "Scalar" = 0.999
    decay: "Scalar" = 0.9
    epsilon: "Scalar" = 1e-8
    negative_slope: "Scalar" = 0.01
    target_scale: "Scalar | None" = None
    final_rate: "Scalar" = 0.0
    warmup: "Scalar" = 0.1
    step_every: "Scalar" = 0.25
    clip_norm: "Scalar | None" = None


class Meaning(NamedTuple):
    """What a hyperparameter is, and its range: low ≤ value < high, or low < value where `is_open`."""

    definition: str
    low: float = 0.0
    high: float = math.inf
    is_open: bool = False


MEANINGS: Mapping[str, Meaning] = {
    "learning_rate": Meaning("step size η of the update"),
    "momentum": Meaning("share β of the velocity kept from step to step", high=1.0),
    "weight_decay": Meaning("multiple of the params added to their gradient (adamw: to their update)"),
    "beta1": Meaning("decay of Adam's mean of the gradient", high=1.0),
    "beta2": Meaning("decay of Adam's mean of the squared gradient", high=1.0),
    "decay": Meaning("decay of RMSProp's mean of the squared gradient", high=1.0),
    "epsilon": Meaning(
        "what keeps the division by the root of the squared gradient's mean (adagrad: sum) finite: "
        "added to the root by adam and adamw, under it by rmsprop and adagrad",
        is_open=True,  # a gradient of 0 would be divided by 0
    ),
    "negative_slope": Meaning("slope of leaky_relu where z ≤ 0", low=-math.inf),
    "target_scale": Meaning("factor γ of the target: the loss is the mean of ½(ŷ − γ·y)²", low=-math.inf),
    "final_rate": Meaning("multiple of the learning rate that a schedule ends at", high=1.0),
    "warmup": Meaning("share of the steps in which warmup_cosine rises from 0", high=1.0),
    "step_every": Meaning(
        "share of the steps between two falls of the schedule step", high=1.0, is_open=True
    ),
    "clip_norm": Meaning(
        "norm above which the gradient, of weight and bias together, is scaled down to it", is_open=True
    ),
}
# What neurons start from, which may differ from neuron to neuron too.
STARTS: Mapping[str, str] = {
    "init_bias": "bias b before step 0",
    "init_weight": "weight W before step 0, the same for all inputs",
}


def label_of(name: str) -> str:
    """The name of a hyperparameter or of a start in words: "initial bias"."""
    return name.replace("_", " ").replace("init ", "initial ")
