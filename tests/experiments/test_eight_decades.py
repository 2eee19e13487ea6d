"""Eight decades in small: small learning rates follow the gradient flow, and in the end all is decided."""

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import experiments.eight_decades
import jaxneuron as jn
from experiments.eight_decades import cost
from experiments.eight_decades.at_time import train_to_time
from experiments.eight_decades.diagram import diagram_of, draw, table_of
from experiments.studies import with_settings
from jaxneuron.study.data import load

FOLDER = Path(experiments.eight_decades.__file__).parent
TIME = 2.0
SMALL = {
    "learning_rate": [1e-8, 1e-5, 1.0],
    "init_bias": [-0.5, 0.5, 3.0],
    "replicates": 2,
}


@pytest.fixture(scope="module")
def study():
    study = jn.read_study(FOLDER / "study.toml")
    return with_settings(study, sweep=SMALL, neuron={"init_weight": 0.7})


@pytest.fixture(scope="module")
def at_time(study):
    return train_to_time(study, TIME)


def test_small_steps_follow_the_gradient_flow(study, at_time):
    (data,) = load(study.data)
    x, y = data.x[:, 0], data.y

    def loss(params):
        return 0.5 * np.mean((np.maximum(params[0] * x + params[1], 0) - y) ** 2)

    def flow(_, params):
        z = params[0] * x + params[1]
        error = np.where(z > 0, z - y, 0)
        return -np.mean(error * x), -np.mean(error)

    for column, bias in enumerate(SMALL["init_bias"]):
        path = solve_ivp(flow, (0, TIME), (0.7, bias), rtol=1e-10, atol=1e-10, max_step=1e-2)
        for row, rate in ((0, 1e-8), (1, 1e-5)):
            # Euler's method lags behind the flow by a multiple of its step.
            known = loss(path.y[:, -1])
            assert at_time.median_loss[row, column] == pytest.approx(known, rel=1e-6 + 10 * rate)


def test_in_the_end_all_are_decided(study, tmp_path):
    run = jn.sweep(study, tmp_path / "run.zarr")
    assert int(run.cells.undecided_count.sum()) == 0
    in_the_end = diagram_of(run)
    assert in_the_end.fate_count.sum() == 18
    assert (in_the_end.fate_count[..., jn.Fate.converged] == 2).all()
    np.testing.assert_allclose(in_the_end.median_loss, in_the_end.median_loss[0, 0], rtol=0.2)


def test_the_table_and_the_picture_are_made(study, at_time, tmp_path):
    assert table_of(at_time, at_time).row_count == 9
    draw(at_time, at_time, TIME, tmp_path / "eight_decades.png")
    assert (tmp_path / "eight_decades.png").stat().st_size > 10_000


def test_costs_are_measured_in_turns_and_compared():
    costs = cost.measure({50: (1e-2, 0.3), 10**7: (1e-7, 1e-5)}, num_neurons=64, rounds=2)
    few, many = costs.values()
    assert (few.within, few.fates_differ) == (1.0, 0)
    assert min(few.jumps, few.steps, many.jumps) > 0
    assert many.steps is None  # they would take too long
    assert cost.table_of(costs).row_count == 2
