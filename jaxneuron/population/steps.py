"""Taking steps: the one loop that all programs compile, also with the states between its steps kept."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from jaxneuron.neuron.half_lines import PackedHalfLines
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.train import TrainState, update_step
from jaxneuron.population.place import Place
from jaxneuron.population.start import Start, init_neuron


def advance(
    state: TrainState,
    number: Int[Array, ""],
    hyperparams: Hyperparams,
    examples: Examples,
    config: Config,
    most: int | None = None,
) -> TrainState:
    """A neuron's state after a number of further steps; at most `most`, where that is known.

    Every program takes its steps here. XLA compiles a loop by itself, so a step rounds in the same way
    wherever the loop is; a step outside of it may be fused with what is around.

    A GPU waits for the host at every turn of a loop whose turns are not counted when it is compiled. So its
    loop has `most` turns, and those beyond the number leave the state as it is: to take fewer steps by a loop
    of their own would be another program, which may round otherwise.
    """

    def step(state: TrainState) -> TrainState:
        return update_step(state, hyperparams, examples, config)[0]

    def turn(_: Array, state: TrainState) -> TrainState:
        # On a CPU the few kernels of a step with moments are run one after the other if they are a branch
        # of their own, which is always taken. In a longer body XLA looks for some to run at the same time,
        # and waits for them.
        if config.gradient == "moments" and jax.default_backend() == "cpu":
            return jax.lax.cond(number > 0, step, lambda state: state, state)
        return step(state)

    if isinstance(examples.half_lines, PackedHalfLines):
        # With packed tables XLA makes one kernel of the whole loop by itself.
        return jax.lax.fori_loop(0, number, lambda _, state: step(state), state)
    if most is None or jax.default_backend() == "cpu":
        return jax.lax.fori_loop(0, number, turn, state)

    def counted(now: TrainState, turns: Array | int) -> TrainState:
        """The state with its counts of steps after some turns; known from those, they take no kernels."""

        def count(now: Array, first: Array) -> Array:
            return first + turns if is_count(first) else now

        opt_state = jax.tree.map(count, now.opt_state, state.opt_state)
        return now._replace(step=state.step + turns, opt_state=opt_state)

    def turn_or_rest(i: Array, state: TrainState) -> TrainState:
        before = counted(state, i)
        after = jax.tree.map(lambda new, old: jnp.where(i < number, new, old), step(before), before)
        return counted(after, 0)

    return counted(jax.lax.fori_loop(0, most, turn_or_rest, state), number)


def is_count(values: Array) -> bool:
    """Whether a leaf of an optimizer's state counts steps; all others are real numbers."""
    return jnp.issubdtype(values.dtype, jnp.integer)


def with_one_count(states: TrainState) -> TrainState:
    """The states of neurons with one step, and one count of the optimizer's steps, for all of them.

    Besides saving work it is a matter of bits: XLA may take a power of one number otherwise than of many.
    """
    opt_state = jax.tree.map(lambda v: v[0] if is_count(v) else v, states.opt_state)
    return states._replace(step=None if states.step is None else states.step[0], opt_state=opt_state)


def axes_of(states: TrainState) -> TrainState:
    """The axes of states along which neurons are mapped: none of what they count together, 0 of the rest."""
    opt_state = jax.tree.map(lambda v: None if is_count(v) else 0, states.opt_state)
    return jax.tree.map(lambda _: 0, states)._replace(step=None, opt_state=opt_state)


def take_some_steps(
    config: Config,
    most: int,
    place: Place,
    states: TrainState,
    num_steps: Int[Array, ""] | int,
    start: Start,
    examples: Examples,
) -> tuple[TrainState, TrainState]:
    """The states of neurons after `num_steps`, at most `most`, and before each of `most` steps.

    One compilation serves any number of steps: those beyond it leave the state as it is. The hyperparams are
    made here from each neuron's place, as in the program for many: a value that all neurons share then enters
    the arithmetic in the same way.
    """

    def follow_neuron(place: Place, state: TrainState) -> tuple[TrainState, TrainState]:
        _, hyperparams = init_neuron(place, start, examples, config)

        def step(state: TrainState, i: Array) -> tuple[TrainState, TrainState]:
            number = (i < num_steps).astype(jnp.int32)
            # Of a loop of one turn XLA makes none on a GPU, which rounds every sum and product by itself.
            return advance(state, number, hyperparams, examples, config, 1), state

        return jax.lax.scan(step, state, jnp.arange(most))

    return jax.vmap(follow_neuron, (0, axes_of(states)))(place, with_one_count(states))
