"""Training many neurons each at its own pace: piece by piece, whatever step its neighbours are at."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.piecewise import Pace, arrive, is_piecewise, look, recall, set_off
from jaxneuron.neuron.train import Config, TrainState
from jaxneuron.population.blocks import SetOut, advance_moving, own_state, whole_lanes

# With more examples a neuron leaves its piece at nearly every step, and lockstep is faster.
MOST_EXAMPLES = 1024
# Lanes of a block: what a stay reads and writes should lie in a core's nearest cache.
BLOCK = 512
# Looks at a neuron between two packings of the lanes, and the longest stay after a look.
LOOKS, LONGEST = 16, 32
# When no more lanes than this move, those that hardly stay anywhere are left: they are looked at every step.
FEW, FEW_LOOKS = 192, 128

Carry = tuple[Int[Array, " lanes"], Int[Array, ""], Pace, Int[Array, ""]]


def pays(config: Config, num_examples: int, decays: bool) -> bool:
    """Whether neurons should go at their own pace: on a CPU, where a look costs a dozen steps; elsewhere it
    is unmeasured."""
    is_cpu = jax.default_backend() == "cpu"
    return is_piecewise(config, decays) and num_examples <= MOST_EXAMPLES and is_cpu


def take_all_steps(
    set_out: SetOut,
    num_neurons: int,
    num_lanes: int,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
) -> TrainState:
    """The neurons that `set_out` puts at lanes 0, 1, … after their last step."""
    lanes = jnp.arange(num_lanes, dtype=jnp.int32)
    order = jnp.minimum(jnp.arange(whole_lanes(num_lanes, BLOCK), dtype=jnp.int32), num_lanes - 1)

    def visit(lane: Array, pace: Pace, num_looks: int, longest: Array | int) -> Pace:
        _, hyperparams = set_out(lane)
        return jax.lax.fori_loop(
            0,
            num_looks,
            lambda _, pace: look(pace, hyperparams, examples, config, num_steps, longest),
            recall(pace, num_steps),
        )

    def advance(carry: Carry) -> Carry:
        order, num_moving, old, longest = carry

        def advance_block(lanes: Array, paces: Pace) -> tuple[Pace, Array]:
            paces = jax.vmap(lambda lane, pace: visit(lane, pace, LOOKS, longest))(lanes, paces)
            return paces, paces.step < paces.until

        order, num_staying, new = advance_moving(order, num_moving, old, BLOCK, advance_block)
        # Half as long again as the neurons stayed on average; a sum of whole numbers could overflow.
        num_taken = jnp.sum((new.step - old.step).astype(jnp.float32))
        longest = jnp.clip(1 + 1.5 * num_taken / (LOOKS * num_moving), 1, LONGEST)
        return order, num_staying, new, longest.astype(jnp.int32)

    def finish_few(order: Array, num_moving: Array, paces: Pace) -> Pace:
        chosen = order[:FEW]
        is_moving = jnp.arange(FEW) < num_moving
        few = jax.tree.map(lambda values: values[chosen], paces)
        few = few._replace(until=jnp.where(is_moving, few.until, few.step))
        few = jax.lax.while_loop(
            lambda few: jnp.any(few.step < few.until),
            lambda few: jax.vmap(lambda lane, pace: visit(lane, pace, FEW_LOOKS, 1))(chosen, few),
            few,
        )
        target = jnp.where(is_moving, chosen, num_lanes)
        return jax.tree.map(lambda all_, some: all_.at[target].set(some, mode="drop"), paces, few)

    def arrive_at_lane(at_lane: tuple[Array, TrainState, Pace]) -> TrainState:
        lane, state, pace = at_lane
        _, hyperparams = set_out(lane)
        return arrive(state, pace, hyperparams, examples, config, num_steps, LONGEST)

    states = jax.vmap(lambda lane: own_state(set_out(lane)[0]))(lanes)
    paces = jax.vmap(set_off, (0, None))(states, num_steps)
    order, num_moving, paces, _ = jax.lax.while_loop(
        lambda carry: carry[1] > FEW,
        advance,
        (order, jnp.where(num_steps > 0, num_neurons, 0), paces, jnp.int32(LONGEST)),
    )
    paces = finish_few(order, num_moving, paces)
    return jax.lax.map(arrive_at_lane, (lanes, states, paces), batch_size=min(BLOCK, num_lanes))
