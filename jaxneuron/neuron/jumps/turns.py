"""The turns in which a neuron is trained by jumps, for plain gradient descent over all examples of one input,
with an activation that is straight on either side of 0.

A flight of the params ends where an example becomes active or silent, and until then all that the steps would
show is known. A neuron takes turns, of one kind or the other:

  fly   a jump to the end of the flight
  walk  some hundred steps, where changes come so often that there is nothing to jump over

until its flight has no end, or all steps are taken; or its steps are so small that none changes a bit; or it
returns, walking, to params that it had before; or it is found held at a kink for ever; or its flight ends
later than steps can be counted, or its budget is spent, and its fate stays undecided.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from jaxneuron.neuron.fate import NO_STEP
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.judge import are_finite, watch
from jaxneuron.neuron.jumps import MOST_STEPS
from jaxneuron.neuron.jumps.crossing import any_falls, count_bits, first_below, last_outside
from jaxneuron.neuron.jumps.divergence import bound_in_flight
from jaxneuron.neuron.jumps.flight import Course, Modes, Steps, powers_after, steps_that_count
from jaxneuron.neuron.jumps.scene import Scene, scene_of
from jaxneuron.neuron.jumps.sliding import hold_of
from jaxneuron.neuron.jumps.state import AT_REST, NO_CYCLE, JumpState, Stage
from jaxneuron.neuron.jumps.steps import take_steps
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import TrainState

# Steps that are looked at after each jump. With so many changes among them the neuron walks, and after so
# many successive jumps that are shorter than is worth while.
FEW_STEPS = 6
FEW_CHANGES = 2
SHORT = 32
MANY_SHORT = 4
# Steps of a walk. With fewer changes among them the neuron flies, twice as often before it walks again.
WALK = 256
MIN_CHANGES = 12
# The budget of a neuron: a turn in flight costs 1, a walk what it takes.
COST_OF_WALK = 16
MAX_COST = 1024
MAX_COST_WITHOUT_END = 4096  # of those that die in the end beyond the limit of stability, many do so late
# With so few steps in all it may take every one of them.
EXACT_STEPS = 2**15
# What is spent on looking for a cycle before it is asked whether a kink holds the neuron.
COST_BEFORE_HOLD = 128

Value = TypeVar("Value")


def fly(
    state: JumpState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: Steps
) -> JumpState:
    """The state after a jump to the end of the neuron's flight; a neuron whose flight has no end has arrived.

    The few steps after it are dropped unless the neuron walks: where a z tends to 0, steps end in rounding,
    and a flight does not.
    """
    begin = state.train
    scene = scene_of(begin, hyperparams, examples, config, num_steps)
    modes, num_bits = scene.flight.modes, count_bits(num_steps)
    without_end = steps_that_count(modes, jnp.full_like(num_steps, jnp.inf))
    is_slow = without_end == MOST_STEPS
    is_at_rest = is_slow & scene.flight.is_at_rest
    most = jnp.where(are_finite(begin.params) & ~is_at_rest, jnp.minimum(without_end, scene.steps_left), 0)
    steps = first_below(scene.guards, modes, most, num_bits)
    ends = jnp.isfinite(steps)
    steps = jnp.where(ends, steps, 0)
    step = begin.step + steps.astype(begin.step.dtype)
    landed = begin._replace(
        step=step,
        params=scene.flight.after(steps),
        silence=begin.silence and watch(begin.silence, begin.step, scene.piece.num_active == 0),
        unchanged_since=jnp.where(ends, step, begin.unchanged_since),
        moving_until=jnp.int64(NO_STEP),
    )
    left = jnp.where(ends, scene.steps_left - steps, 0)
    flown = bound_in_flight(state.bound, scene, begin.step, steps, hyperparams, config)
    ahead = take_steps(landed, state.mark, flown, FEW_STEPS, hyperparams, examples, config, left)
    in_a_row = jnp.where(steps < SHORT, state.in_a_row + 1, 0)
    walks = (ahead.changes >= FEW_CHANGES) | (in_a_row >= MANY_SHORT)
    # After a change the gradient is mostly large, and what it was before does not matter.
    seen_until = jnp.asarray(ahead.state.moving_until)
    is_known = seen_until >= 0
    moving_until = _moving_until(scene, begin, steps, ends & ~is_known, config)
    landed = landed._replace(moving_until=jnp.where(is_known, seen_until, moving_until))
    train = _where(walks, ahead.state._replace(moving_until=landed.moving_until), landed)
    has_arrived = ~ends | (train.step >= num_steps)
    is_beyond = is_slow & ~ends & jnp.isinf(num_steps) & any_falls(scene.guards, modes)
    cost = state.cost + 1
    asks = _may_ask(state.cost, cost, num_steps) & ~(is_at_rest | is_beyond | has_arrived)
    stage = _first_of(
        (is_at_rest, Stage.recurs),
        (is_beyond, Stage.undecided),
        (has_arrived, Stage.arrived),
        (_is_spent(cost, num_steps), Stage.undecided),
        (walks, Stage.walks),
        otherwise=Stage.flies,
    )
    in_a_row = jnp.where(stage == Stage.walks, 0, in_a_row)
    period = jnp.where(is_at_rest, jnp.int64(AT_REST), state.period)
    return state._replace(
        train=train, stage=stage, cost=cost, in_a_row=in_a_row, period=period, bound=ahead.bound, asks=asks
    )


def walk(
    state: JumpState, hyperparams: Hyperparams, examples: Examples, config: Config, num_steps: Steps
) -> JumpState:
    """The state after some hundred steps of a neuron whose active examples change at most of them."""
    walks = state.in_a_row + 1
    # A cycle is found however long it is: the mark that steps are compared with is renewed ever less often
    # (Brent 1980).
    is_marked = (walks & state.in_a_row) == 0
    mark = _where(is_marked, state.train.params, state.mark)
    mark_step = jnp.where(is_marked, state.train.step, state.mark_step)
    left = num_steps - state.train.step.astype(num_steps.dtype)
    taken = take_steps(state.train, mark, state.bound, WALK, hyperparams, examples, config, left)
    # With few changes the neuron should have flown, and does so from where the walk began.
    flies_on = taken.changes < MIN_CHANGES
    is_new = (taken.back >= 0) & (state.period == NO_CYCLE) & ~flies_on
    period = jnp.where(is_new, state.train.step + taken.back - mark_step, state.period)
    train = _where(flies_on, state.train, taken.state)
    if train.silence is None:  # else revivals are counted, of which each period may have some
        train = _where(is_new, _skipped(train, period, num_steps), train)
    cost = state.cost + COST_OF_WALK
    has_arrived, recurs = train.step >= num_steps, (period != NO_CYCLE) & jnp.isinf(num_steps)
    asks = _may_ask(state.cost, cost, num_steps) & ~(flies_on | has_arrived | recurs)
    stage = _first_of(
        (flies_on, Stage.flies),  # to its end, which may be death
        (has_arrived, Stage.arrived),
        (recurs, Stage.recurs),
        (_is_spent(cost, num_steps), Stage.undecided),
        otherwise=Stage.walks,
    )
    in_a_row = jnp.where(stage == Stage.flies, -2 * MIN_CHANGES, walks)
    return JumpState(train, stage, cost, in_a_row, mark, mark_step, period, taken.bound, asks)


def _first_of(*cases: tuple[Bool[Array, ""], Stage], otherwise: Stage) -> Int[Array, ""]:
    """The stage of the first case whose condition holds."""
    conditions, stages = zip(*cases, strict=True)
    return jnp.select(conditions, [jnp.int8(stage) for stage in stages], jnp.int8(otherwise))


def _is_spent(cost: Int[Array, ""], num_steps: Steps) -> Bool[Array, ""]:
    most = jnp.where(jnp.isinf(num_steps), MAX_COST_WITHOUT_END, MAX_COST)
    return (cost >= most) & (num_steps > EXACT_STEPS)


def _may_ask(cost_before: Int[Array, ""], cost: Int[Array, ""], num_steps: Steps) -> Bool[Array, ""]:
    """Whether it is to be asked if a kink holds a neuron that may not take all its steps: ever less often."""
    crosses = (cost ^ cost_before) > cost_before  # a power of 2
    return crosses & (cost >= COST_BEFORE_HOLD) & (num_steps > EXACT_STEPS)


def answer(state: JumpState, hyperparams: Hyperparams, examples: Examples, config: Config) -> JumpState:
    """The state of a neuron that has been told whether a kink holds it for ever, where it asked."""
    is_held = state.asks & hold_of(state.train.params, hyperparams, examples, config).is_held
    stage = jnp.where(is_held, jnp.int8(Stage.held), state.stage)
    return state._replace(stage=stage, asks=jnp.bool(False))


def _moving_until(
    scene: Scene, begin: TrainState, steps: Steps, is_asked: Bool[Array, ""], config: Config
) -> Int[Array, ""]:
    """The step after the last with a gradient above the tolerance, at the end of a flight of some steps."""
    slopes, modes = scene.slopes(config.train_bias), scene.flight.modes
    powers = powers_after(modes, jnp.maximum(steps - 1, 0))
    is_moving = jnp.stack([jnp.abs(slope.after(powers)) > config.tolerance for slope in slopes]).any()

    def search(slopes: list[Course], modes: Modes, steps: Steps) -> Steps:
        return last_outside(slopes, config.tolerance, modes, steps, count_bits(steps))

    last = _only_if(is_asked & ~is_moving, search, steps - 1, slopes, modes, steps)
    moving_until = begin.step + last.astype(begin.step.dtype) + 1
    return jnp.where(is_asked & (last >= 0), moving_until, jnp.asarray(begin.moving_until))


def _skipped(state: TrainState, period: Int[Array, ""], num_steps: Steps) -> TrainState:
    """The state after as many whole periods as are left; what happened in the last one happens again."""
    periods = jnp.floor((num_steps - state.step.astype(num_steps.dtype)) / period)
    are_left = jnp.isfinite(periods) & (periods > 0)
    skipped = jnp.where(are_left, periods, 0).astype(state.step.dtype) * period

    def last_time(last: Array) -> Array:
        return jnp.where(last > state.step - period, last + skipped, last)

    return state._replace(
        step=state.step + skipped,
        unchanged_since=last_time(state.unchanged_since),
        moving_until=last_time(jnp.asarray(state.moving_until)),
    )


def _where(condition: Bool[Array, ""], one: Value, other: Value) -> Value:
    return jax.tree.map(lambda a, b: a if a is b else jnp.where(condition, a, b), one, other)


def _only_if(
    condition: Bool[Array, ""], function: Callable[..., Array], otherwise: Array, *arguments: Any
) -> Array:
    """The function's value where the condition holds; among many neurons it is computed if it holds for one.

    (Under vmap a `cond` would compute it always. A loop does not, as long as the compiler cannot move its
    body out of it: so the function's arguments depend on the condition. A GPU would wait for the host, which
    asks whether it holds: there it is computed always.)
    """
    if jax.default_backend() != "cpu":
        return jnp.where(condition, function(*arguments), otherwise)

    def compute(carry: tuple[Array, Array]) -> tuple[Array, Array]:
        given = jax.tree.map(lambda value: jnp.where(carry[0], value, 0), arguments)
        return jnp.bool(False), function(*given)

    return jax.lax.while_loop(lambda carry: carry[0], compute, (condition, otherwise))[1]
