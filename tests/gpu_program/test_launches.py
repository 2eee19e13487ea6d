"""What a GPU launches for a chunk of neurons, of all that trains and summarises it.

Compiled on any machine, in CI by a job of its own: tests/README.md says how.
"""

import dataclasses
import importlib.util
import re
from functools import partial

import jax
import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.neuron.jumps.crossing import BITS_A_TURN, MOST_BITS
from jaxneuron.neuron.jumps.state import init_jumps
from jaxneuron.neuron.jumps.turns import FEW_STEPS, WALK, fly, walk
from jaxneuron.population import summaries, train
from jaxneuron.population.blocks import BLOCK, CYCLE
from jaxneuron.population.place import bounds_of, layout_of, place_at
from jaxneuron.population.start import init_all, init_neuron
from jaxneuron.population.steps import advance, axes_of, take_some_steps, with_one_count
from jaxneuron.runner.inputs import examples_of
from jaxneuron.runner.program import Program
from tests.gpu_program.launches import Thunk, launched

HAS_PLUGIN = bool(
    importlib.util.find_spec("jax_plugins") and importlib.util.find_spec("jax_plugins.xla_cuda12")
)
pytestmark = [
    pytest.mark.gpu_program,
    pytest.mark.skipif(not HAS_PLUGIN, reason="needs jax-cuda12-plugin and jax-cuda12-pjrt"),
]
RNG = np.random.default_rng(0)
X = RNG.normal(size=100)
SWEEP = {
    "learning_rate": jn.Log(1e-3, 10.0, 256),
    "init_bias": jn.Linear(-4.0, 4.0, 256),
    "replicates": 64,
}


@pytest.fixture(autouse=True)
def _on_a_gpu(monkeypatch):
    """What the package asks; JAX itself asks elsewhere."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")


def chunk_of(form="moments", **training):
    """The program that trains a chunk of 2²² neurons by a form of the gradient, and its arrays."""
    training = {"num_steps": 1000, **training}
    program = Program(jn.Study(data={"x": X, "y": np.abs(X)}, training=training, sweep=SWEEP))
    config = dataclasses.replace(program.alternative(0).config, gradient=form)
    precision = program.study.training.precision
    examples = examples_of(program.datasets[0], precision, config)
    bounds = bounds_of(program.chunking[0], program.design, program.chunking, precision)
    layout, start = layout_of(program.design, program.chunking), program._starts.on(None)
    assert layout.chunk_size == 2**22
    number = train.as_number(1000, config)
    return program, partial(train._train, config, layout, True), (bounds, start, examples, number)


def some_neurons(size, form="moments", **training):
    """A config, and of so many neurons of a chunk the places and states, the steps, and what they share. To
    take something from there compiles in a third of the time of a chunk."""
    _, train_chunk, (bounds, start, examples, number) = chunk_of(form, **training)
    config, layout, _ = train_chunk.args
    places = jax.vmap(lambda neuron: place_at(neuron, bounds, layout))(np.arange(size, dtype=np.int32))
    states, _ = jax.eval_shape(partial(init_all, config), places, start, examples)
    return config, (places, states, number, start, examples)


def of_neurons(take, size, form="moments", **training):
    """The program that takes something from each neuron's state, and its arrays."""
    config, arrays = some_neurons(size, form, **training)

    def program(places, states, number, start, examples):
        def of_neuron(place, state):
            _, hyperparams = init_neuron(place, start, examples, config)
            return take(state, hyperparams, examples, config, number)

        return jax.vmap(of_neuron, (0, axes_of(states)))(places, with_one_count(states))

    return program, arrays


def kernels_of(thunk: Thunk) -> list[int]:
    """The threads of each kernel that is launched in a turn, beside loops in it."""
    return [inner.threads for inner in thunk.inner if inner.threads]


def steps_in(program: Thunk) -> Thunk:
    """The loop over the steps of a cycle, in which nothing waits."""
    loops = [thunk for thunk in program.all() if thunk.turns == CYCLE]
    assert len(loops) == 1, "the steps of a cycle are not counted when they are compiled"
    assert not [thunk for thunk in loops[0].all() if thunk.waits]
    return loops[0]


