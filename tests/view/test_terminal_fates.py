"""The phase diagram in a terminal: its numbers are the run's, and no line is wider than the terminal."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style

from jaxneuron.analysis import fate_map as fate_maps
from jaxneuron.analysis.axes import MapAxis
from jaxneuron.analysis.fate_map import fate_map
from jaxneuron.analysis.frames import Frame
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import SCREEN_COLOURS
from jaxneuron.view.raster import EMPTY, Ends, Ink, apportion, fate_squares, mosaic
from jaxneuron.view.terminal.fates import fate_picture, share_in_words
from jaxneuron.view.terminal.picture import Entry, Glyph, Picture, fitted, half_blocks, lines_of
from tests.studies import QUICK, REPLICATES, SWEEPS, all_but_few_thorough
from tests.view.contrast import contrast


def printed(picture: Picture, width: int, **how) -> list[str]:
    """Lines as they come out of a console of a width, without colours if nothing else is said."""
    console = Console(file=io.StringIO(), width=width, **{"color_system": None, **how})
    console.print(picture)
    return console.file.getvalue().splitlines()


# Numbers


def test_a_map_has_the_counts_of_the_run(run_of):
    run = run_of("grid")
    found = fate_map(run, 100, 50)
    np.testing.assert_array_equal(found.counts, run.cells.fate_count)
    assert [axis.name for axis in found.axes] == ["learning_rate", "init_bias"]
    assert found.remark == ""


@pytest.mark.parametrize("name", all_but_few_thorough(SWEEPS, QUICK))
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 5), (64, 40)])
def test_pooling_keeps_every_neuron(name, size, run_of):
    run = run_of(name)
    counts = fate_map(run, *size).counts
    np.testing.assert_array_equal(counts.reshape(-1, 5).sum(0), run.pooled("fate_count"))
    assert all(number <= most for number, most in zip(counts.shape[:-1], size, strict=False))


def test_neighbours_are_pooled_and_nobody_else(run_of):
    run = run_of("grid")
    found = fate_map(run, 4, 2)
    columns, rows = np.arange(11) * 4 // 11, np.arange(7) * 2 // 7
    for i in range(4):
        for j in range(2):
            cells = run.cells.fate_count.values[columns == i][:, rows == j]
            np.testing.assert_array_equal(found.counts[i, j], cells.sum((0, 1)))
    assert found.remark == "11 × 7 cells in 4 × 2 squares"


def test_what_is_not_shown_is_pooled_and_said(run_of):
    found = fate_map(run_of("three axes"), 100, 50)
    assert found.remark == "pooled over initial bias"
    want = run_of("three axes").cells.fate_count.sum("init_bias")
    np.testing.assert_array_equal(found.counts, want.transpose("learning_rate", "momentum", "fate"))


def test_points_lie_in_their_squares(run_of):
    run = run_of("points")
    found = fate_map(run, 100, 50)
    rate, bias = np.log10(run.cells.learning_rate.values), run.cells.init_bias.values
    number = found.counts.shape[0]
    assert found.counts.shape == (5, 5, 5)
    assert found.remark == "64 points in squares"
    want, _, _ = np.histogram2d(rate, bias, number)
    np.testing.assert_array_equal(found.counts.sum(-1), REPLICATES * want)


def test_a_stripe_is_seen_at_its_share_and_no_colour_is_mixed():
    counts = np.zeros((60, 40, 5), int)
    counts[..., Fate.converged] = 8
    counts[30] = counts[:, 10] = [2, 0, 0, 6, 0]  # a quarter diverged
    fates = mosaic(counts, 60, 40)
    assert fates.shape == (40, 60)
    assert set(fates.ravel()) == {Fate.diverged, Fate.converged}
    is_diverged = fates == Fate.diverged
    assert is_diverged[:, 30].sum() == pytest.approx(10, abs=2)
    assert is_diverged[40 - 1 - 10].sum() == pytest.approx(15, abs=2)
    is_diverged[:, 30] = is_diverged[29] = False
    assert not is_diverged.any()


@pytest.mark.parametrize("number", [5, 10, 20, 31, 60, 100])
def test_a_stripe_is_seen_wherever_it_lies(number):
    counts = np.zeros((number, number, 5), int)
    counts[..., Fate.converged] = 100
    share = 2.2 / number
    for fate, other in ((Fate.born_dead, Fate.converged), (Fate.unsettled, Fate.died)):
        for place in range(0, number, 3):
            for stripe in (np.s_[place, :], np.s_[:, place]):
                changed = counts.copy()
                changed[stripe] = 0
                changed[(*stripe, fate)] = 1000 * share
                changed[(*stripe, other)] = 1000 * (1 - share)
                assert (mosaic(changed, number, number) == fate).any()


def test_a_region_has_squares_in_the_ratio_of_its_neurons():
    shares = np.array([5, 10, 15, 40, 30])
    fates = mosaic(np.broadcast_to(shares, (1, 1, 5)), 80, 50)
    assert fates.shape == (50, 80)
    np.testing.assert_allclose(np.bincount(fates.ravel()) / fates.size, shares / 100, atol=0.005)
    for part in (fates[:10], fates[:, :10], fates[20:30, 40:60]):
        np.testing.assert_allclose(
            np.bincount(part.ravel(), minlength=5) / part.size, shares / 100, atol=0.04
        )


def test_up_is_up_and_right_is_right():
    counts = np.zeros((2, 2, 5), int)
    counts[0, 0, Fate.born_dead] = counts[1, 0, Fate.died] = 1
    counts[0, 1, Fate.converged] = 1
    np.testing.assert_array_equal(
        mosaic(counts, 2, 2), [[Fate.converged, EMPTY], [Fate.born_dead, Fate.died]]
    )


def test_apportioned_units_are_whole_and_hide_nothing():
    random = np.random.default_rng(0)
    for _ in range(200):
        counts = random.integers(0, 1000, 5) * (random.random(5) < 0.6) * random.integers(0, 100, 5)
        counts[random.integers(5)] += 1
        units = int(random.integers(5, 200))
        found = apportion(counts, units)
        assert found.sum() == units
        np.testing.assert_array_equal(found > 0, counts > 0)
        is_large = counts * units >= counts.sum()
        assert (abs(found - units * counts / counts.sum())[is_large] < 5).all()
    np.testing.assert_array_equal(apportion(np.array([1, 1, 2]), 8), [2, 2, 4])
    np.testing.assert_array_equal(apportion(np.array([10**12, 1]), 8), [7, 1])


@pytest.mark.parametrize(
    ("number", "total", "text"),
    [
        (0, 9, "0.0 %"),
        (1, 10**6, "< 0.1 %"),
        (10**6 - 1, 10**6, "> 99.9 %"),
        (5, 5, "100.0 %"),
        (1, 3, "33.3 %"),
    ],
)
def test_a_share_in_words(number, total, text):
    assert share_in_words(number, total) == text


# Characters and colours


def test_half_blocks_have_two_squares_each():
    inks = [Ink("#000001", "a"), Ink("#000002", "b")]
    rows = half_blocks(np.array([[0, -1, 1, -1], [1, 0, -1, -1]]), inks)
    assert rows == [
        [
            Glyph("▀", "#000001", "#000002", "a"),
            Glyph("▄", "#000001", None, "a"),
            Glyph("▀", "#000002", None, "b"),
            Glyph(" ", None, None, " "),
        ]
    ]
    # Of an odd number the top row is half of a character.
    assert half_blocks(np.array([[0]]), inks) == [[Glyph("▄", "#000001", None, "a")]]


def test_no_row_of_squares_is_lost_without_colours():
    squares = np.zeros((4, 10), int)
    squares[1], squares[2] = 1, 2
    for is_line, wanted in ((False, [".x.x.x.x.x", "y.y.y.y.y."]), (True, ["xxxxxxxxxx", "y.y.y.y.y."])):
        inks = [Ink("#1", "."), Ink("#2", "x", is_line), Ink("#3", "y")]
        plain = ["".join(glyph.plain for glyph in row) for row in half_blocks(squares, inks)]
        assert plain == wanted


def squares_of(picture: Picture) -> np.ndarray:
    """The colours of a picture of half blocks, [rows, columns] from the top."""
    halves = {"▀": lambda glyph: (glyph.front, glyph.back), "▄": lambda glyph: (None, glyph.front)}
    lines = [[halves[glyph.character](glyph) for glyph in row] for row in picture.rows]
    return np.array(lines, object).transpose(0, 2, 1).reshape(2 * len(lines), -1)


def test_every_cell_of_a_map_has_the_colour_of_its_fate(run_of):
    run = run_of("grid")
    picture = fate_picture(run, 80, 46)
    squares = squares_of(picture)
    wide, high = squares.shape[1] // 11, squares.shape[0] // 7
    assert squares.shape[0] in (7 * high, 7 * high + 1)  # of an odd number the top half of a line is empty
    squares = squares[-7 * high :]
    counts = run.cells.fate_count.values
    for i, j in np.ndindex(11, 7):
        fates = {SCREEN_COLOURS[Fate(f)] for f in np.flatnonzero(counts[i, j])}
        seen = set(squares[(6 - j) * high : (7 - j) * high, i * wide : (i + 1) * wide].flat)
        assert seen <= fates
        if len(fates) == 1:
            assert seen == fates
    assert picture.up == Ends("initial bias", "-2", "2")
    assert picture.right == Ends("learning rate (log)", "0.05", "30")


def test_columns_of_one_axis_are_as_high_as_the_shares(run_of):
    run = run_of("one axis")
    squares = squares_of(fate_picture(run, 80, 60))
    wide = squares.shape[1] // 11
    for i, shares in enumerate(run.fate_share.values):
        column = squares[:, i * wide : (i + 1) * wide]
        seen = [(column == SCREEN_COLOURS[fate]).mean() for fate in Fate]
        np.testing.assert_allclose(seen, shares, atol=1 / column.size)


@pytest.mark.parametrize("rows", [6, 18, 100])
@pytest.mark.parametrize("columns", [1, 7])
def test_a_stack_hides_no_fate_and_stands_in_its_order(rows, columns):
    counts = np.array([[10**6, 1, 0, 5 * 10**5, 1], [0, 0, 0, 0, 0]])
    squares = fate_squares(counts, 2 * columns, rows)
    assert (squares[:, columns:] == EMPTY).all()
    stack = squares[:, :columns]
    rare = [(stack == fate).sum() for fate in (Fate.born_dead, Fate.unsettled)]
    assert rare == [columns, columns]
    order = [Fate.converged, Fate.unsettled, Fate.born_dead, Fate.diverged]
    assert (np.diff([order.index(fate) for fate in stack[::-1].flat]) >= 0).all()


def test_nothing_swept_is_one_bar(run_of):
    picture = fate_picture(run_of("no axis"), 60, 24)
    assert (picture.right, picture.up) == (None, None)
    assert {len(row) for row in picture.rows} == {60}
    share = run_of("no axis").pooled("fate_count").values / REPLICATES
    for fate in Fate:
        seen = sum(glyph.front == SCREEN_COLOURS[fate] for glyph in picture.rows[0])
        assert seen == pytest.approx(60 * share[fate], abs=1)


@pytest.mark.parametrize(
    ("name", "fate"), [("all born dead", Fate.born_dead), ("all diverged", Fate.diverged)]
)
def test_all_of_one_fate(name, fate, run_of):
    picture = fate_picture(run_of(name), 80, 24)
    colours = {colour for row in picture.rows for glyph in row for colour in (glyph.front, glyph.back)}
    assert colours - {None} == {SCREEN_COLOURS[fate]}
    text = " ".join(printed(picture, 80))
    assert f"{fate.name.replace('_', ' ')} 100.0 %" in text


def test_the_legend_names_every_fate_with_its_share(run_of):
    run = run_of("grid")
    picture = fate_picture(run, 80, 24)
    counts = run.pooled("fate_count").values
    assert [entry.text for entry in picture.legend] == [
        f"{fate.name.replace('_', ' ')} {share_in_words(counts[fate], counts.sum())}" for fate in Fate
    ]
    assert [entry.glyphs[0].front for entry in picture.legend] == [SCREEN_COLOURS[fate] for fate in Fate]


def test_born_dead_is_seen_on_black_and_on_white():
    for colour in SCREEN_COLOURS.values():
        assert contrast(colour, "#000000") > 3
        assert contrast(colour, "#ffffff") > 3 or colour == SCREEN_COLOURS[Fate.unsettled]


@pytest.mark.parametrize("system", ["truecolor", "256", "standard", "windows"])
def test_fates_have_colours_that_differ_in_every_terminal(system, run_of):
    Style._add.cache_clear()  # rich keeps the codes of the first terminal for each style
    console = Console(file=io.StringIO(), width=80, color_system=system, force_terminal=True)
    console.print(fate_picture(run_of("grid"), 80, 24))
    out = console.file.getvalue()
    legend = [line for line in out.splitlines() if "█" in line]
    codes = [part.split("m")[0] for line in legend for part in line.split("\x1b[")[1:] if "█" in part]
    assert len(codes) == len(set(codes)) == 5


@pytest.mark.parametrize(
    "how", [{"no_color": True, "color_system": "truecolor", "force_terminal": True}, {"color_system": None}]
)
def test_without_colours_every_fate_has_a_character(how, run_of):
    run = run_of("grid")
    lines = printed(fate_picture(run, 80, 24), 80, **how)
    assert not set("▀▄█") & set("".join(lines))
    assert "\x1b[38" not in "".join(lines)
    text = "\n".join(lines)
    counts = run.pooled("fate_count").values
    for character, fate in zip("x#+.~", Fate, strict=True):
        assert f"{character} {fate.name.replace('_', ' ')} " in text
        if counts[fate] > 0.02 * counts.sum():
            assert character in "".join(line[3:] for line in lines[2:-4])


# Sizes


@pytest.mark.parametrize("height", [10, 24, 60])
@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("name", all_but_few_thorough(SWEEPS, QUICK))
def test_no_line_is_wider_than_the_terminal_and_half_of_it_is_left(name, width, height, run_of):
    picture = fate_picture(run_of(name), width, height)
    assert len(picture.rows) <= max(3, height // 2 - 3)
    assert len({len(row) for row in picture.rows}) == 1
    for colours in (0, 16, 256):
        lines = lines_of(picture, colours)
        assert max(line.cell_len for line in lines) <= width
        assert len(lines) <= max(3, height // 2 - 3) + (6 if width >= 80 else 11)
    # What a console makes of them is the same lines, also where it is wider than the terminal.
    for wide in (width, 200):
        assert printed(picture, wide) == [line.plain.rstrip("\n") for line in lines_of(picture, 0)]


HOSTILE = "<script>[bold red]\x1b[31m\nイニシャル🙂é" + "long " * 60


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_hostile_name_takes_one_line_and_is_not_obeyed(width):
    glyphs = [[Glyph("█", "#000001", None, "x")] * 8] * 3
    picture = Picture(
        HOSTILE,
        glyphs,
        Ends(HOSTILE, "1e-300", "1.23e+300"),
        Ends(HOSTILE, "-1e-300", "1"),
        (Entry((glyphs[0][0],), HOSTILE), Entry((glyphs[0][0],), "second")),
        HOSTILE,
        width,
    )
    for colours in (0, 256):
        lines = lines_of(picture, colours)
        assert max(line.cell_len for line in lines) <= width
        assert not any(set("\x1b\n\r") & set(line.plain) for line in lines)
    assert fitted(HOSTILE, 30).startswith("<script>[bold red]�[31m�")
    assert len(lines_of(picture._replace(remark=""), 0)) == 1 + 1 + 3 + 1 + 2


def test_a_terminal_that_is_too_narrow_has_cut_lines():
    glyphs = [[Glyph("█", "#000001", None, "x")] * 30]
    picture = Picture("title", glyphs, Ends("b", "0", "1"), Ends("a", "0", "1"), (), "", 12)
    assert all(line.cell_len <= 12 for line in lines_of(picture, 256))


@pytest.mark.parametrize("name", ["", "short", "日本語" * 20, "🙂" * 40, "\x00" * 90, "a" * 90])
@pytest.mark.parametrize("width", [0, 1, 2, 10])
def test_a_fitted_name_fits(name, width):
    found = fitted(name, width)
    assert cell_len(found) <= width
    assert found.isprintable()
    if cell_len(name) <= width and name.isprintable():
        assert found == name


def test_a_million_cells_are_pooled_quickly(monkeypatch):
    counts = np.zeros((1000, 1000, 5), np.int64)
    counts[..., Fate.converged] = 4
    counts[777, :, Fate.converged], counts[777, :, Fate.died] = 0, 4  # one column of a million
    axes = tuple(MapAxis(name, name, np.linspace(0.0, 1.0, 1000), False) for name in ("a", "b"))
    frame = Frame(axes, True, (), (1000, 1000), (1000, 1000), "")
    run = SimpleNamespace(dims=("a", "b"), path="run")
    monkeypatch.setattr(fate_maps, "frame_of", lambda *_: frame)
    monkeypatch.setattr(fate_maps, "fates_over", lambda *_: [counts])
    monkeypatch.setattr(fate_maps, "shown_by_default", lambda _: ("a", "b"))
    monkeypatch.setattr(fate_maps, "map_axis", lambda _, name: axes["ab".index(name)])
    found = fate_map(run, 70, 20)
    assert found.counts.shape == (70, 20, 5)
    np.testing.assert_array_equal(found.counts.sum((0, 1)), counts.sum((0, 1)))
    assert found.remark == "1,000 × 1,000 cells in 70 × 20 squares"
    # The stripe is a fourteenth of its squares, and seen where they are enough to show a fourteenth.
    died = mosaic(fate_map(run, 70, 40).counts, 70, 40) == Fate.died
    assert 1 <= died[:, 777 * 70 // 1000].sum() == died.sum() <= 6
