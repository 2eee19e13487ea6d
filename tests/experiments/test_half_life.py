"""The half-life's experiment in small: as the large to 5 standard errors; its measures on made-up deaths."""

import numpy as np
import pandas as pd
import pytest

import jaxneuron as jn
from experiments.half_life.decay import (
    Decay,
    decay_of,
    drift_of,
    end_of_quiet,
    exponential_of,
    half_life_of,
    half_lives_beyond_end,
    hazard_of,
)
from experiments.half_life.figures import draw, draw_variations
from experiments.half_life.tables import cells_frame, hazards_frame, scaled_table, variations_frame
from experiments.half_life.theory import LIMIT_OF_MANY_EXAMPLES, limit_at_optimum
from experiments.half_life.variations import VARIATIONS, Variation, varied
from jaxneuron.population.histograms import make_bins
from jaxneuron.study.data import load
from jaxneuron.study.study import resolved
from tests.experiments.small import EXPERIMENTS, check_alike, check_drawn, small_study

pytestmark = pytest.mark.thorough
RATES = [2.0, 3.2, 3.5]
CELLS = ["by_fate", "deaths", "at_optimum"]
FATES = ["converged", "died", "unsettled"]


@pytest.fixture(scope="module")
def decay(tmp_path_factory):
    teacher = resolved(small_study("half_life/study"))["data"]["teacher"] | {"num_datasets": 8}
    few = {"learning_rate": RATES, "replicates": 128}
    study = small_study("half_life/study", data={"teacher": teacher}, sweep=few)
    return decay_of(jn.sweep(study, tmp_path_factory.mktemp("half_life") / "run.zarr"))


def made_up(deaths, neurons, converged=0, num_steps=2000) -> Decay:
    """One cell, beyond its limit, whose neurons died at the given steps."""
    edges = make_bins(1.0, num_steps).step
    counts = np.histogram(deaths[deaths <= num_steps], edges)[0][None, None]
    died = counts.sum()
    by_fate = np.array([[[0, 0, died, converged, neurons - died - converged]]])
    return Decay(np.array([3.0]), np.array([2.0]), by_fate, counts, edges, np.zeros((1, 1), int))


def test_fates_are_those_of_the_large_run(decay):
    table = pd.read_csv(EXPERIMENTS / "half_life" / "results" / "half_life.csv")
    table = table[(table.dataset < 8) & table.learning_rate.isin(RATES)]
    np.testing.assert_allclose(np.asarray(table.limit).reshape(8, 3)[:, 0], decay.limit, atol=1e-4)
    large = np.asarray(table[FATES]).reshape(8, 3, 3)
    small = decay.by_fate[..., [jn.Fate[name] for name in FATES]]
    check_alike(large, small)


def test_none_stays_at_the_optimum_beyond_its_limit_and_most_do_below(decay):
    assert (decay.at_optimum[decay.scaled > 1] == 0).all()
    assert (decay.at_optimum[decay.scaled < 0.97] > 0.6 * 128).all()
    assert (decay.by_fate[..., jn.Fate.diverged] == 0).all()
    # At a rate of 3.5 four in five of those that move have died where the limit is below 2.
    below = decay.limit < 2
    assert (decay.by_fate[below, 2, jn.Fate.died] > 0.6 * 128).all()


def test_the_limit_of_many_examples():
    rng = np.random.default_rng(1)
    x, u = rng.normal(size=(400_000, 3)), np.array([0.6, 0.0, 0.8])
    curvature = 0.5 * (x @ u + 1) ** 2 * (x @ u > 0)  # along (u, 1)/√2
    standard_error = curvature.std() / np.sqrt(len(x)) * LIMIT_OF_MANY_EXAMPLES / curvature.mean()
    assert abs(limit_at_optimum(x, np.maximum(x @ u, 0)) - LIMIT_OF_MANY_EXAMPLES) < 5 * standard_error


def test_a_made_up_exponential_is_found():
    chance, rng = 0.002, np.random.default_rng(2)
    decay = made_up(rng.geometric(chance, 30_000), 40_000, converged=10_000)
    found = half_life_of(decay, decay.moving)
    half = np.log(2) / -np.log1p(-chance)
    assert abs(found.half_life[0, 0] / half - 1) < 5 / np.sqrt(found.deaths[0, 0])
    edges, hazard = hazard_of(decay, np.array([[True]]))
    deaths = np.histogram(np.repeat(decay.edges[:-1], decay.deaths[0, 0]), edges)[0]
    seen = deaths > 30
    assert seen.sum() > 10
    assert (abs(hazard.hazard[seen] / chance - 1) < 5 / np.sqrt(deaths[seen])).all()
    assert abs(drift_of(decay, 500)[0] - 1) < 0.1
    # With those that converged, which cannot die, it is none.
    assert exponential_of(decay, decay.moving, 100).refused_at_1.number == 0
    assert exponential_of(decay, decay.neurons, 100).refused_at_1.number == 1
    assert end_of_quiet(decay) == [1.5]
    assert len(half_lives_beyond_end(decay)) == 0  # there is no other rate
    faster = decay._replace(
        rate=np.array([3.0, 3.3]), **{k: np.repeat(getattr(decay, k), 2, 1) for k in CELLS}
    )
    assert abs(half_lives_beyond_end(faster) / half - 1) < 5 / np.sqrt(found.deaths[0, 0])


def test_two_half_lives_are_distinguished_from_one():
    rng = np.random.default_rng(3)
    deaths = np.append(rng.geometric(0.01, 2000), rng.geometric(0.001, 2000))
    decay = made_up(deaths, 4000)
    assert exponential_of(decay, decay.moving, 200).refused_at_1.number == 1
    assert drift_of(decay, 500)[0] < 0.9


def test_what_is_varied():
    study = varied(small_study("half_life/variation"), 2, 50)
    assert (len(load(study.data)), load(study.data)[0].x.shape) == (16, (50, 2))
    assert study.neuron.init_weight == jn.Normal(0.0, 1.0)


def test_figures_and_tables_are_made(decay, tmp_path):
    check_drawn(draw, decay, path=tmp_path)
    found = [Variation(*size, decay) for size in VARIATIONS]
    check_drawn(draw_variations, decay, found, path=tmp_path)
    assert scaled_table(decay).row_count > 3
    assert len(cells_frame(decay)) == 24
    assert set(hazards_frame(decay, 7).dataset) == {"7", "all"}
    assert len(variations_frame(found)) == 8 * len(VARIATIONS)
