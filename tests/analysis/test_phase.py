"""The phase diagram: its shares, its axes, its limit of stability."""

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.phase import phase_diagram
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import save
from jaxneuron.view.plots.phase import draw_phase_diagram
from tests.studies import DATA, REPLICATES


def test_a_grid_has_the_shares_of_its_cells(run_of):
    run = run_of("grid")
    diagram = phase_diagram(run)
    assert [axis.name for axis in diagram.axes] == ["learning_rate", "init_bias"]
    assert [axis.is_log for axis in diagram.axes] == [True, False]
    for fate in Fate:
        np.testing.assert_array_equal(diagram.shares[fate].value, run.fate_share.sel(fate=fate.name))
    np.testing.assert_array_equal(diagram.loss.value, run.final_loss())
    # Trained weight and bias on x in [−1, 1]: the Hessian is diagonal, with mean 1 and mean x².
    assert diagram.stability_limit == pytest.approx(2.0)


def test_more_than_two_axes_are_pooled_or_held(run_of):
    run = run_of("three axes")
    diagram = phase_diagram(run)
    assert [axis.name for axis in diagram.axes] == ["learning_rate", "momentum"]
    assert diagram.remark == "pooled over initial bias"
    assert diagram.stability_limit is None
    pooled = run.cells.fate_count.sum("init_bias") / (5 * REPLICATES)
    held = phase_diagram(run, ["init_bias", "learning_rate"], at={"momentum": 0.5})
    assert held.remark == "at momentum = 0.5"
    for fate in Fate:
        want = pooled.sel(fate=fate.name).transpose("learning_rate", "momentum")
        np.testing.assert_allclose(diagram.shares[fate].value, want)
        want = run.fate_share.sel(fate=fate.name).isel(momentum=1).transpose("init_bias", "learning_rate")
        np.testing.assert_allclose(held.shares[fate].value, want)


@pytest.mark.parametrize(("training", "decay"), [({"batch_size": 4}, None), ({}, 0.01)])
@pytest.mark.thorough
def test_plain_gradient_descent_alone_has_a_stability_limit(training, decay, tmp_path):
    sweep = {"learning_rate": [0.1, 1.0], "weight_decay": decay}
    study = jn.Study(data=DATA, training={"num_steps": 5} | training, sweep=sweep)
    diagram = phase_diagram(jn.sweep(study, tmp_path / "run.zarr"))
    assert diagram.stability_limit is None


def test_all_may_have_diverged(run_of):
    run = run_of("all diverged")
    diagram = phase_diagram(run)
    assert (diagram.shares[Fate.diverged].value == 1).all()
    assert np.isinf(diagram.loss.value).all()
    assert np.isinf(run.best().final_loss).all()
    assert run.num_as_good() == 0


def test_edges_lie_halfway_on_the_axis_s_own_scale():
    linear = MapAxis("a", "a", np.array([0.0, 1.0, 3.0]), False)
    np.testing.assert_allclose(linear.edges, [-0.5, 0.5, 2.0, 4.0])
    logarithmic = MapAxis("a", "a", np.array([0.1, 1.0, 10.0]), True)
    np.testing.assert_allclose(logarithmic.edges, 10.0 ** np.array([-1.5, -0.5, 0.5, 1.5]))


def test_each_fate_has_a_colour_of_its_own():
    assert len({FATE_COLOURS[fate] for fate in Fate}) == 5


def test_the_stability_line_is_drawn_among_points_too(run_of):
    maps = draw_phase_diagram(phase_diagram(run_of("points"))).axes[:6]
    assert [line.get_xdata()[0] for axes in maps for line in axes.lines] == [pytest.approx(2.0)] * 6


@pytest.mark.thorough
def test_points_are_not_said_to_be_pooled(tmp_path):
    ranges = {"learning_rate": jn.LogUniform(0.01, 10.0), "init_bias": jn.Uniform(-1.0, 1.0)}
    sweep = ranges | {"momentum": jn.Uniform(0.0, 0.9), "points": {"sobol": 4}, "replicates": 6}
    study = jn.Study(data=DATA, training={"num_steps": 40, "optimizer": "momentum"}, sweep=sweep)
    diagram = phase_diagram(jn.sweep(study, tmp_path / "run.zarr"))
    save(draw_phase_diagram(diagram), tmp_path / "figure.svg")
    assert diagram.shares[Fate.died].value.shape == (4,)
    # An SVG says its text in comments, whole.
    drawn = (tmp_path / "figure.svg").read_text()
    assert "points differ too in initial bias" in drawn
    assert "pooled" not in drawn
