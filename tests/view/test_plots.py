"""Figures: every kind of every kind of run is drawn, at every width, and says in words what it shows."""

import io
import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from PIL import Image

import jaxneuron as jn
from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.in_words import columns_in_words, printable, shortened
from jaxneuron.analysis.maps import Map, quantity_map
from jaxneuron.analysis.panels import panels
from jaxneuron.analysis.quantities import Quantity
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import Plot, save
from jaxneuron.view.plots.map import draw_map
from jaxneuron.view.plots.run_plots import RunPlots
from jaxneuron.view.plots.shades import round_above, shades_of
from jaxneuron.view.plots.training_plots import TrainingPlots
from tests.studies import LIVES, REPLICATES, SWEEPS, X, all_but_few_thorough, life_study

SVG = "{http://www.w3.org/2000/svg}"
ALL_QUANTITIES = ("grid", "one axis", "points of one", "all born dead")
FEW = ("grid", "three axes", "points")  # the other designs and lives are thorough


def words_of(plot: Plot) -> str:
    """All that is written in a figure."""
    return "\n".join(text.get_text() for text in plot.findobj(Text) if text.get_visible())


def a_map(value, scale="share", name="died", is_grid=True, axes=None):
    """A map made by hand."""
    value = np.asarray(value, float)
    quantity = Quantity(name, f"{scale} of {name}", "", "a definition", scale, (), None)
    if axes is None:
        axes = tuple(
            MapAxis(f"a{i}", f"axis {i}", np.arange(1.0, n + 1), False) for i, n in enumerate(value.shape)
        )
    return Map(quantity, axes, is_grid, value, value, value, np.ones(value.shape), "")


@pytest.mark.parametrize("design", all_but_few_thorough(SWEEPS, FEW))
def test_every_figure_of_every_design_is_drawn(run_of, design, tmp_path):
    plots = RunPlots(run_of(design))
    path = tmp_path / "figure.png"
    figures = [plots(path=path, width=3.3), plots.incidence(), plots.deaths()]
    assert "median final loss" in words_of(figures[0])
    names = ["dead", "final_loss"] + (["fate", "death_step", "half_life"] if design in ALL_QUANTITIES else [])
    for name in names:
        figures += [plots.map(name), plots.curves(name), plots.importance(name), plots.map(name, over=())]
    for figure in figures:
        figure.draw_without_rendering()
        assert len(figure.description) > 30
        assert "nan" not in words_of(figure).lower()
    with Image.open(path) as image:
        assert np.asarray(image.convert("L")).std() > 3
    if design == "three axes":
        found = plots.panels("died", width=3.3, path=path)
        titles = [axes.get_title() for axes in found.axes]
        assert titles[:5] == [f"initial bias = {bias}" for bias in ("-1", "-0.5", "0", "0.5", "1")]
    elif "points" not in design:
        with pytest.raises(jn.BadInput, match=r"nothing is swept in .* besides"):
            plots.panels("died")
    else:
        with pytest.raises(jn.BadInput, match=r"cannot be held at|nothing is swept"):
            plots.panels("died", over=["learning_rate"])


@pytest.mark.parametrize("width", all_but_few_thorough([2.0, 3.3, 7.0, 11.0, 25.0], [2.0, 7.0]))
def test_letters_are_legible_at_every_width_and_nothing_is_cut(run_of, width):
    plots = RunPlots(run_of("three axes"))
    for figure in (
        plots(width=width),
        plots.map(width=width),
        plots.panels(width=width),
        plots.deaths(width=width),
    ):
        figure.draw_without_rendering()
        assert figure.get_figwidth() == width
        for text in figure.findobj(Text):
            assert not text.get_text() or not text.get_visible() or text.get_fontsize() >= 4.9
            assert text.get_fontsize() >= 7 or "$" in text.get_text() or not text.get_text()
        # Constrained layout has found room for all: no axes is a sliver.
        if width >= 3.3:
            assert all(axes.bbox.width > 4 for axes in figure.axes)
            box = figure.get_tightbbox()
            assert box.x0 >= -0.02
            assert box.y0 >= -0.02
            assert box.x1 <= width + 0.02
            assert box.y1 <= figure.get_figheight() + 0.02


