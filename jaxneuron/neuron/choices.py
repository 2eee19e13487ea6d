"""The activations, optimizers and schedules that there are, and what is to be known of each.

Their functions, which need JAX, are in `params`, `optimizers` and `schedules`: who reads a study or a run
needs none of them.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Activation(NamedTuple):
    """Facts about an activation."""

    can_die: bool = False  # its slope is exactly 0 for all z ≤ 0
    is_piecewise_linear: bool = False  # straight for z ≤ 0, and the identity for z > 0
    # The precisions in which it is sums, products and comparisons alone, and no function of the compiler's.
    arithmetic_in: tuple[str, ...] = ()


class Optimizer(NamedTuple):
    """The hyperparams an optimizer takes besides learning_rate and weight_decay."""

    takes: tuple[str, ...] = ()


class Schedule(NamedTuple):
    """The hyperparams a schedule takes, and whether its final rate may be 0."""

    takes: tuple[str, ...] = ()
    falls_to_0: bool = True


BOTH = ("float32", "float64")
ACTIVATIONS: Mapping[str, Activation] = {
    "relu": Activation(can_die=True, is_piecewise_linear=True, arithmetic_in=BOTH),
    "leaky_relu": Activation(is_piecewise_linear=True, arithmetic_in=BOTH),
    "elu": Activation(),
    "gelu": Activation(arithmetic_in=("float32",)),
    "softplus": Activation(),
    "sigmoid": Activation(),
    "tanh": Activation(arithmetic_in=("float32",)),
    "identity": Activation(is_piecewise_linear=True, arithmetic_in=BOTH),
}
OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(),
    "momentum": Optimizer(("momentum",)),
    "nesterov": Optimizer(("momentum",)),
    "adam": Optimizer(("beta1", "beta2", "epsilon")),
    "adamw": Optimizer(("beta1", "beta2", "epsilon")),
    "rmsprop": Optimizer(("decay", "epsilon")),
    "adagrad": Optimizer(("epsilon",)),
}
CONSTANT = "constant"
SCHEDULES: Mapping[str, Schedule] = {
    CONSTANT: Schedule(),
    "cosine": Schedule(("final_rate",)),
    "warmup_cosine": Schedule(("warmup", "final_rate")),
    "exponential": Schedule(("final_rate",), falls_to_0=False),
    "step": Schedule(("step_every", "final_rate"), falls_to_0=False),
}


def squares_gradient(optimizer: str) -> bool:
    """Whether an optimizer divides by the root of squares of the gradient, which may overflow."""
    return "epsilon" in OPTIMIZERS[optimizer].takes


def stands_still_without_squares(optimizer: str) -> bool:
    """Whether an optimizer takes no step at all where the squares of the gradient underflow to 0: the sum of
    all squares that were has to be more than that."""
    return optimizer == "adagrad"
