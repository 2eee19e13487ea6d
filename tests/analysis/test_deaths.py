"""Deaths: shares with intervals, the cumulative incidence of death, and what makes the difference."""

import json

import numpy as np
import pytest
from scipy.stats import norm

import jaxneuron as jn
from jaxneuron.analysis.axes import shown_values
from jaxneuron.analysis.deaths import Contrast, as_values, deaths
from jaxneuron.analysis.half_life import half_life
from jaxneuron.analysis.incidence import hazard
from jaxneuron.analysis.intervals import share_of
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.bad_input import BadInput
from jaxneuron.view.terminal.death_tables import SHOWN_VALUES, deaths_table
from tests.studies import all_but_few_thorough

NUM_STEPS, REPLICATES = 400, 40
X = np.linspace(-1, 1, 16)
DATA = {"x": X, "y": np.maximum(0, X + 0.2)}


def study(num_steps=NUM_STEPS, **sweep):
    return jn.Study(
        data=DATA,
        training={"num_steps": num_steps},
        sweep={"replicates": REPLICATES, "records": "neurons"} | sweep,
    )


@pytest.fixture(scope="module", params=all_but_few_thorough([20, 3 * REPLICATES], [3 * REPLICATES]))
def run(request, tmp_path_factory):
    """A run whose cells are themselves in parts, or lie in many parts."""
    swept = study(
        init_bias=jn.Linear(-1.0, 1.0, 5), learning_rate=jn.Log(0.05, 40.0, 6), chunk_size=request.param
    )
    return jn.sweep(swept, tmp_path_factory.mktemp("deaths") / "run.zarr")


@pytest.mark.parametrize("along", ["learning_rate", "init_bias"])
def test_deaths_are_those_of_the_neurons(run, along):
    found = deaths(run, along)

    pooled = [dim for dim in run.neurons.fate.dims if dim != along]
    fate, step = (run.neurons[name].stack(neuron=pooled).values for name in ("fate", "death_step"))
    assert found.axis.values.tolist() == run.cells[along].values.tolist()
    assert (found.neurons == fate.shape[1]).all()
    for share, fates in (
        (found.fate(Fate.born_dead), [1]),
        (found.fate(Fate.died), [2]),
        (found.dead, [1, 2]),
    ):
        np.testing.assert_array_equal(share.number, np.isin(fate, fates).sum(1))
        np.testing.assert_array_equal(share.share, np.isin(fate, fates).mean(1))
        assert (share.low <= share.share).all()
        assert (share.share <= share.high).all()
    for i, last in enumerate(found.step):
        by_then = ((step >= 0) & (step <= last)).sum(1)
        np.testing.assert_array_equal(found.incidence.number[:, i], by_then)
    np.testing.assert_array_equal(found.incidence.number[:, 0], found.fate(Fate.born_dead).number)
    np.testing.assert_array_equal(found.incidence.number[:, -1], found.dead.number)
    assert (found.step[0], found.step[-1]) == (0, NUM_STEPS)
    assert fate.size / 10 < found.fate(Fate.died).number.sum() < fate.size / 2  # or little was tried


def test_hazards_and_half_lives_are_those_of_the_neurons(run):
    first, last = 2, 100
    found = deaths(run, "learning_rate", (first, last))
    edges = np.append(0, found.step + 1)
    neurons = run.neurons[["fate", "death_step", "diverge_step"]]
    neurons = neurons.transpose("learning_rate", "init_bias", "replicate")

    def counts(over):
        """(deaths, divergences, neurons) by step, over the first dims."""
        steps = [neurons[f"{name}_step"].values.reshape(np.prod(over), -1) for name in ("death", "diverge")]
        by_step = [np.array([np.histogram(row[row >= 0], edges)[0] for row in rows]) for rows in steps]
        return *by_step, np.full(*steps[0].shape)

    along = counts((6,))
    for name, value in hazard(*along, edges)._asdict().items():
        np.testing.assert_array_equal(getattr(found.hazard, name), value)
    for part, over in ((found.half_life, (6,)), (found.half_lives.half_life, (6, 5))):
        want = half_life(*counts(over), edges, first, last)
        np.testing.assert_array_equal(part.deaths, want.deaths.reshape(over))
        np.testing.assert_allclose(part.half_life, want.half_life.reshape(over))
    assert [axis.name for axis in found.half_lives.axes] == ["learning_rate", "init_bias"]
    assert (found.half_life.first_step, found.half_life.last_step) == (2, 97)
    assert found.half_life.deaths.sum() > 50
    by_fate = [[int((rate == fate).sum()) for fate in Fate] for rate in neurons.fate]
    np.testing.assert_array_equal(found.by_fate.number, by_fate)
    np.testing.assert_array_equal(found.absorbed.number, found.dead.number)


@pytest.mark.parametrize("phase", [(5, 4), (100, 101), (500, 900)])
def test_a_phase_that_holds_nothing(run, phase):
    with pytest.raises(BadInput, match=rf"phase: is {phase[0]} to {phase[1]}, which holds no whole bin"):
        deaths(run, phase=phase)