def test_a_chunk_waits_once_a_cycle(tmp_path):
    _, function, arrays = chunk_of()
    program = launched(function, arrays, tmp_path)
    # A step is the search for a row of the table, and the rest; one thread counts the turns.
    kernels = kernels_of(steps_in(program))
    assert len(kernels) <= 3
    assert kernels.count(1) <= 1
    # The host is asked once a cycle for each block, for the queue, and whether it is shortened; and once for
    # each block of results.
    waiting = [thunk.kind for thunk in program.all() if thunk.waits]
    assert sorted(waiting) == ["kConditional", *3 * ["kWhile"]]


@pytest.mark.parametrize(
    ("form", "optimizer", "most"),
    [
        ("moments", "adam", 3),
        ("at_once", "sgd", 3),  # two products, and the step
        ("at_once", "adam", 4),
        ("in_order", "sgd", 4),  # and the loop over the examples
    ],
)
def test_a_step_is_few_kernels_and_waits_for_nobody(form, optimizer, most, tmp_path):
    def take(state, hyperparams, examples, config, number):
        return advance(state, number, hyperparams, examples, config, CYCLE)

    steps = steps_in(launched(*of_neurons(take, BLOCK[form], form, optimizer=optimizer), tmp_path))
    kernels = kernels_of(steps)
    assert len([threads for threads in kernels if threads > 1]) <= most
    # The others are of one thread: they count the turns, and take adam's powers.
    assert kernels.count(1) <= (1 if optimizer == "sgd" else 3)
    passes = [thunk for thunk in steps.inner if thunk.turns]
    assert [kernels_of(loop)[1:] for loop in passes] == ([[1]] if form == "in_order" else [])


def test_steps_that_are_kept_wait_for_nobody(tmp_path):
    """As where a neuron is followed, and where it is found when neurons diverged."""
    config, arrays = some_neurons(2**16)
    steps_in(launched(partial(take_some_steps, config, CYCLE), arrays, tmp_path))
    # No product is fused with a sum, here or by what assembles the kernel: a neuron's bits do not depend on
    # what else is in it.
    kernels = "".join(kernel.read_text("utf-8") for kernel in tmp_path.glob("*.ptx"))
    arithmetic = set(re.findall(r"(?:add|sub|mul|fma|mad)\.(?:[a-z]+\.)*f32", kernels))
    assert arithmetic == {"add.rn.f32", "sub.rn.f32", "mul.rn.f32"}


@pytest.mark.parametrize("turn", [walk, fly])
def test_by_jumps_a_turn_waits_for_nobody(turn, tmp_path):
    def take(state, *shared):
        return turn(init_jumps(state), *shared).train

    with jax.enable_x64(True):
        program = launched(*of_neurons(take, 2**16, method="jumps", precision="float64"), tmp_path)
    loops = [thunk.turns for thunk in program.all() if thunk.kind == "kWhile"]
    assert loops == ([WALK] if turn is walk else [*2 * [MOST_BITS / BITS_A_TURN], FEW_STEPS])
    assert not [thunk for thunk in program.all() if thunk.waits]


def test_summaries_are_found_without_a_loop(tmp_path):
    program, function, arrays = chunk_of()
    bounds, shape = arrays[0], (*program.chunking.tile, program.chunking.block)
    trained = jax.eval_shape(function, *arrays)
    lowest = summaries.Lowest(np.zeros(len(program.bins.loss) - 1, np.int32), program.bins.step[:-1])
    with jax.enable_x64(True):
        found = launched(
            lambda *arrays: summaries._summarise(shape, *arrays),
            (trained, lowest, bounds.num_replicates),
            tmp_path,
        )
    assert not [thunk for thunk in found.all() if thunk.inner]


def test_what_a_loop_of_an_unknown_number_of_turns_launches_waits(tmp_path):
    """The reader sees what the other tests ask it for."""

    def loops(values, number):
        def turn(carry):
            values = jax.lax.fori_loop(0, 5, lambda i, values: values * 2 + i, carry[1])
            return values[0] < number, values

        return jax.lax.while_loop(lambda carry: carry[0], turn, (number > 0, values))[1]

    program = launched(loops, (np.ones(1000, np.float32), np.int32(3)), tmp_path)
    (outer,) = (thunk for thunk in program.inner if thunk.inner)
    (inner,) = (thunk for thunk in outer.inner if thunk.inner)
    assert (outer.turns, outer.waits, inner.turns, inner.waits) == (None, True, 5, False)
    assert max(kernels_of(inner)) >= 1000 / 4
