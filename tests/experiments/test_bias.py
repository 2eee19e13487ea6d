"""The bias's experiment in small: what is found is what is known, to 5 standard errors."""

import numpy as np
import pytest

from experiments.bias.figure import draw
from experiments.bias.shares import examine
from experiments.bias.tables import frame_of, largest_error, table_of
from experiments.bias.theory import born_dead, born_dead_of_drawn, died_untrained
from experiments.bias.variants import sweep_variants
from experiments.bias.worked import work_out, worked_table
from jaxneuron.study.data import load
from tests.experiments.small import check_drawn, small_study

pytestmark = pytest.mark.thorough
STDS = (0.5, 2.0)


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    folder, sets = tmp_path_factory.mktemp("bias"), []
    for name in ("one_sided", "standardised"):
        few = {"replicates": 400, "init_bias": {"linear": [-1.0, 1.0], "num": 5}}
        few["chunk_size"] = 30_000  # one for all, so that less is compiled
        study = small_study(f"bias/{name}", training={"num_steps": 300}, sweep=few)
        sets.append(examine(study, sweep_variants(study, folder, name, STDS), name))
    return sets


def test_shares_are_those_known(sets):
    assert largest_error(sets, "born_dead") <= 5
    assert largest_error(sets, "died_untrained") <= 5
    for found in sets:
        assert np.isfinite(found.biases.born_dead.errors).all()
        assert np.isfinite(found.stds.born_dead.errors).all()
        assert np.isfinite(found.rates.died_untrained.errors).all()
        assert found.num_unlike == found.num_diverged == 0
        # As many neurons with drawn biases as with fixed ones, a bias trained and not.
        assert found.num_neurons == 4 * 30 * 5 * 400


def test_a_trained_bias_kills_where_one_that_is_not_trained_does_not(sets):
    for found in sets:
        rows = found.biases
        half = list(rows.values).index(0.5)
        assert rows.died_trained.low[half] > 0.03 > 0.01 > rows.died_untrained.found.high[half]
    one_sided, standardised = sets
    assert one_sided.rate == pytest.approx(0.7)
    assert standardised.rate == pytest.approx(1.9)
    assert one_sided.first_deaths[0] < one_sided.limits[0] < one_sided.limits[1]


def test_born_dead_is_what_drawing_finds():
    rng, number = np.random.default_rng(0), 400_000
    weight, bias = rng.normal(0, 1.3, number), rng.normal(0, 0.7, number)
    for low, high in ((0.5, 2.0), (-1.2, 0.4), (-2.0, -0.3)):
        for b, known in (
            (0.4, born_dead(np.array(0.4), low, high, 1.3)),
            (-0.4, born_dead(np.array(-0.4), low, high, 1.3)),
            (bias, born_dead_of_drawn(np.array(0.7), low, high, 1.3)),
        ):
            found = (np.maximum(weight * low, weight * high) + b <= 0).mean()
            assert abs(found - known) <= 5 * np.sqrt(known * (1 - known) / number)


def test_who_dies_without_a_bias_is_what_stepping_finds():
    data = load(small_study("bias/one_sided").data)[0]
    x, y, number = data.x[:, 0], data.y, 100_000
    for rate in (0.5, 1.0, 1.3):
        weight = np.random.default_rng(1).normal(size=number)
        is_active = weight > 0
        for _ in range(300):
            gradient = weight * np.mean(x**2) - np.mean(x * y)
            weight = np.where(weight > 0, weight - rate * gradient, weight)
        known = died_untrained(np.array(0.0), np.array(rate), x, y)
        died = (is_active & (weight <= 0)).mean()
        assert abs(died - known) <= 5 * np.sqrt(known * (1 - known) / number)


def test_the_figure_and_the_tables_are_made(sets, tmp_path):
    check_drawn(draw, sets, path=tmp_path)
    assert table_of(sets).row_count == 2 * 5
    assert len(frame_of(sets)) == 2 * (5 + 2 + 30)


def test_the_cases_that_are_worked_out(tmp_path):
    cases = work_out(tmp_path, 20_000)
    np.testing.assert_allclose([case.known for case in cases], [0.382925, 0.274253, 0.25, 0.375], atol=5e-7)
    assert max(abs(case.errors) for case in cases) <= 5
    assert worked_table(cases).row_count == 4
