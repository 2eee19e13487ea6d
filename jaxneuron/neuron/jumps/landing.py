"""What became of a neuron that was trained by jumps: its last flight, to the last step or without end."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from jaxneuron.neuron.fate import NO_STEP, Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.jumps.crossing import count_bits, last_outside
from jaxneuron.neuron.jumps.divergence import bound_in_flight
from jaxneuron.neuron.jumps.flight import Steps, steps_that_count
from jaxneuron.neuron.jumps.scene import Scene, scene_of
from jaxneuron.neuron.jumps.sliding import hold_of
from jaxneuron.neuron.jumps.state import AT_REST, NO_CYCLE, UNKNOWN_PERIOD, JumpState, Stage
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.moments import evaluate, evaluate_on, find_piece
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.train import Trained, conclude_evaluated


def land(
    init_params: Params,
    state: JumpState,
    hyperparams: Hyperparams,
    examples: Examples,
    config: Config,
    num_steps: Steps,
) -> Trained:
    """What became of a neuron after `num_steps` steps, or in the end where they are infinitely many.

    One that has arrived is where its last flight leads; the same examples as before are active there, even
    where z tends to 0, which params cannot tell from rounding. One that is held at a kink is where it slides
    to. One that recurs, or is undecided, is where its turns ended.
    """
    assert examples.half_lines is not None
    train = state.train
    scene = scene_of(train, hyperparams, examples, config, num_steps)
    arrives, is_held = state.stage == Stage.arrived, state.stage == Stage.held
    held = hold_of(train.params, hyperparams, examples, config).params_after(scene.steps_left)
    flown = scene.flight.after(scene.steps_left)
    params = jax.tree.map(
        lambda flown, held, left: jnp.where(arrives, flown, jnp.where(is_held, held, left)),
        flown,
        held,
        train.params,
    )
    found = find_piece(params, examples.half_lines)
    stays = arrives if scene.guards else jnp.bool(False)
    piece = jax.tree.map(lambda flown, left: jnp.where(stays, flown, left), scene.piece, found)
    # Without end, as many as decide.
    modes, steps = scene.flight.modes, steps_that_count(scene.flight.modes, scene.steps_left)
    steps = jnp.where(jnp.isinf(num_steps), steps, scene.steps_left)
    steps = jnp.where(arrives, steps, 0)
    bound = bound_in_flight(state.bound, scene, train.step, steps, hyperparams, config)
    slopes = scene.slopes(config.train_bias)
    last = last_outside(slopes, config.tolerance, modes, steps, count_bits(num_steps))
    settled_at = train.step + last.astype(train.step.dtype) + 1
    moving_until = jnp.where(last >= 0, settled_at, jnp.asarray(train.moving_until))
    is_off = (modes[0].off != 0) | (modes[1].off != 0)
    moves = arrives & (scene.steps_left > 0) & is_off
    end = train._replace(
        params=params,
        # Without end, what moves has moved until now.
        step=jnp.where(jnp.isinf(num_steps), train.step + 1, num_steps).astype(train.step.dtype),
        moving_until=moving_until,
    )
    # What is in a cycle, or undecided, is not fixed where its turns ended.
    moves |= is_held | (state.stage == Stage.undecided)
    moves |= (state.stage == Stage.recurs) & (state.period != AT_REST)
    end = end._replace(unchanged_since=jnp.where(moves, end.step, end.unchanged_since))

    at_start = evaluate(init_params, hyperparams, examples, config)
    at_end = evaluate_on(piece, params, hyperparams, config)
    trained = conclude_evaluated(init_params, end, at_start, at_end, hyperparams, examples, config)
    is_undecided = (state.stage == Stage.undecided) & (trained.fate != Fate.diverged)
    fate = jnp.where(is_undecided | is_held, jnp.int8(Fate.unsettled), trained.fate)
    diverge_step = trained.diverge_step if bound is None else bound.until
    return trained._replace(
        fate=fate,
        diverge_step=jnp.where(fate == Fate.diverged, diverge_step, NO_STEP),
        settle_step=jnp.where(fate == Fate.converged, trained.settle_step, NO_STEP),
        period=_period(state, scene, num_steps),
        undecided=is_undecided,
    )


def _period(state: JumpState, scene: Scene, num_steps: Steps) -> Int[Array, ""]:
    """The period of the cycle that the neuron ends in."""
    modes = scene.flight.modes
    grows = (modes[0].rate > 0) | (modes[1].rate > 0)
    alternates = (modes[0].off != 0) & (modes[0].log_ratio == 0) & modes[0].alternates
    in_the_end = jnp.where(grows, NO_CYCLE, jnp.where(alternates, 2, AT_REST))
    flown = jnp.where(jnp.isinf(num_steps), in_the_end, NO_CYCLE)
    return jnp.select(
        [state.stage == Stage.held, (state.stage == Stage.arrived) & (state.period == NO_CYCLE)],
        [jnp.int64(UNKNOWN_PERIOD), flown.astype(jnp.int64)],
        state.period,
    )
