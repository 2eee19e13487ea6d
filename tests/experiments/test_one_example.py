"""One example's experiment in small: every death step is the one known, shares to 5 standard errors."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.one_example.diagram import SPREAD, compare, draw, table_of
from experiments.one_example.theory import death_step, share_alive
from tests.experiments.small import check_drawn, small_study

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def study():
    return small_study("one_example/study", sweep={"replicates": 300})


@pytest.fixture(scope="module")
def diagram(study, tmp_path_factory):
    return compare(jn.sweep(study, tmp_path_factory.mktemp("one") / "run.zarr"))


def test_every_death_step_is_the_one_known(diagram):
    assert (diagram.num_neurons, diagram.num_diverged, diagram.num_other_steps) == (60_000, 0, 0)
    assert (abs(diagram.errors) <= 5).all()


def test_what_is_known_is_what_stepping_finds():
    rng = np.random.default_rng(1)
    first, target = rng.normal(0, 1.5, 4000), rng.choice([-2.0, -0.3, 0.2, 1.0], 4000)
    kappa = rng.uniform(0.05, 4.0, 4000)
    z, silent_since = first.copy(), np.where(first <= 0, 0, -1)
    for step in range(1, 3000):
        z = np.where(z > 0, z - kappa * (z - target), z)
        silent_since = np.where((silent_since < 0) & (z <= 0), step, silent_since)
    decided = abs(kappa - 2) > 0.01  # at 2 swings neither grow nor shrink
    np.testing.assert_array_equal(death_step(first, target, kappa)[decided], silent_since[decided])


def test_shares_as_published_in_the_theory(study):
    assert study.neuron.init_weight.std == SPREAD
    known = share_alive(np.array([1.0, 1.0]), np.array([1.5, 1.9]), SPREAD)
    np.testing.assert_allclose(known, [0.477250, 0.420347], atol=5e-7)


def test_the_figure_and_the_table_are_made(diagram, tmp_path):
    check_drawn(draw, diagram, path=tmp_path)
    assert table_of(diagram).row_count == len(diagram.kappa)
