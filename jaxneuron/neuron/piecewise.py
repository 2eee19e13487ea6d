"""Training one neuron piece by piece: its moments are looked up only where its active examples change.

Between two changes the loss is one quadratic, and a step a few multiplications. So a neuron is looked at (the
piece it is on is found), stays on that piece for some steps, until it leaves it, and is looked at again.

For plain gradient descent, whose step depends on the params alone: params that a step leaves as they are stay
so for ever, and params that come back have gone round in a cycle and will do so again. Silence has no part
in a cycle, for without weight decay a silent neuron never moves again.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from jaxneuron.neuron.fate import Silence
from jaxneuron.neuron.half_lines import HalfLines
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.moments import Piece, evaluate, find_piece, is_on
from jaxneuron.neuron.optimizers import has_memory, optimizer
from jaxneuron.neuron.params import ACTIVATIONS, Params
from jaxneuron.neuron.train import Config, TrainState, has_same_bits, update, watch_active


class Mark(NamedTuple):
    """Where a neuron was at some step."""

    step: Int[Array, ""]
    params: Params


class Pace(NamedTuple):
    """How far a neuron has come."""

    step: Int[Array, ""]
    params: Params
    silence: Silence
    until: Int[Array, ""]  # the step at which it has finished
    earlier: Mark  # to see whether it comes back to it
    turn: Mark  # where the last stay began that changed the params


def is_piecewise(config: Config, decays: bool) -> bool:
    """Whether a neuron's step depends on its params alone, and is one half-line's gradient times the rate.

    With weight decay, or where silent examples have a slope, there is a further sum of products, which
    different programs round otherwise.
    """
    is_plain = config.batch_size is None and not has_memory(config.optimizer) and not decays
    return config.gradient == "moments" and ACTIVATIONS[config.activation].can_die and is_plain


def set_off(state: TrainState, num_steps: Int[Array, ""]) -> Pace:
    """A neuron before step 0."""
    start = Mark(jnp.zeros_like(num_steps), state.params)
    return Pace(*start, state.silence, until=num_steps, earlier=start, turn=start)


def recall(pace: Pace, num_steps: Int[Array, ""]) -> Pace:
    """A neuron that has come back to where it was goes round, and need only go on to where it ends."""
    now, earlier = Mark(pace.step, pace.params), pace.earlier
    is_moving = (earlier.step < now.step) & (now.step < pace.until)
    comes_back = is_moving & has_same_bits(now.params, earlier.params)
    period = jnp.maximum(now.step - earlier.step, 1)
    until = jnp.where(comes_back, now.step + (num_steps - now.step) % period, pace.until)
    # Brent 1980: what is compared with is renewed at ever longer intervals, so that no cycle is too long.
    is_due = now.step - earlier.step >= earlier.step
    earlier = jax.tree.map(lambda new, old: jnp.where(is_due, new, old), now, earlier)
    return pace._replace(earlier=earlier, until=until)


def look(
    pace: Pace,
    hyperparams: Hyperparams,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    longest: Int[Array, ""] | int,
) -> Pace:
    """Find the piece a neuron is on and take up to `longest` steps there; none if it has finished."""
    piece = find_piece(pace.params, half_lines_of(examples))
    num_left = pace.until - pace.step
    params, num_taken = stay(pace.params, piece, hyperparams, config, num_left, longest)
    step = pace.step + num_taken
    is_same = has_same_bits(params, pace.params)
    goes_round = is_same & (num_taken > 0) & (step < pace.until)
    here = Mark(pace.step, pace.params)
    return pace._replace(
        step=step,
        params=params,
        silence=watch_active(pace.silence, pace.step, piece.num_active, config),
        until=jnp.where(goes_round, step + (num_steps - step) % jnp.maximum(num_taken, 1), pace.until),
        turn=jax.tree.map(lambda old, new: jnp.where(is_same, old, new), pace.turn, here),
    )


def stay(
    params: Params,
    piece: Piece,
    hyperparams: Hyperparams,
    config: Config,
    num_left: Int[Array, ""],
    longest: Int[Array, ""] | int,
) -> tuple[Params, Int[Array, ""]]:
    """The params after steps on the piece they are on, and how many: at most `num_left` and `longest`, and
    none after one that leaves it."""
    no_memory = optimizer(config.optimizer, hyperparams, config.train_bias).init(params)

    def step(i: Array, carry: tuple[Params, Array]) -> tuple[Params, Array]:
        # What is left is negative when the stay has ended: one array fewer to pass through the loop.
        params, left = carry
        grads = evaluate(
            params, piece, config.activation, hyperparams.negative_slope, config.train_bias
        ).grads
        after, _, _ = update(params, no_memory, grads, hyperparams, config)
        # At first the piece is theirs by definition: where W = 0 no neighbour can confirm it.
        stays = (left > 0) & ((i == 0) | is_on(piece, params))
        params = jax.tree.map(lambda new, old: jnp.where(stays, new, old), after, params)
        return params, jnp.where(stays, left - 1, -jnp.abs(left))

    params, left = jax.lax.fori_loop(0, longest, step, (params, num_left))
    return params, num_left - jnp.abs(left)


def arrive(
    state: TrainState,
    pace: Pace,
    hyperparams: Hyperparams,
    examples: Examples,
    config: Config,
    num_steps: Int[Array, ""],
    longest: int,
) -> TrainState:
    """The state that set off as `state`, when it has finished; no stay was longer than `longest`.

    Params that one more step leaves as they are were reached in the last stay that changed them: it is gone
    over again to see when.
    """
    params, half_lines = pace.params, half_lines_of(examples)
    one = jnp.ones_like(num_steps)

    def approach(_: Array, carry: tuple[Params, Array]) -> tuple[Params, Array]:
        on_the_way, num_taken = carry
        is_there = has_same_bits(on_the_way, params)
        # Once there it may be on another piece.
        num_left = jnp.where(is_there, 0, one)
        on_the_way, _ = stay(on_the_way, piece, hyperparams, config, num_left, 1)
        return on_the_way, jnp.where(is_there, num_taken, num_taken + 1)

    # A loop of a length the compiler does not know: what is compared is then what was stored, and not
    # computed anew, which may round otherwise.
    after, _ = stay(
        params, find_piece(params, half_lines), hyperparams, config, one, jnp.minimum(num_steps, 1)
    )
    is_fixed = has_same_bits(after, params)
    piece = find_piece(pace.turn.params, half_lines)
    _, num_taken = jax.lax.fori_loop(0, longest, approach, (pace.turn.params, jnp.zeros_like(num_steps)))
    return state._replace(
        params=params,
        silence=pace.silence,
        unchanged_since=jnp.where(is_fixed, pace.turn.step + num_taken, num_steps),
    )


def half_lines_of(examples: Examples) -> HalfLines:
    """The half-lines of the examples, which moments need."""
    assert examples.half_lines is not None, "moments need half-lines"
    return examples.half_lines
