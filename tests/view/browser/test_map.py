"""The report's map in a real browser: it shows the run's numbers, and every way to handle it works."""

import json
import re
from functools import partial

import numpy as np
import pytest

from jaxneuron.analysis.maps import quantity_map
from jaxneuron.neuron.fate import Fate
from tests.conftest import REPEAT
from tests.view.browser.settled import settle, wait
from tests.view.contrast import luminance

pytestmark = pytest.mark.thorough

FIGURE = "document.querySelector('#map [role=img]')"


def place_of(page, x, y):
    """Where the map shows a cell, in pixels of the window."""
    return page.evaluate(
        """([x, y]) => {
            const {xaxis, yaxis} = document.querySelector("#map [role=img]")._fullLayout;
            const box = document.querySelector("#map [role=img]").getBoundingClientRect();
            return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)];
        }""",
        [float(x), float(y)],
    )


def shares_in(card):
    """{fate: neurons} as a card has them."""
    rows = card.locator("tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {name.strip(): int(count.replace(",", "")) for name, count, *_ in cells}


def number_after(card, label):
    """The number that stands after a label, as a float."""
    text = card.locator(f"dt:text-is('{label}') + dd").inner_text().split(" (")[0]
    text = text.replace("−", "-").replace("∞", "inf").replace("–", "nan")
    return float(text)


def choose(page, control, value):
    page.select_option(f"#map-{control}", value)
    settle(page)


def test_hovering_tells_the_runs_numbers(report_of, look_at):
    run, path = report_of("grid")
    page = look_at(path)
    page.locator("#map").scroll_into_view_if_needed()
    rng = np.random.default_rng(0)
    loss, counts = run.final_loss(), run.cells.fate_count
    tip = page.locator(".tip:visible")

    def is_told_of(cell):
        settle(page)
        return tip.count() and all(
            number_after(tip, label) == pytest.approx(float(cell[name]), rel=1e-4)
            for label, name in (("learning rate", "learning_rate"), ("initial bias", "init_bias"))
        )

    for i, j in zip(rng.integers(11, size=8 * REPEAT), rng.integers(7, size=8 * REPEAT), strict=True):
        cell = counts.isel(learning_rate=i, init_bias=j)
        page.mouse.move(*place_of(page, cell.learning_rate, cell.init_bias))
        wait(page, partial(is_told_of, cell))  # Plotly tells of a movement a little later
        assert shares_in(tip) == {fate.label: int(cell[fate]) for fate in Fate}
        expected = float(loss.isel(learning_rate=i, init_bias=j))
        assert number_after(tip, "median final loss") == pytest.approx(expected, rel=2e-3)
    page.mouse.move(1, 1)
    assert page.locator(".tip:visible").count() == 0


def test_intervals_are_those_of_wilson(report_of, look_at):
    run, path = report_of("grid")
    page = look_at(path)
    died = quantity_map(run, "died")
    card = page.locator("#map-cell .card")
    rows = [row.locator("td").all_inner_texts() for row in card.locator("tr").all()]
    place = [number_after(card, label) for label in ("learning rate", "initial bias")]
    i, j = (int(np.argmin(abs(axis.values - at))) for axis, at in zip(died.axes, place, strict=True))
    low, high = (float(end[i, j]) for end in (died.low, died.high))
    interval = next(row[3] for row in rows if row[0].strip() == "died")
    assert interval == f"{100 * low:.1f}–{100 * high:.1f} %"


def test_every_cell_has_the_value_of_the_quantity_that_is_chosen(report_of, look_at):
    run, path = report_of("grid")
    page = look_at(path)
    for quantity in ("died", "dead", "converged", "final_loss", "death_step", "half_life"):
        choose(page, "quantity", quantity)
        rows = page.evaluate(f"Array.from({FIGURE}.data[0].z, (row) => Array.from(row, String))")
        shown = np.array(rows, float)
        expected = quantity_map(run, quantity).value.T
        if quantity in ("final_loss", "death_step", "half_life"):
            finite = np.isfinite(expected)
            np.testing.assert_array_equal(np.isfinite(shown), finite)
            lowest = expected[finite & (expected > 0)].min(initial=np.inf)
            np.testing.assert_allclose(10 ** shown[finite], expected[finite].clip(lowest), rtol=2e-3)
        else:
            np.testing.assert_allclose(shown, expected)
        said = page.locator("#map [role=img]").get_attribute("aria-label")
        assert said.startswith("Map of")
        assert "learning rate and initial bias" in said


def test_axes_are_chosen_pooled_and_held(report_of, look_at):
    run, path = report_of("four axes")
    page = look_at(path)
    choose(page, "quantity", "converged")
    shown = f"Array.from({FIGURE}.data[0].z, (row) => Array.from(row))"
    for x, y in (("learning_rate", "momentum"), ("init_bias", "momentum"), ("momentum", "weight_decay")):
        choose(page, "x", x)
        choose(page, "y", y)
        np.testing.assert_allclose(page.evaluate(shown), quantity_map(run, "converged", (x, y)).value.T)
    # An axis that is chosen for both changes places.
    choose(page, "x", "weight_decay")
    assert page.locator("#map-y").input_value() == "momentum"
    choose(page, "others", "held")
    choose(page, "x", "learning_rate")
    choose(page, "y", "init_bias")
    for name, index in (("momentum", 1), ("weight_decay", 0)):
        page.locator(f"#map-held-{name}").fill(str(index))
    settle(page)
    held = quantity_map(
        run, "converged", ("learning_rate", "init_bias"), at={"momentum": 0.9, "weight_decay": 0}
    )
    np.testing.assert_allclose(page.evaluate(shown), held.value.T)
    card = page.locator("#map-cell .card")
    assert number_after(card, "momentum") == 0.9
    choose(page, "others", "pooled")
    choose(page, "y", "")
    line = page.evaluate(f"{FIGURE}.data[1].y")
    np.testing.assert_allclose(line, quantity_map(run, "converged", ("learning_rate",)).value)


def test_zoom_by_buttons_keys_and_dragging(report_of, look_at):
    page = look_at(report_of("grid")[1])
    ranges = f"(({{xaxis, yaxis}}) => [...xaxis.range, ...yaxis.range])({FIGURE}.layout)"
    whole = page.evaluate(ranges)

    def spread():
        settle(page)
        low, high, *_ = page.evaluate(ranges)
        return high - low

    full = spread()
    page.get_by_role("button", name="Zoom in").click()
    assert spread() == pytest.approx(full / 2)
    page.get_by_role("button", name="Zoom out").click()
    assert spread() == pytest.approx(full)
    page.locator("#map-plot").focus()
    page.keyboard.press("+")
    assert spread() == pytest.approx(full / 2)
    page.keyboard.press("0")
    assert page.evaluate(ranges) == pytest.approx(whole)
    page.locator("#map").scroll_into_view_if_needed()
    start, end = place_of(page, 0.1, -1), place_of(page, 1, 1)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
    assert spread() == pytest.approx(1, abs=0.05)
    low, high = page.evaluate(ranges)[2:]
    assert (low, high) == (pytest.approx(-1, abs=0.1), pytest.approx(1, abs=0.1))
    # What is zoomed to stays where another quantity is chosen.
    choose(page, "quantity", "died")
    assert spread() == pytest.approx(1, abs=0.05)
    page.get_by_role("button", name="Show everything").click()
    assert spread() == pytest.approx(full)


def test_the_keyboard_reaches_everything(report_of, look_at):
    run, path = report_of("grid")
    page = look_at(path)
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.ariaLabel"))
        if reached[-1] == "map-plot":
            break
    assert {"map-quantity", "map-x", "map-y", "Zoom in", "Zoom out", "map-plot"} <= set(reached)
    card = page.locator("#map-cell .card")
    before = number_after(card, "learning rate"), number_after(card, "initial bias")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    rates, biases = (run.cells[name].values for name in ("learning_rate", "init_bias"))
    i, j = (int(np.argmin(abs(values - at))) for values, at in zip((rates, biases), before, strict=True))
    assert number_after(card, "learning rate") == pytest.approx(rates[min(i + 1, 10)], rel=1e-4)
    assert number_after(card, "initial bias") == pytest.approx(biases[min(j + 1, 6)], rel=1e-4)
    said = page.locator("#map [aria-live]").inner_text()
    assert re.search(r"learning rate .*, initial bias .*: ", said)


def test_a_click_on_a_cell_shows_the_life_of_one_of_its_neurons(report_of, look_at):
    run, path = report_of("grid")
    page = look_at(path)
    lives = json.loads(page.locator("#data").text_content())["lives"]["list"]
    cells = [life["cell"] for life in lives]
    alone = [life for life in lives if cells.count(life["cell"]) == 1]
    last = next(life for life in alone if life["cell"] + 7 not in cells)  # nor has the next learning rate one
    for life in (alone[3], last):
        page.locator("#map").scroll_into_view_if_needed()
        page.mouse.click(*place_of(page, life["place"]["learning_rate"], life["place"]["init_bias"]))
        # The life before may have met the same fate, for another reason.
        page.locator(".player .why", has_text=life["why"]).wait_for()
        assert Fate[life["fate"]].label in page.locator(".player h3").inner_text()
        counts = run.cells.fate_count.values.reshape(-1, len(Fate))[life["cell"]]
        assert shares_in(page.locator("#map-cell .card")) == dict(
            zip((fate.label for fate in Fate), counts, strict=True)
        )
    # The same by the keyboard; and a cell without a life says so.
    page.locator("#gallery button").first.click()
    page.locator("#map-plot").focus()
    page.keyboard.press("Enter")
    page.locator(".player .why", has_text=last["why"]).wait_for()
    page.keyboard.press("ArrowRight")
    assert "No life of this cell is in the file" in page.locator("#map-cell").inner_text()


def test_it_reads_on_a_telephone_and_in_the_dark(report_of, look_at):
    for scheme, is_light in (("light", True), ("dark", False)):
        page = look_at(report_of("grid")[1], width=360, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert (brightness(page, "document.body", "backgroundColor") > 0.5) == is_light
        assert (brightness(page, "document.querySelector('#map .xtick text')", "fill") < 0.5) == is_light
    # The figures follow when the scheme changes under them.
    page.emulate_media(color_scheme="light")
    settle(page)
    assert brightness(page, "document.querySelector('#map .xtick text')", "fill") < 0.5


def brightness(page, element, colour):
    """The luminance of a colour of an element."""
    return luminance(page.evaluate(f"getComputedStyle({element}).{colour}"))


def test_figures_have_text_alternatives(report_of, look_at):
    page = look_at(report_of("grid")[1])
    labels = page.evaluate(
        "Array.from(document.querySelectorAll('[role=img]'), (e) => e.getAttribute('aria-label'))"
    )
    assert len(labels) >= 3
    assert all(label and len(label) > 20 for label in labels)
