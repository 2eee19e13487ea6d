"""What became of a neuron: the definitions.

Tested in this order at the end of training:

  diverged   params or loss not finite, or loss above `divergence_factor` × max(initial loss, ½·mean y²)
  born_dead  silent at every step from step 0 on
  died       active at some step, silent from `death_step` to the end
  converged  every component of the loss's gradient over all examples at most `tolerance`; weight decay is
             not part of the loss
  unsettled  none of these: still moving, or oscillating

Silent means z ≤ 0 on every example of the training set. Only an activation whose slope is exactly 0 for
all z ≤ 0 can die; for it, silence and a gradient of exactly 0 are the same thing.

The step of a fate is the first from which on, to the end of training, the neuron is what its fate says:
silent (`death_step`), with a gradient within the tolerance (`settle_step`, of a converged neuron), beyond the
limit (`diverge_step`). Each is -1 for a neuron of another fate.

`nearly_silent` is silence with a tolerance: at the end, z is at most `silence_tolerance` × the root mean
square of the targets on every example. That says nothing of what comes after; what does is `absorbed`.
"""

import enum

NOT_SO = -1  # the step of a fate that a neuron does not have


class Fate(enum.IntEnum):
    """What became of a neuron, exactly one of the five."""

    diverged = 0
    born_dead = 1
    died = 2
    converged = 3
    unsettled = 4