@pytest.mark.parametrize("width", [0, -1, 1.9, 41, np.nan, np.inf])
def test_widths_that_make_no_figure(run_of, width):
    with pytest.raises(jn.BadInput, match=r"width: is .* inches"):
        RunPlots(run_of("grid")).map(width=width)


def test_a_map_of_one_value_says_so(run_of):
    plots = RunPlots(run_of("all born dead"))
    assert "every cell: 100 %" in words_of(plots.map("born_dead"))
    assert "every cell: 0 %" in words_of(plots.map("died"))
    assert "every cell: none died" in words_of(plots.map("death_step"))
    assert "at every value: none died" in words_of(plots.curves("death_step"))
    assert "nothing to show: none died" in words_of(plots.curves("death_step"))
    assert "every cell: born dead" in words_of(plots.map("fate"))
    assert "are alike: there is nothing to explain" in words_of(plots.importance("dead"))
    diverged = RunPlots(run_of("all diverged")).map("final_loss")
    assert "every cell: infinite (diverged)" in words_of(diverged)
    assert "every cell: infinite (diverged)" in diverged.description.lower()
    assert "no neuron can die" in words_of(RunPlots(run_of("nobody can die")).incidence())
    # Where values differ nothing of the kind is said.
    assert "every" not in words_of(RunPlots(run_of("grid")).map("died"))


def test_colours_are_those_of_the_fates_everywhere(run_of):
    run = run_of("grid")
    for fate in Fate:
        shades = shades_of(quantity_map(run, fate.name).quantity, np.array([0.0, 1.0]))
        assert to_hex(shades.colours(shades.norm(1.0))) == FATE_COLOURS[fate].lower()
        assert to_hex(shades.colours(shades.norm(0.0))) == "#ffffff"
    kinds = shades_of(quantity_map(run, "fate").quantity, np.arange(5.0))
    assert [to_hex(kinds.colours(kinds.norm(fate))) for fate in Fate] == [
        c.lower() for c in FATE_COLOURS.values()
    ]
    assert [words for _, words in kinds.marks] == ["diverged", "born dead", "died", "converged", "unsettled"]


def test_what_is_not_on_the_scale_has_a_colour_of_its_own_and_a_name():
    values = np.array([[0.0, 1e-3, 1.0], [10.0, np.inf, np.nan]])
    found = a_map(values, "loss", "final_loss")
    shades = shades_of(found.quantity, values)
    colours = [
        to_hex(c) for c in shades.colours(shades.norm(np.ma.masked_invalid(shades.shown(values))).ravel())
    ]
    assert colours[0] == colours[1]
    assert len(set(colours)) == 5
    words = words_of(draw_map(found))
    for name in ("0, as the lowest above it", "infinite (diverged)", "no neurons"):
        assert name in words
    assert draw_map(a_map(values[:, :1], "loss")).description.count("0") >= 1


@pytest.mark.parametrize(("scale", "told"), [("share", "30 %"), ("loss", "0.3"), ("steps", "0.3")])
def test_the_one_value_that_is_known_is_told_beside_what_is_not(scale, told):
    words = words_of(draw_map(a_map([[0.3, np.nan], [0.3, np.nan]], scale)))
    assert told in words
    assert "no neurons" in words
    assert "every cell" not in words


SHAPES = [(1, 1), (1, 5), (7, 1), (1,), (6,), ()]


@pytest.mark.parametrize("scale", ["share", "loss", "steps", "kind"])
@pytest.mark.parametrize("shape", all_but_few_thorough(SHAPES, [(1, 5), (6,), ()]))
@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf])
def test_maps_that_hold_one_value_are_drawn(scale, shape, value):
    if scale in ("share", "kind") and np.isinf(value):
        return
    figure = draw_map(a_map(np.full(shape, value), scale), 3.3)
    figure.draw_without_rendering()
    assert "nan" not in words_of(figure)


