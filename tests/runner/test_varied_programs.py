"""Programs that share what is on a device have the bits of programs of their own."""

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.runner.program import Program

RATES = jn.Log(0.01, 1.0, num=6)
DATA = {"x": [0.5, 1.0, 2.0], "y": [1.0, 1.5, 2.5]}


def study(rates=RATES, **training):
    return jn.Study(
        data=DATA,
        neuron={"init_weight": 0.5},
        training={"num_steps": 30} | training,
        sweep={"learning_rate": rates, "replicates": 2},
    )


@pytest.mark.parametrize(
    "other",
    [
        study(rates=jn.Log(0.02, 2.0, num=6)),
        study(precision="float64"),
        study(gradient="autodiff"),
        study(optimizer="momentum"),
    ],
    ids=["rates", "precision", "gradient", "optimizer"],
)
def test_a_varied_program_trains_as_one_of_its_own(other):
    first = Program(study())
    first.train_chunk(0)
    records = first.varied(other).train_records(0, ["fate", "final_loss", "period"])
    assert records.keys() == {"fate", "final_loss"}
    alone = Program(other).train_chunk(0)
    lowest = records["final_loss"].min(-1)
    assert lowest.dtype == other.training.precision
    np.testing.assert_array_equal(lowest, alone.cells["final_loss_min"])
    counts = np.stack([(records["fate"] == fate).sum(-1) for fate in jn.Fate], -1)
    np.testing.assert_array_equal(counts, alone.cells["fate_count"])
