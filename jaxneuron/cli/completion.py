"""What a shell completes besides files and commands: the names that options of `train` take.

They are written out here, as a shell asks at every press of a key, and those who have them import JAX, which
takes a second.
"""

from collections.abc import Callable

import click

NAMES = {
    "activation": ("relu", "leaky_relu", "elu", "gelu", "softplus", "sigmoid", "tanh", "identity"),
    "optimizer": ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad"),
    "method": ("steps", "jumps"),
    "schedule": ("constant", "cosine", "warmup_cosine", "exponential", "step"),
    "precision": ("float32", "float64"),
    "scale": ("standard", "none"),
}


def names_of(option: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What completes the value of an option."""
    return lambda context, param, begun: [name for name in NAMES[option] if name.startswith(begun)]
