"""What may differ from neuron to neuron and is traced, with the meaning and the valid range of each."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from jaxtyping import Array, Float

Scalar = Float[Array, ""] | float


class Hyperparams(NamedTuple):
    """The hyperparams of one neuron; one that its optimizer or activation does not take has no effect."""

    learning_rate: Scalar
    momentum: Scalar = 0.9
    weight_decay: Scalar | None = None
    beta1: Scalar = 0.9
    beta2: Scalar = 0.999
    decay: Scalar = 0.9
    epsilon: Scalar = 1e-8
    negative_slope: Scalar = 0.01
    target_scale: Scalar | None = None


class Meaning(NamedTuple):
    """What a hyperparameter is, and its range: low ≤ value, and value < high (value ≤ high where closed)."""

    definition: str
    low: float = 0.0
    high: float = math.inf


MEANINGS: Mapping[str, Meaning] = {
    "learning_rate": Meaning("step size η of the update"),
    "momentum": Meaning("share β of the velocity kept from step to step", high=1.0),
    "weight_decay": Meaning("multiple of the params added to their gradient (adamw: to their update)"),
    "beta1": Meaning("decay of Adam's mean of the gradient", high=1.0),
    "beta2": Meaning("decay of Adam's mean of the squared gradient", high=1.0),
    "decay": Meaning("decay of RMSProp's mean of the squared gradient", high=1.0),
    "epsilon": Meaning(
        "what keeps the division by the root of the squared gradient's mean (adagrad: sum) finite: "
        "added to the root by adam and adamw, under it by rmsprop and adagrad"
    ),
    "negative_slope": Meaning("slope of leaky_relu where z ≤ 0", low=-math.inf),
    "target_scale": Meaning("factor γ of the target: the loss is the mean of ½(ŷ − γ·y)²", low=-math.inf),
}
