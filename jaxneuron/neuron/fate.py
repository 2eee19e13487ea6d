"""What became of a neuron: the definitions.

Tested in this order at the end of training:

  diverged   params or loss not finite, or loss above `divergence_factor` × max(initial loss, ½·mean y²)
  born_dead  silent at every step from step 0 on
  died       active at some step, silent from `death_step` to the end
  converged  every component of the loss's gradient over all examples at most `tolerance`; weight decay is
             not part of the loss
  unsettled  none of these: still moving, oscillating, or at rest with a gradient above the tolerance

Silent means z ≤ 0 on every example of the training set. Only an activation whose slope is exactly 0 for
all z ≤ 0 can die; for it, silence and a gradient of exactly 0 are the same thing.

The step of a fate is the first from which on, to the end of training, the neuron is what its fate says:
silent (`death_step`), with a gradient within the tolerance (`settle_step`, of a converged neuron), beyond the
limit (`diverge_step`). Each is -1 for a neuron of another fate.

`nearly_silent` is silence with a tolerance: at the end, z is at most `silence_tolerance` × the root mean
square of the targets on every example. That says nothing of what comes after; what does is `absorbed`.
"""

import enum
from typing import Any

NO_STEP = -1  # the step of a fate that a neuron does not have


class Fate(enum.IntEnum):
    """What became of a neuron, exactly one of the five; with its name and its rule as a reader sees them."""

    diverged = 0, "params or loss not finite, or loss far above its start"
    born_dead = 1, "silent on every example from step 0 on"
    died = 2, "active once, then silent to the end"
    converged = 3, "gradient at most the tolerance"
    unsettled = 4, "still moving, oscillating, or at rest with a gradient above the tolerance"

    rule: str

    def __new__(cls, value: int, rule: str) -> "Fate":
        fate = int.__new__(cls, value)
        fate._value_, fate.rule = value, rule
        return fate

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @classmethod
    def flags(cls) -> dict[str, Any]:
        """Attributes of an array of fates that say what its numbers mean, as the CF conventions have it."""
        return {"flag_values": [fate.value for fate in cls], "flag_meanings": " ".join(cls.__members__)}
