"""What a GPU launches for a chunk of neurons, of all that trains and summarises it.

Compiled on any machine, in CI by a job of its own: tests/README.md says how.
"""

import dataclasses
import importlib.util
from functools import partial

import jax
import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.population import summaries, train
from jaxneuron.population.blocks import CYCLE
from jaxneuron.population.jumps import FLIGHTS, WALKS
from jaxneuron.population.place import bounds_of, layout_of
from jaxneuron.runner.examples import examples_of
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
    layout, start = layout_of(program.design, program.chunking), program._inputs_on(None)[0]
    assert layout.chunk_size == 2**22
    number = train.as_number(1000, config)
    return program, partial(train._train, config, layout, True), (bounds, start, examples, number)


def kernels_of(thunk: Thunk) -> list[int]:
    """The threads of each kernel that is launched in a turn, beside loops in it."""
    return [inner.threads for inner in thunk.inner if inner.threads]


@pytest.mark.parametrize(
    ("form", "optimizer", "most"),
    [
        ("moments", "sgd", 2),  # the row of the table, and the step
        ("moments", "adam", 3),
        ("at_once", "sgd", 3),  # two products, and the step
        ("at_once", "adam", 4),
        ("in_order", "sgd", 4),  # and the loop over the examples
    ],
)
def test_a_step_is_few_kernels_and_waits_for_nobody(form, optimizer, most, tmp_path):
    _, function, arrays = chunk_of(form, optimizer=optimizer)
    program = launched(function, arrays, tmp_path)
    loops = [thunk for thunk in program.all() if thunk.turns == CYCLE]
    assert len(loops) == 1, "the steps of a cycle are not counted when they are compiled"
    (steps,) = loops
    assert not [thunk for thunk in steps.all() if thunk.waits]
    kernels = kernels_of(steps)
    assert len([threads for threads in kernels if threads > 1]) <= most
    # The others are of one thread: they count the turns, and what adam makes of its count.
    assert kernels.count(1) <= (1 if optimizer == "sgd" else 4)
    passes = [thunk for thunk in steps.inner if thunk.turns]
    assert [kernels_of(loop)[1:] for loop in passes] == ([[1]] if form == "in_order" else [])
    # The host is asked once a cycle for each block, for the queue, and whether it is shortened; and once for
    # each block of results.
    waiting = [thunk.kind for thunk in program.all() if thunk.waits]
    assert sorted(waiting) == ["kConditional", *3 * ["kWhile"]]


def test_by_jumps_a_walk_waits_for_nobody(tmp_path):
    """A flight does: it searches for as long as it takes, and how long that is the host is told."""
    with jax.enable_x64(True):
        _, function, arrays = chunk_of(method="jumps", precision="float64")
        program = launched(function, arrays, tmp_path)
    (walks,), (flights,) = ([t for t in program.all() if t.turns == turns] for turns in (WALKS, FLIGHTS))
    assert not [thunk for thunk in walks.all() if thunk.waits]
    assert len([thunk for thunk in flights.all() if thunk.waits]) <= 3


def test_summaries_are_found_without_a_loop(tmp_path):
    program, function, arrays = chunk_of()
    bounds, shape = arrays[0], (*program.chunking.tile, program.chunking.block)
    trained = jax.eval_shape(function, *arrays)
    lowest = summaries.Lowest(np.zeros(len(program.bins.loss) - 1, np.int32), program.bins.step[:-1])
    with jax.enable_x64(True):
        found = launched(
            lambda *arrays: summaries._summarise(*arrays, shape),
            (trained, lowest, bounds.num_replicates),
            tmp_path,
        )
    assert not [thunk for thunk in found.all() if thunk.inner]


def test_what_a_loop_of_an_unknown_number_of_turns_launches_waits(tmp_path):
    """The reader sees what the other tests ask it for."""

    def loops(values, number):
        def turn(i, values):
            return jax.lax.fori_loop(0, 5, lambda j, values: values * 2 + j, values) + i

        return jax.lax.fori_loop(0, number, turn, values)

    program = launched(loops, (np.ones(1000, np.float32), np.int32(3)), tmp_path)
    (outer,) = (thunk for thunk in program.inner if thunk.inner)
    (inner,) = (thunk for thunk in outer.inner if thunk.inner)
    assert (outer.turns, outer.waits, inner.turns, inner.waits) == (None, True, 5, False)
    assert max(kernels_of(inner)) >= 1000 / 4
