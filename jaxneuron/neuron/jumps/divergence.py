"""Until when the loss of a neuron was within its limit along a flight."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import has_diverged
from jaxneuron.neuron.jumps.crossing import count_bits, last_that, turn_of
from jaxneuron.neuron.jumps.flight import Course, Steps
from jaxneuron.neuron.jumps.scene import Scene
from jaxneuron.neuron.jumps.state import Bound
from jaxneuron.neuron.moments import loss_on


def bound_in_flight(
    bound: Bound | None,
    scene: Scene,
    begin: Int[Array, ""],
    steps: Steps,
    hyperparams: Hyperparams,
    config: Config,
) -> Bound | None:
    """The bound after `steps` steps of a flight that begins at the step `begin`.

    Along each mode the loss shrinks, or grows. So it is within its limit until some step, from the beginning
    or from where it is least. (With weight decay it turns elsewhere, but not as far up as the limit.)
    """
    if bound is None:
        return None
    flight, limit = scene.flight, bound.limit
    modes = flight.modes

    def is_within(steps: Steps) -> Bool[Array, ""]:
        params = flight.after(steps)
        return ~has_diverged(params, loss_on(scene.piece, params, hyperparams, config), limit)

    # What the loss has along each mode goes by λ²ᵗ.
    one, other = (mode.off**2 * mode.step for mode in modes)
    turn, _ = turn_of(Course(one + other, jnp.zeros_like(one), (one, other)), modes)
    least = jnp.where(turn < steps, turn, 0)
    first = jnp.where(is_within(jnp.zeros_like(steps)), 0, least)
    number = last_that(lambda i: is_within(first + i), steps - 1 - first, count_bits(2 * steps))
    is_some = (steps > 0) & is_within(first)
    until = begin + (first + number).astype(begin.dtype) + 1
    return bound._replace(until=jnp.where(is_some, until, bound.until))
