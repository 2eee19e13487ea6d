"""The activations' experiment in small: as the large to 5 standard errors, and the known share born dead."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from experiments.activations.compare import all_outcomes, born_dead_errors, rows_of
from experiments.activations.figure import draw
from experiments.activations.outcomes import DEAD, OUTCOMES, TRAINED, median_of, responses
from experiments.activations.tables import losses_table, outcomes_table, rates_frame, rows_frame
from experiments.activations.theory import share_born_dead
from tests.experiments.small import EXPERIMENTS, check_alike, check_drawn, small_study

pytestmark = pytest.mark.thorough
PLACES = [4, 11, 17]  # of the large run's 20 rates: two up to the limit, one beyond
REPLICATES = 24
ACTIVATIONS = ("relu", "elu", "gelu")  # each is compiled


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    rates = np.geomspace(0.03, 10.0, 20)[PLACES].tolist()
    few = {"learning_rate": rates, "replicates": REPLICATES, "chunk_size": 1024}
    study = small_study("activations/teacher", sweep=few)
    return all_outcomes(study, tmp_path_factory.mktemp("activations"), "teacher", ACTIVATIONS)


def test_outcomes_are_those_of_the_large_run(found):
    table = pd.read_csv(EXPERIMENTS / "activations" / "results" / "by_rate.csv")
    for one in found:
        of_one = table[(table.data == "teacher") & (table.activation == one.activation)]
        large = np.asarray(of_one[list(OUTCOMES)])[PLACES]
        np.testing.assert_allclose(np.asarray(of_one.learning_rate)[PLACES], one.learning_rate, rtol=1e-5)
        small = np.stack([(one.outcome == i).sum((1, 2)) for i in range(len(OUTCOMES))], axis=-1)
        check_alike(large, small)


def test_relu_is_born_dead_as_is_known_and_nothing_else_dies(found):
    relu, *others = found
    assert (abs(born_dead_errors(relu)) <= 5).all()
    assert relu.born_dead.sum() > 50
    for one in others:
        np.testing.assert_array_equal(one.init_weight, relu.init_weight)
        assert not (one.outcome == DEAD).any()
        assert not one.born_dead.any()


def test_what_relu_loses_elu_trains_and_gelu_does_not(found):
    rows = {row.activation: row for row in rows_of(found, "teacher", 1000) if row.rates == "stable"}
    assert list(rows) == list(ACTIVATIONS)
    assert rows["relu"].rescued.number == 0
    assert rows["elu"].outcomes.share[TRAINED] == 1
    assert rows["gelu"].rescued.high < 0.25 < 0.95 < rows["elu"].rescued.low
    assert rows["elu"].best > 2 * rows["relu"].best


def test_the_share_born_dead_as_published_in_the_theory():
    np.testing.assert_allclose(
        share_born_dead(np.array([-0.5, 0.0, 1.0]), -1, 1), [0.382925, 0, 0], atol=1e-6
    )


def test_responses_are_slopes_and_outputs():
    weight, bias = np.array([[2.0], [-1.0]]), np.array([0.5, -3.0])
    x = np.array([[-1.0], [0.5], [1.0]])
    z = weight @ x.T + bias[:, None]
    slope, mean_square = responses(weight, bias, x, "softplus")
    np.testing.assert_allclose(slope, expit(z).max(-1), rtol=1e-5)
    np.testing.assert_allclose(mean_square, (np.log1p(np.exp(z)) ** 2).mean(-1), rtol=1e-5)
    slope, mean_square = responses(weight, bias, x, "leaky_relu")
    np.testing.assert_allclose(slope, [1.0, 0.01])
    assert mean_square[1] == pytest.approx(np.mean((0.01 * z[1]) ** 2))


def test_a_median_lies_in_its_interval():
    median = median_of(np.random.default_rng(1).exponential(size=10_000))
    assert median.low < median.value < median.high
    assert abs(median.value - np.log(2)) < 5 * 0.01  # 1/(2·density·√n)


def test_the_figure_and_the_tables_are_made(found, tmp_path):
    check_drawn(draw, {"teacher": found}, path=tmp_path)
    rows = rows_of(found, "teacher", 1000)
    assert outcomes_table(rows).row_count == losses_table(rows).row_count == len(rows_frame(rows)) == 6
    assert (rates_frame({"teacher": found})[list(OUTCOMES)].sum(axis=1) == 13 * REPLICATES).all()