def test_each_cell_is_where_its_values_are():
    axes = (
        MapAxis("x", "x", np.array([1.0, 10.0, 100.0]), True),
        MapAxis("y", "y", np.array([0.0, 1.0]), False),
    )
    values = np.arange(6.0).reshape(3, 2) / 6
    (mesh,) = draw_map(a_map(values, axes=axes)).axes[0].collections
    np.testing.assert_allclose(mesh.get_array(), values.T)
    np.testing.assert_allclose(mesh.get_coordinates()[0, :, 0], 10 ** np.array([-0.5, 0.5, 1.5, 2.5]))
    np.testing.assert_allclose(mesh.get_coordinates()[:, 0, 1], [-0.5, 0.5, 1.5])
    places = (axes[0]._replace(values=np.array([5.0, 1.0])), axes[1]._replace(values=np.array([3.0, 4.0])))
    (dots,) = draw_map(a_map(np.array([0.1, 0.2]), axes=places, is_grid=False)).axes[0].collections
    np.testing.assert_allclose(dots.get_offsets(), [[5, 3], [1, 4]])
    np.testing.assert_allclose(dots.get_array(), [0.1, 0.2])


def test_rare_deaths_are_seen():
    assert round_above(0.0013) == pytest.approx(0.002)
    assert [round_above(s) for s in (0.0, 0.2, 0.5, 0.51, 1.0)] == [1.0, 0.2, 0.5, 1.0, 1.0]
    shades = shades_of(a_map([[0.0, 1e-6]]).quantity, np.array([[0.0, 1e-6]]))
    assert shades.norm.vmax == pytest.approx(1e-6)
    # The phase diagram's six maps are on one scale.
    assert shades_of(a_map([[0.0]]).quantity, np.array([[0.0, 1e-6]]), whole=True).norm.vmax == 1


def test_bands_are_where_an_interval_is_known():
    found = a_map([0.1, 0.2, 0.3, 0.4])
    found = found._replace(low=np.array([0.0, np.nan, 0.2, 0.3]), high=np.array([0.2, np.nan, 0.4, 0.5]))
    (axes,) = draw_map(found).axes
    (band,) = axes.collections
    path = np.concatenate([path.vertices for path in band.get_paths()])
    assert not ((path[:, 0] > 1.01) & (path[:, 0] < 2.99)).any()
    assert {0.0, 0.5} <= set(np.round(path[:, 1], 6))


@pytest.mark.parametrize(
    ("ending", "most", "size", "scale", "width"),
    [
        ("svg", 1_500_000, 512, "share", 7),
        ("pdf", 1_000_000, 512, "share", 7),
        ("png", 1_500_000, 512, "share", 7),
        ("svg", 1_500_000, 1000, "loss", 3.3),
    ],
)
def test_a_large_mesh_is_a_small_file(ending, most, size, scale, width, tmp_path):
    random = np.random.default_rng(0)
    values = random.random((size, size)) if scale == "share" else random.lognormal(0, 3, (size, size))
    path = tmp_path / f"map.{ending}"
    save(draw_map(a_map(values, scale), width), path)
    assert 20_000 < path.stat().st_size < most


