"""A GPU finds what the CPU finds, and its bits depend on no neighbour: `pytest -m gpu tests/gpu`, where there
is one. Without one the CPU is compared with itself.
"""

import jax
import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.program import Program

pytestmark = pytest.mark.gpu
RNG = np.random.default_rng(4)
X = RNG.normal(size=(60, 3))
Y = np.maximum(X[:, 0] + 0.3, 0) + 0.1 * RNG.normal(size=60)
STUDIES = {
    "moments": {},
    "momentum": {"optimizer": "momentum"},
    "adam": {"optimizer": "adam"},
    "autodiff": {"gradient": "autodiff"},
    "mini-batches": {"batch_size": 8},
    "jumps": {"method": "jumps", "precision": "float64", "num_steps": 10_000},
    "three inputs": {},
}


def study_of(name, chunk_size=2048, num_steps=400):
    """4 096 neurons, some of which diverge."""
    return jn.Study(
        data={"x": X if name == "three inputs" else X[:, :1], "y": Y},
        training={"num_steps": num_steps} | STUDIES[name],
        sweep={
            "learning_rate": jn.Log(0.01, 30.0, 16),
            "init_bias": jn.Linear(-2.0, 2.0, 8),
            "replicates": 32,
            "chunk_size": chunk_size,
            "records": "neurons",
        },
    )


def trained(study, device=None):
    """The records of all neurons [neurons, …], by name, and the counts of all cells, by name."""
    program = Program(study)
    chunks = [program.train_chunk(number, device) for number in range(program.chunking.num_chunks)]

    def joined(parts, num_dims):
        return np.concatenate([part.reshape(-1, *part.shape[num_dims:]) for part in parts])

    neurons = {name: joined([c.neurons[name] for c in chunks], 3) for name in chunks[0].neurons}
    return neurons, {name: joined([c.cells[name] for c in chunks], 2) for name in chunks[0].cells}


@pytest.mark.parametrize("name", STUDIES)
def test_it_finds_what_the_cpu_finds(name):
    study = study_of(name)
    (here, cells), (there, _) = trained(study), trained(study, jax.devices("cpu")[0])
    same = here["fate"] == there["fate"]
    assert same.mean() > 0.99
    at_rest = same & np.isin(here["fate"], [Fate.converged, Fate.born_dead, Fate.died])
    assert at_rest.sum() > 100
    for values in ("final_weight", "final_bias"):
        np.testing.assert_allclose(here[values][at_rest], there[values][at_rest], rtol=1e-2, atol=1e-3)
    # Its summaries are those of its own records.
    by_cell = {name: values.reshape(len(cells["fate_count"]), -1) for name, values in here.items()}
    for fate in Fate:
        np.testing.assert_array_equal(cells["fate_count"][:, fate], (by_cell["fate"] == fate).sum(1))
    np.testing.assert_array_equal(cells["diverge_step_count"].sum(1), (by_cell["diverge_step"] >= 0).sum(1))
    np.testing.assert_array_equal(cells["active_count"], by_cell["num_active"].sum(1))


@pytest.mark.parametrize("name", ["moments", "adam", "jumps"])
def test_its_bits_depend_on_no_chunk(name):
    (one, _), (other, _) = trained(study_of(name)), trained(study_of(name, 512))
    for values in one:
        np.testing.assert_array_equal(one[values], other[values], err_msg=values)


@pytest.mark.parametrize("name", ["moments", "adam"])
def test_its_bits_are_those_of_a_neuron_alone(name):
    """Which is followed until its loss has converged."""
    for cell in (5, 60, 127):
        alone = Program(study_of(name)).follow(cell, 3)
        neurons, _ = trained(study_of(name, num_steps=alone.num_steps))
        for values, found in (("final_weight", alone.weight), ("final_bias", alone.bias)):
            np.testing.assert_array_equal(neurons[values][32 * cell + 3], found)
