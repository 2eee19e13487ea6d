"""Eight decades in small: small learning rates follow the gradient flow, and in the end all is decided."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import jaxneuron as jn
from experiments.eight_decades import cost
from experiments.eight_decades.at_time import train_to_time
from experiments.eight_decades.diagram import diagram_of, draw, table_of
from experiments.studies import with_settings
from jaxneuron.study.data import load
from tests.experiments.small import check_drawn, small_study

TIME = 2.0
# The programs of tests/runner/test_jumps.py and tests/view/test_by_jumps.py serve these studies too.
SMALL = {
    "learning_rate": [1e-8, 1e-5, 1.0],
    "init_bias": [-0.5, 0.5, 1.5, 3.0],
    "replicates": 8,
    "chunk_size": 8,
}


@pytest.fixture(scope="module")
def study():
    start = {"init_weight": {"normal": [0.7, 1e-12]}}
    return small_study("eight_decades/study", sweep=SMALL, neuron=start)


@pytest.fixture(scope="module")
def in_the_end(study, tmp_path_factory):
    return jn.sweep(study, tmp_path_factory.mktemp("end") / "run.zarr")


def loss_on_the_flow(study, bias):
    """Where the gradient flow has come to after the time."""
    (data,) = load(study.data)
    x, y = data.x[:, 0], data.y

    def flow(_, params):
        z = params[0] * x + params[1]
        error = np.where(z > 0, z - y, 0)
        return -np.mean(error * x), -np.mean(error)

    path = solve_ivp(flow, (0, TIME), (0.7, bias), rtol=1e-10, atol=1e-10, max_step=1e-2)
    weight, bias = path.y[:, -1]
    return 0.5 * np.mean((np.maximum(weight * x + bias, 0) - y) ** 2)


def check_flow(study, losses):
    """Losses at 1e-8 and 1e-5, [rates, biases], are those of the flow."""
    for column, bias in enumerate(SMALL["init_bias"]):
        known = loss_on_the_flow(study, bias)
        for row, rate in ((0, 1e-8), (1, 1e-5)):
            # Euler's method lags behind the flow by a multiple of its step.
            assert losses[row, column] == pytest.approx(known, rel=1e-6 + 10 * rate)


@pytest.mark.thorough
def test_every_rate_is_trained_to_the_same_time(study):
    many = with_settings(study, sweep={"replicates": 16})  # 64 neurons a rate, as in the gallery of a report
    at_time = train_to_time(many, TIME)
    check_flow(study, at_time.median_loss)
    assert (at_time.fate_count.sum(-1) == 16).all()
    np.testing.assert_array_equal(at_time.learning_rate, SMALL["learning_rate"])
    np.testing.assert_array_equal(at_time.init_bias, SMALL["init_bias"])


@pytest.mark.thorough
def test_in_the_end_all_are_decided(in_the_end):
    assert int(in_the_end.cells.undecided_count.sum()) == 0
    diagram = diagram_of(in_the_end)
    assert diagram.fate_count.sum() == 96
    assert (diagram.fate_count[..., jn.Fate.converged] == 8).all()
    np.testing.assert_allclose(diagram.median_loss, diagram.median_loss[0, 0], rtol=0.2)


@pytest.mark.thorough
def test_the_table_and_the_picture_are_made(in_the_end, tmp_path):
    diagram = diagram_of(in_the_end)
    assert table_of(diagram, diagram).row_count == 9
    check_drawn(draw, diagram, diagram, TIME, path=tmp_path)


def test_costs_have_a_row_for_each_number_of_steps():
    table = cost.table_of({50: cost.Cost(2.0, 1.0, 0.5, 3, 4), 10**7: cost.Cost(3.0, None, None, None, 5)})
    rows = zip(*(column.cells for column in table.columns), strict=True)
    assert list(rows) == [
        ("50", "2.000", "1", "0.5", "50.000%", "3", "4"),
        ("10,000,000", "3.000", "", "", "", "", "5"),
    ]


@pytest.mark.thorough
def test_costs_are_measured_in_turns_and_compared():
    costs = cost.measure({50: (1e-2, 0.3), 10**7: (1e-7, 1e-5)}, num_neurons=64, rounds=2)
    few, many = costs.values()
    assert (few.within, few.fates_differ) == (1.0, 0)
    assert min(few.jumps, few.steps, many.jumps) > 0
    assert many.steps is None  # they would take too long
    assert cost.table_of(costs).row_count == 2
