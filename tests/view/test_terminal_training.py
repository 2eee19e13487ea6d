"""One neuron's training in a terminal: its path over the loss, the silent region, and the loss by steps."""

import io

import numpy as np
import pytest
from rich.console import Console

from jaxneuron.neuron.fate import Fate
from jaxneuron.view.raster import line_squares
from jaxneuron.view.terminal.picture import lines_of
from jaxneuron.view.terminal.surface import INKS, PATH, SHADES, SILENT, loss_squares
from jaxneuron.view.terminal.training import training_picture
from tests.studies import LIVES

ACTIVATION = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "identity": lambda z: z,
    "tanh": np.tanh,
}
SEVERAL = [name for name in LIVES if name.startswith("several")]
ONE_INPUT = [name for name in LIVES if name not in SEVERAL]


@pytest.mark.parametrize("name", ONE_INPUT)
def test_squares_have_the_loss_of_their_middle(name, life_of):
    training = life_of(name)
    found = loss_squares(training, 9, 6)
    (left, right), (bottom, top) = found.across, found.along
    for row, column in [(0, 0), (0, 8), (5, 0), (5, 8), (2, 4), (3, 7)]:
        weight = left + (right - left) * (column + 0.5) / 9
        bias = top - (top - bottom) * (row + 0.5) / 6
        z = weight * training.data.x[:, 0] + bias
        output = ACTIVATION[training.study.neuron.activation](z)
        assert found.loss[row, column] == pytest.approx(
            np.mean((output - training.data.y) ** 2) / 2, rel=1e-4
        )
        can_die = training.study.neuron.activation == "relu"
        assert found.silent[row, column] == (can_die and (z <= 0).all())
    np.testing.assert_array_equal(found.path[:, 0], training.history.weight.values[:, 0])
    np.testing.assert_array_equal(found.path[:, 1], training.history.bias.values)


@pytest.mark.parametrize("name", ONE_INPUT)
def test_the_path_is_drawn_where_it_is(name, life_of):
    training, is_away = life_of(name), name in ("diverged", "diverged at once")
    picture = training_picture(training, 100, 30)
    lines, columns = len(picture.rows), len(picture.rows[0])
    (left, right), (bottom, top) = loss_squares(training, 2, 2)[:2]
    marks = {}
    for line, row in enumerate(picture.rows):
        for column, glyph in enumerate(row):
            if glyph.character in "○●":
                marks[glyph.character] = (line, column)
                assert glyph.front == PATH
    for step, mark in ((0, "○"), (-1, "●")):
        weight, bias = (float(training.history[n].values[step].squeeze()) for n in ("weight", "bias"))
        where = int((top - bias) / (top - bottom) * lines), int((weight - left) / (right - left) * columns)
        if mark in marks:
            assert marks[mark] == where
        else:  # it left the picture, or lies under the end
            assert is_away if mark == "●" else training.num_steps == 0 or name == "born dead"
    assert ("●" in marks) == (not is_away)


def test_the_silent_region_has_its_own_colour(life_of):
    training = life_of("died")
    picture = training_picture(training, 80, 24)
    silent = loss_squares(training, len(picture.rows[0]), 2 * len(picture.rows)).silent
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
    found = loss_squares(training, len(picture.rows[0]), 2 * len(picture.rows))
    shades = {ink.colour: i for i, ink in enumerate(INKS)}
    seen = [
        (found.loss[2 * line, column], shades[glyph.front])
        for line, row in enumerate(picture.rows)
        for column, glyph in enumerate(row)
        if glyph.character == "▀" and glyph.front not in (SILENT, PATH)
    ]
    loss, shade = np.array(seen).T
    assert shade.max() == SHADES - 1
    assert (np.diff(shade[np.argsort(loss)]) >= 0).all()
    low, high = found.loss.min(), found.loss.max()
    np.testing.assert_array_equal(
        shade, np.minimum(SHADES * np.log(loss / low) / np.log(high / low), SHADES - 1).astype(int)
    )


@pytest.mark.parametrize("name", SEVERAL)
def test_several_inputs_have_a_curve_of_the_loss(name, life_of):
    training = life_of(name)
    picture = training_picture(training, 70, 30)
    losses = training.history.loss.values
    assert picture.title.endswith("steps: its loss by steps")
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
@pytest.mark.parametrize("name", LIVES)
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
    assert title == "Died after 1 step: its path over the loss"
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