HOSTILE = [
    "a $x_{$",
    "$ $\\frac",
    "<script>alert('1 & \"2\"')</script>",
    "😀 价格 ценá ราคา",
    "very long " * 40,
    "control \x01\x1b[31m\ud800 tab\t",
    "]]> --> <!--",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("ending", all_but_few_thorough(["svg", "png", "pdf"], ["svg"]))
def test_names_are_text_whatever_they_hold(name, ending, tmp_path):
    axes = tuple(MapAxis(n, shortened(n), np.arange(1.0, 4), False) for n in (name, f"2{name}"))
    found = a_map(np.arange(9.0).reshape(3, 3) / 9, axes=axes)._replace(remark=f"pooled over {name}")
    path = tmp_path / f"map.{ending}"
    save(draw_map(found, 3.3), path)
    if ending == "svg":
        tree = ElementTree.parse(path)  # it is whole, whatever the name
        assert not tree.findall(f".//{SVG}script")
        assert printable(name).split()[0] in tree.find(f"{SVG}desc").text


def test_words_are_in_the_file(run_of, tmp_path):
    plots = RunPlots(run_of("grid"))
    figure = plots.map("died", path=tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == "share died over learning rate and initial bias"
    assert root[1].text == figure.description
    for words in ("from 0.05 to 30, by decades", "Lowest 0 % at learning rate", "interval of Wilson (1927)"):
        assert words in figure.description
    plots.map("died", path=tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Description"] == figure.description
        assert image.info["Title"] == figure.title_in_words
    plots.map("died", path=tmp_path / "a.pdf")
    assert b"/Subject" in (tmp_path / "a.pdf").read_bytes()
    assert b"share died over learning rate" in (tmp_path / "a.pdf").read_bytes()
    assert b"/CreationDate" not in (tmp_path / "a.pdf").read_bytes()


def test_the_extremes_are_told_where_they_are():
    values = np.array([[0.2, np.nan, 0.9], [0.1, 0.3, 0.4]])
    told = draw_map(a_map(values)).description
    assert "lowest 10 % at axis 0 2, axis 1 1" in told.lower()
    assert "highest 90 % at axis 0 1, axis 1 3" in told
    assert "no neurons in 1 of 6" in told
    axes = tuple(MapAxis(n, n, np.array([5.0, 3.0]), False) for n in "xy")
    told = draw_map(a_map(np.array([0.2, 0.1]), is_grid=False, axes=axes)).description
    assert "lowest 10 % at x 3, y 3" in told.lower()


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_the_same_figure_has_the_same_bytes(run_of, ending, tmp_path):
    for name in "ab":
        RunPlots(run_of("grid")).map("died", path=tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_what_is_set_elsewhere_changes_no_figure(run_of, tmp_path):
    figure = RunPlots(run_of("grid")).map("died")
    save(figure, tmp_path / "usual.svg")
    others = {"text.usetex": True, "font.family": "serif", "lines.linewidth": 9, "savefig.bbox": "tight"}
    with matplotlib.rc_context(others):
        save(RunPlots(run_of("grid")).map("died"), tmp_path / "others.svg")
    assert (tmp_path / "usual.svg").read_bytes() == (tmp_path / "others.svg").read_bytes()


@pytest.mark.parametrize(
    ("backend", "is_kept"),
    [("module://matplotlib_inline.backend_inline", None), ("none of that name", False), ("svg", True)],
)
def test_figures_need_no_backend(backend, is_kept):
    """What a notebook hands on to a command may not be installed there."""
    code = "import jaxneuron.view.plots, matplotlib, os; print(os.environ['MPLBACKEND'])\n"
    code += "print(dict.get(matplotlib.rcParams, 'backend'))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MPLBACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )
    told = ended.stdout.splitlines()
    assert told[0] == backend
    if is_kept is not None:
        assert (told[1] == backend) == is_kept


def test_jupyter_shows_a_figure(run_of):
    figure = RunPlots(run_of("grid")).map(width=7)
    png, about = figure._repr_png_()
    image = Image.open(io.BytesIO(png))
    assert image.width == pytest.approx(1650, abs=2)
    assert about == {"alt": figure.description, "width": 672}


@pytest.mark.parametrize("path", ["a.jpg", "a", ".png"])
def test_files_of_another_kind(run_of, path, tmp_path):
    with pytest.raises(jn.BadInput, match=r"must end in \.png, \.svg or \.pdf"):
        RunPlots(run_of("grid")).map(path=tmp_path / path)


def test_panels_are_maps_at_values_of_an_axis(run_of):
    run = run_of("three axes")
    found = panels(run, "final_loss", ["init_bias", "learning_rate"])
    assert found.axis.label == "momentum"
    np.testing.assert_array_equal(found.axis.values, run.cells.momentum)
    assert found.at == ("0", "0.5", "0.9")
    for momentum, part in zip((0.0, 0.5, 0.9), found.maps, strict=True):
        want = quantity_map(run, "final_loss", ["init_bias", "learning_rate"], at={"momentum": momentum})
        np.testing.assert_array_equal(part.value, want.value)
    held = panels(run, "died", ["momentum"], at={"learning_rate": 1.0}, by="init_bias")
    assert held.maps[0].remark == "at learning rate = 1.821, at initial bias = -1"
    with pytest.raises(jn.BadInput, match="nothing is swept"):
        panels(run, "died", at={"momentum": 0.9})
    with pytest.raises(jn.BadInput, match="'moment' is not swept"):
        panels(run, "died", by="moment")
    # One scale of colours for all, which holds the values of all.
    figure = RunPlots(run).panels("final_loss", ["init_bias", "learning_rate"])
    finite = np.concatenate([part.value[np.isfinite(part.value)] for part in found.maps])
    for axes in figure.axes[:3]:
        norm = axes.collections[0].norm
        assert (norm.vmin, norm.vmax) == (finite.min(), finite.max())
    # Where there is none, as nobody diverged, it is said what all are.
    (legend,) = RunPlots(run).panels("diverged").legends
    assert [text.get_text() for text in legend.get_texts()] == ["0 % everywhere"]


OF_ONE_INPUT = [kind for kind in LIVES if "several" not in kind]


@pytest.mark.parametrize("case", all_but_few_thorough(OF_ONE_INPUT, ["plain", "died"]))
def test_every_life_is_drawn(case, life_of, tmp_path):
    plots = TrainingPlots(life_of(case))
    for draw, width in itertools.product((plots, plots.trajectory, plots.surface), (3.3, 7.0)):
        figure = draw(width=width, path=tmp_path / "figure.svg")
        assert "nan" not in figure.description.lower()
        assert "nan" not in words_of(figure).lower()
    if case in ("born dead", "died"):
        assert "silent on every example" in words_of(plots.surface())


def test_several_lives_are_coloured_by_fate(life_of):
    lives = [life_of(case) for case in ("plain", "died", "born dead")]
    assert [life.fate for life in lives[1:]] == [Fate.died, Fate.born_dead]
    figure = TrainingPlots(lives[0]).trajectory(lives[1:])
    colours = [to_hex(line.get_color()) for line in figure.axes[0].lines if line.get_marker() != "X"]
    assert colours == [FATE_COLOURS[life.fate].lower() for life in lives]
    assert f"died at step {lives[1].death_step}" in figure.description
    surface = TrainingPlots(lives[0]).surface(lives[1:])
    words = words_of(surface)
    for name in ("died", "born dead", "silent on every example", "weight W", "start", "end"):
        assert name in words
    assert surface.description.count("from W =") == 3


def test_many_inputs_have_a_trajectory_and_no_surface(life_of):
    plots = TrainingPlots(life_of("several inputs"))
    assert "the first 5 of 7 weights" in words_of(plots.trajectory())
    with pytest.raises(jn.BadInput, match="needs one input"):
        plots.surface()


def test_a_run_s_surface_shows_results_of_it(run_of):
    figure = RunPlots(run_of("grid")).surface()
    assert figure.description.count("from W =") >= 2
    with pytest.raises(jn.BadInput, match="at least one"):
        RunPlots(run_of("grid")).surface([])


def test_names_are_shortened():
    assert shortened("a" * 40) == "a" * 40
    assert shortened("a" * 41) == "a" * 39 + "…"
    assert columns_in_words(["a", "b", "c", "d"], "y") == "a, b, c, … → y"
    assert printable("a\x00\ud800\n") == "a���"


def test_a_name_from_a_file_is_short_in_every_figure(tmp_path):
    names = ["价格 $x_{1}$ <script>" + "long " * 50, "😀 $y$ & 'q'"]
    table = pd.DataFrame({names[0]: X, names[1]: np.maximum(0, X)})
    table.to_csv(tmp_path / "data.csv", index=False)
    data = {"file": str(tmp_path / "data.csv"), "inputs": names[:1], "target": names[1]}
    study = jn.Study(data=data, training={"num_steps": 40}, sweep=SWEEPS["grid"] | {"replicates": REPLICATES})
    RunPlots(jn.sweep(study, tmp_path / "run.zarr"))(path=tmp_path / "phase.svg", width=3.3)
    plots = TrainingPlots(jn.train(life_study(data)))
    for draw in (plots, plots.surface, plots.trajectory):
        draw(path=tmp_path / "fit.svg", width=3.3)
        assert not ElementTree.parse(tmp_path / "fit.svg").findall(f".//{SVG}script")
    drawn = re.sub(r"\s+", " ", Path(tmp_path / "phase.svg").read_text())
    assert drawn.count("long long") < 60
