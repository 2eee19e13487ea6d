"""One neuron's training in a terminal: its path over the loss, the silent region, and the loss by steps."""

import io

import numpy as np
import pytest
from rich.console import Console

from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.analysis.surface import loss_surface
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.raster import line_squares
from jaxneuron.view.terminal.picture import lines_of
from jaxneuron.view.terminal.surface import INKS, PATH, SHADES, SILENT
from jaxneuron.view.terminal.training import training_picture
from tests.studies import LIVES, all_but_few_thorough

SEVERAL = [name for name in LIVES if name.startswith("several")]
ONE_INPUT = [name for name in LIVES if name not in SEVERAL]
# All but the first two of them have one program.
FEW = (
    "diverged",
    "one example",
    "plain",
    "died",
    "born dead",
    "no steps",
    "perfect",
    "a target of 0",
    "all alike",
)


@pytest.mark.parametrize("name", all_but_few_thorough(ONE_INPUT, FEW))
def test_the_path_is_drawn_where_it_is(name, life_of):
    training, is_away = life_of(name), name in ("diverged", "diverged at once")
    picture = training_picture(training, 100, 30)
    lines, columns = len(picture.rows), len(picture.rows[0])
    surface = loss_surface([training], columns, 2 * lines)
    (left, right), (bottom, top) = (
        MapAxis("", "", middles, False).edges[[0, -1]] for middles in (surface.weight, surface.bias)
    )
    marks = {}
    for line, row in enumerate(picture.rows):
        for column, glyph in enumerate(row):
            if glyph.character in "○●":
                marks[glyph.character] = (line, column)
                assert glyph.front == PATH
    for step, mark in ((0, "○"), (-1, "●")):
        weight, bias = (float(training.history[n].values[step].squeeze()) for n in ("weight", "bias"))
        where = (top - bias) / (top - bottom) * lines, (weight - left) / (right - left) * columns
        if mark in marks:  # where two squares meet it is in either
            assert np.subtract(where, marks[mark]) == pytest.approx(0.5, abs=0.5 + 1e-9)
        else:  # it left the picture, or lies under the end
            assert is_away if mark == "●" else training.num_steps == 0 or name == "born dead"
    assert ("●" in marks) == (not is_away)


def test_the_silent_region_has_its_own_colour(life_of):
    training = life_of("died")
    picture = training_picture(training, 80, 24)
    silent = loss_surface([training], len(picture.rows[0]), 2 * len(picture.rows)).is_silent.T[::-1]
    assert silent.any()
    for line, row in enumerate(picture.rows):
        for column, glyph in enumerate(row):
            if glyph.character == "▀":
                for half, colour in enumerate((glyph.front, glyph.back)):
                    assert colour == PATH or (colour == SILENT) == silent[2 * line + half, column]
    assert "silent: no example passes a gradient" in [entry.text for entry in picture.legend]
    leaky = training_picture(life_of("leaky"), 80, 24)
    assert all(SILENT not in (glyph.front, glyph.back) for row in leaky.rows for glyph in row)
    assert not any("silent" in entry.text for entry in leaky.legend)


def test_shades_go_with_the_logarithm_of_the_loss(life_of):
    training = life_of("converged")
    picture = training_picture(training, 80, 24)
    losses = loss_surface([training], len(picture.rows[0]), 2 * len(picture.rows)).loss.T[::-1]
    shades = {ink.colour: i for i, ink in enumerate(INKS)}
    seen = [
        (losses[2 * line, column], shades[glyph.front])
        for line, row in enumerate(picture.rows)
        for column, glyph in enumerate(row)
        if glyph.character == "▀" and glyph.front not in (SILENT, PATH)
    ]
    loss, shade = np.array(seen).T
    assert shade.max() == SHADES - 1
    assert (np.diff(shade[np.argsort(loss)]) >= 0).all()
    low, high = losses.min(), losses.max()
    np.testing.assert_array_equal(
        shade, np.minimum(SHADES * np.log(loss / low) / np.log(high / low), SHADES - 1).astype(int)
    )


@pytest.mark.parametrize("name", all_but_few_thorough(SEVERAL, ["several inputs"]))
def test_several_inputs_have_a_curve_of_the_loss(name, life_of):
    training = life_of(name)
    picture = training_picture(training, 70, 30)
    losses = training.history.loss.values
    assert picture.title == f"{ended_in_words(training).capitalize()}: its loss by steps"
    assert picture.right.high == f"{training.num_steps:,}"
    filled = np.array([[glyph.character != " " for glyph in row] for row in picture.rows])
    if name == "several inputs":
        assert (picture.up.low, picture.up.high) == (f"{losses.min():.3g}", f"{losses.max():.3g}")
        assert filled.any(0).all()
        assert filled[0, 0]
        assert filled[-1, -1]
    else:
        assert filled[-1, 0]
        assert filled[0].any()


@pytest.mark.parametrize("size", [(20, 10), (40, 10), (40, 24), (80, 24), (200, 60)])
@pytest.mark.parametrize("name", all_but_few_thorough(LIVES, (*FEW, "several inputs")))
def test_no_line_is_wider_than_the_terminal(name, size, life_of):
    picture = training_picture(life_of(name), *size)
    for colours in (0, 16, 256):
        lines = lines_of(picture, colours)
        assert max(line.cell_len for line in lines) <= size[0]
        assert len(picture.rows) <= max(4, size[1] // 2 - 3)
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(picture)
    out = console.file.getvalue()
    assert out.splitlines() == [line.plain for line in lines_of(picture, 0)]
    assert not set("▀▄█○●") & set(out)


def test_fates_are_said(life_of):
    assert life_of("died").fate == Fate.died
    title = training_picture(life_of("died"), 80, 24).title
    assert title == "Died at step 1 of 1: its path over the loss"
    assert training_picture(life_of("born dead"), 80, 24).title.startswith("Born dead after 0 steps")


# Lines


def test_a_line_is_where_its_points_are():
    squares = line_squares(np.array([0.06, 0.94]), np.array([0.06, 0.94]), 8, 8)
    np.testing.assert_array_equal(squares, np.eye(8, dtype=bool)[::-1])
    one = line_squares(np.array([0.55]), np.array([0.2]), 10, 10)
    assert [tuple(place) for place in np.argwhere(one)] == [(8, 5)]


def test_only_what_lies_inside_is_drawn():
    across = line_squares(np.array([-1e12, 1e12]), np.array([0.49, 0.51]), 20, 20)
    assert across.any(0).all()
    assert across.sum() <= 40
    away = line_squares(np.array([0.5, np.inf, 0.2, 0.3]), np.array([0.5, 0.5, np.nan, 0.1]), 20, 20)
    assert not away.any()
    outside = line_squares(np.array([-0.5, 0.5]), np.array([0.9, 1.9]), 20, 20)
    assert outside.sum() <= 2
    assert line_squares(np.full(5, 2.0), np.full(5, 0.5), 20, 20).sum() == 0


def test_no_step_of_an_oscillation_is_lost():
    x = (np.arange(100) + 0.5) / 100
    y = np.where(np.arange(100) % 2, 0.9, 0.1)
    squares = line_squares(x, y, 50, 40)
    assert (squares[4:36].sum(0) >= 30).all()
