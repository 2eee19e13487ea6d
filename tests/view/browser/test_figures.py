"""Every static figure opens in a real browser, tells what it shows, and reaches for nothing."""

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.view.plots.run_plots import RunPlots
from jaxneuron.view.plots.training_plots import TrainingPlots

pytestmark = pytest.mark.thorough

X = np.linspace(-1, 1, 12)
DATA = {"x": X, "y": np.maximum(0, 2 * X + 0.5)}
OF_RUNS = ("__call__", "map", "curves", "panels", "importance", "incidence", "deaths", "surface")
OF_TRAININGS = ("__call__", "trajectory", "surface")


@pytest.fixture(scope="module")
def plots(tmp_path_factory):
    """The figures of a run of three axes, and of one of its neurons."""
    sweep = {
        "learning_rate": jn.Log(0.05, 5, num=6),
        "init_bias": jn.Linear(-2, 2, num=5),
        "weight_decay": [0.0, 0.1],
        "replicates": 4,
    }
    study = jn.Study(data=DATA, training={"num_steps": 60}, sweep=sweep)
    run = jn.sweep(study, tmp_path_factory.mktemp("figures") / "run.zarr")
    return RunPlots(run), TrainingPlots(jn.train(study, cell=40))


@pytest.mark.parametrize("ending", ["svg", "png"])
@pytest.mark.parametrize(
    ("of", "kind"), [*((0, kind) for kind in OF_RUNS), *((1, kind) for kind in OF_TRAININGS)]
)
def test_a_figure_opens_and_tells_what_it_shows(plots, tmp_path, look_at, of, kind, ending):
    path = tmp_path / f"figure.{ending}"
    figure = getattr(plots[of], kind)(path=path)
    page = look_at(path)
    assert len(figure.description) > 40
    if ending == "svg":
        described = page.evaluate("document.documentElement.textContent")
        assert figure.description in described.replace("\n", " ") or figure.description in described
        width, height = page.evaluate(
            "(({width, height}) => [width, height])(document.documentElement.getBoundingClientRect())"
        )
    else:
        width, height = page.evaluate(
            "(({naturalWidth, naturalHeight}) => [naturalWidth, naturalHeight])(document.images[0])"
        )
    assert min(width, height) > 150
