"""What a shell completes besides files and commands: the names that options of `train` take.

A shell asks at every press of a key.
"""

import click
from click.shell_completion import CompletionItem

from jaxneuron.neuron.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES

NAMES = {
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "method": ("steps", "jumps"),
    "schedule": SCHEDULES,
    "precision": ("float32", "float64"),
    "scale": ("standard", "none"),
}


class OfNames(click.Option):
    """An option that is one of the names."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Those that begin so."""
        return [CompletionItem(name) for name in NAMES[str(self.name)] if name.startswith(incomplete)]
