"""Every static figure opens in a real browser, tells what it shows, and reaches for nothing."""

import pytest

from jaxneuron.view.plots.run_plots import RunPlots
from jaxneuron.view.plots.training_plots import TrainingPlots

pytestmark = pytest.mark.thorough

OF_RUNS = ("__call__", "map", "curves", "panels", "importance", "incidence", "deaths", "surface")
OF_TRAININGS = ("__call__", "trajectory", "surface")


@pytest.fixture(scope="module")
def plots(run_of, life_of):
    """The figures of a run of three axes, and of one neuron."""
    return RunPlots(run_of("three axes")), TrainingPlots(life_of("plain"))


@pytest.mark.parametrize(
    ("of", "kind", "ending"),
    [
        *((0, kind, "svg") for kind in OF_RUNS),
        *((1, kind, "svg") for kind in OF_TRAININGS),
        (0, "__call__", "png"),
    ],
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