def test_the_phase_is_all_but_the_first_tenth_if_none_is_asked_for(run):
    found = deaths(run)
    starts = run.cells.death_step_bin.values
    assert found.half_life.first_step == starts[starts >= NUM_STEPS // 10][0]
    assert found.half_life.last_step == NUM_STEPS


def test_json_has_neither_infinity_nor_nan(run):
    found = deaths(run, "init_bias", (2, 100))
    assert np.isinf(found.half_lives.half_life.half_life).any()
    plain = as_values(found)
    again = json.loads(json.dumps(plain, allow_nan=False))
    assert again.keys() == plain.keys()
    assert plain["half_lives"]["half_life"][0][0] is None
    assert plain["half_life"]["deaths"] == found.half_life.deaths.tolist()


def test_what_makes_the_difference(run):
    shares = run.fate_share.sel(fate=["born_dead", "died"]).sum("fate")
    contrasts = {contrast.name: contrast for contrast in deaths(run).contrasts}
    assert set(contrasts) == {"init_bias", "learning_rate"}
    for name, contrast in contrasts.items():
        marginal = shares.mean([dim for dim in shares.dims if dim != name])
        np.testing.assert_allclose(contrast.fewest.share, marginal.min())
        np.testing.assert_allclose(contrast.most.share, marginal.max())
        assert contrast.fewest_at == marginal[name][np.argmin(marginal.values)]
        assert contrast.most_at == marginal[name][np.argmax(marginal.values)]
        assert contrast.halves == (2 * marginal.min() <= marginal.max())
        assert contrast.difference[1] <= marginal.max() - marginal.min() <= contrast.difference[2]
    assert contrasts["learning_rate"].most_at > 2  # beyond the stability limit neurons die


@pytest.mark.parametrize(("fewest", "halves"), [(0, True), (4, True), (5, False), (8, False)])
def test_half_as_many_are_dead_or_not(fewest, halves):
    few, many = share_of(np.int64(fewest), np.int64(100)), share_of(np.int64(8), np.int64(100))
    assert Contrast("momentum", "momentum", 2, 0.0, few, 0.9, many, (0.0, 0.0, 0.0)).halves is halves


def test_an_activation_with_a_slope_kills_nobody(run_of):
    found = deaths(run_of("nobody can die"))
    assert not found.can_die
    assert found.dead.number.sum() == found.absorbed.number.sum() == 0
    assert not found.contrasts[0].halves
    assert "no neuron can die" in deaths_table(found).caption


@pytest.mark.thorough
def test_the_share_born_dead_is_known(tmp_path):
    # Theory: with w ~ N(0, 1) on [−1, 1] and b₀ < 0, it is Φ(|b₀|) − Φ(−|b₀|).
    biases = np.array([-1.5, -0.5, -0.1, 0.0, 0.5])
    swept = study(1, learning_rate=0.1, init_bias=biases.tolist(), replicates=20_000, records="cells")
    found = deaths(jn.sweep(swept, tmp_path / "run.zarr"))
    expected = np.where(biases < 0, norm.cdf(-biases) - norm.cdf(biases), 0)
    error = np.sqrt(expected * (1 - expected) / 20_000)
    assert (abs(found.fate(Fate.born_dead).share - expected) <= 5 * error).all()
    assert found.axis.name == "init_bias"


def test_without_an_axis_all_neurons_are_one(run_of):
    found = deaths(run_of("no axis"))
    assert (found.axis, found.contrasts, found.neurons.tolist()) == (None, (), [8])
    assert (found.half_lives.axes, found.half_life.deaths.shape) == ((), (1,))
    run = run_of("points")
    found = deaths(run)
    # Of points each bin holds as many.
    assert (found.axis.name, found.neurons.tolist()) == ("learning_rate", [8 * 8] * 8)
    rate, counts = run.cells.learning_rate.values, run.cells.fate_count.values
    order = np.argsort(rate).reshape(8, 8)
    np.testing.assert_array_equal(found.by_fate.number, counts[order].sum(1))
    assert found.axis.names[0] == f"{rate.min():.3g} to {np.sort(rate)[7]:.3g}"
    assert {contrast.name for contrast in found.contrasts} == {*run.design.coordinates}
    assert found.dead.number.sum() == np.isin(run.neurons.fate, [1, 2]).sum()
    with pytest.raises(BadInput, match="has no axis 'momentum'; known: learning_rate"):
        deaths(run, "momentum")


@pytest.mark.thorough
def test_data_sets_are_pooled(run_of):
    run = run_of("data sets")
    found = deaths(run)
    assert (found.axis.name, found.neurons.tolist()) == ("learning_rate", [24, 24, 24])
    assert [contrast.name for contrast in found.contrasts] == ["learning_rate"]
    dead = np.isin(run.neurons.fate, [1, 2]).sum((0, 2))
    assert found.dead.number.tolist() == dead.tolist()


def test_values_that_are_shown():
    assert shown_values(5, SHOWN_VALUES).tolist() == [0, 1, 2, 3, 4]
    many = shown_values(256, SHOWN_VALUES)
    assert (len(many), many[0], many[-1]) == (SHOWN_VALUES, 0, 255)
