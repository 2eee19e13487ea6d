"""What a shell completes besides files and commands: the names that options of `train` take.

A shell asks at every press of a key.
"""

from collections.abc import Callable

import click

from jaxneuron.neuron.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES

NAMES = {
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "method": ("steps", "jumps"),
    "schedule": SCHEDULES,
    "precision": ("float32", "float64"),
    "scale": ("standard", "none"),
}


def names_of(option: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What completes the value of an option."""
    return lambda context, param, begun: [name for name in NAMES[option] if name.startswith(begun)]
