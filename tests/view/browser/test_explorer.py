"""The living map in a real browser: it is trained again wherever one looks, and nothing stale is shown."""

import base64
import contextlib
import json
import urllib.request
from urllib.parse import urlsplit

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.explorer.server import serving
from jaxneuron.neuron.fate import Fate
from tests.explorer.pictures import assembled, messages

X = np.linspace(-1, 1, 8)
STUDY = jn.Study(
    data={"x": X, "y": np.maximum(0, 2 * X + 0.5)},
    neuron={"init_weight": -1.0},
    training={"num_steps": 30},
    sweep={"learning_rate": jn.Log(0.01, 10, num=9), "init_bias": jn.Linear(-3, 3, num=9)},
)
MAP, PLOT = "#map", "#map-plot"
# Zooms in and out so many times, each time until the whole picture is there.
VIEWS = """async (views) => {
    const [map, plot] = ["map", "map-plot"].map((id) => document.getElementById(id));
    const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
    for (let i = 0; i < views; i++) {
        plot.dispatchEvent(new KeyboardEvent("keydown", { key: i % 2 ? "-" : "+", bubbles: true }));
        for (await wait(20); map.dataset.picture !== "fine";) await wait(10);
    }
}"""


@pytest.fixture(scope="module")
def address():
    with serving(STUDY, port=0) as address:
        yield address


def fine(page):
    """Wait until the whole picture is drawn: from two frames after what was done on."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 90)))")
    page.wait_for_selector(f"{MAP}[data-picture=fine]")


def view_of(page):
    """The view that the address of the page holds."""
    text = urlsplit(page.url).fragment
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def cells_shown(page):
    """[rows, columns] of the fates that the pixels have the colours of, the lowest row first."""
    columns, rows, pixels = page.evaluate(
        """() => {
            const canvas = document.querySelector("#map canvas");
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const bytes = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
            return [canvas.width, canvas.height, btoa(bytes)];
        }"""
    )
    pixels = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(rows, columns, 4)[::-1, :, :3]
    style = "getComputedStyle(document.documentElement)"
    colours = [
        page.evaluate(f"{style}.getPropertyValue('--fate-{fate.name.replace('_', '-')}').trim()")
        for fate in Fate
    ]
    known = np.array([list(bytes.fromhex(colour[1:])) for colour in colours])
    apart = abs(pixels[:, :, None].astype(int) - known).sum(-1)
    assert apart.min(-1).max() == 0
    return apart.argmin(-1)


def cells_asked(address, view, shape):
    """The fates of a view, asked of the server again."""
    body = json.dumps(view | {"cells": [shape[1], shape[0]]}).encode()
    with urllib.request.urlopen(f"{address}picture", body) as response:
        _, levels = assembled(list(messages(response.read())))
    return levels[max(levels)]["counts"].argmax(0)


def test_the_page_opens_and_shows_what_the_server_trains(explore, address):
    page = explore(width=600)
    page.locator(PLOT).press("+")
    fine(page)
    shown = cells_shown(page)
    np.testing.assert_array_equal(shown, cells_asked(address, view_of(page), shown.shape))
    assert len(np.unique(shown)) >= 3
    words = page.locator(".position").inner_text()
    assert words.startswith("Zoomed in 2 times: learning rate from ")
    assert "trained in float32" in words


@pytest.mark.thorough
def test_fifty_gestures_in_a_row_leave_no_stale_picture(explore, address):
    page = explore(width=600, height=1800)
    box = page.locator(".gestures").bounding_box()
    rng = np.random.default_rng(1)
    page.locator(PLOT).focus()
    for _ in range(50):
        x, y = (box[s] + box[d] * rng.uniform(0.2, 0.8) for s, d in (("x", "width"), ("y", "height")))
        act = rng.integers(5)
        page.mouse.move(x, y)
        if act == 0:
            page.mouse.wheel(0, float(rng.choice([-120, 90])))
        elif act == 1:
            page.keyboard.press(str(rng.choice(["+", "-", "0", "Shift+ArrowUp", "Backspace"])))
        elif act == 2:
            page.mouse.down()
            page.mouse.move(x + 60, y + 50, steps=3)
            page.mouse.up()
        elif act == 3:
            page.get_by_role("button", name="Zoom out").click()
        else:
            page.select_option("#map-x", str(rng.choice(["learning_rate", "init_weight"])))
    fine(page)
    shown = cells_shown(page)
    np.testing.assert_array_equal(shown, cells_asked(address, view_of(page), shown.shape))


@pytest.mark.thorough
def test_an_answer_that_comes_late_is_not_drawn(explore, address):
    page = explore(width=360)
    held = []
    page.route("**/picture", lambda route: held.append(route))
    for number in (1, 2):
        page.locator(PLOT).press("+")
        while len(held) < number:
            page.wait_for_timeout(20)
    held[1].continue_()
    page.wait_for_selector(f"{MAP}[data-picture=fine]")
    with contextlib.suppress(Exception):  # where the page has given it up, as it should
        held[0].continue_()
    page.wait_for_timeout(500)
    fine(page)
    shown = cells_shown(page)
    np.testing.assert_array_equal(shown, cells_asked(address, view_of(page), shown.shape))


@pytest.mark.thorough
def test_keys_alone_lead_to_a_boundary_and_to_a_life(explore):
    page = explore(width=600)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the map
    assert page.evaluate("document.activeElement.id") == "map-plot"
    place = page.locator("#map-cell dl").first
    for key in ("+", "Control+ArrowRight", "ArrowUp", "Shift+ArrowLeft", "+", "-"):
        before = place.inner_text(), page.url
        page.keyboard.press(key)
        fine(page)
        assert (place.inner_text(), page.url) != before
    page.keyboard.press("Enter")
    page.locator(".player h3").first.wait_for()
    rate = float(place.locator("dt:text-is('learning rate') + dd").inner_text())
    words = page.locator(".player .note").first.inner_text()
    assert float(words.split("learning rate ")[1].split(",")[0]) == pytest.approx(rate, rel=1e-3)


@pytest.mark.thorough
def test_the_memory_does_not_grow_with_the_views(explore):
    page = explore(width=360)
    cdp = page.context.new_cdp_session(page)

    def used(views):
        page.evaluate(VIEWS, views)
        cdp.send("HeapProfiler.collectGarbage")
        heap = cdp.send("Runtime.getHeapUsage")
        return heap["usedSize"] + heap["backingStorageSize"]

    # At first what the browser compiles adds to it.
    before = used(40)
    assert used(100) < 1.05 * before


@pytest.mark.thorough
def test_box_wheel_and_fingers_look_where_they_are(explore):
    page = explore(height=1800, has_touch=True)
    box = page.locator(".gestures").bounding_box()

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    def ends(name):
        fine(page)
        span = view_of(page)[name]
        return [span["low"], span["high"]]

    start = page.evaluate("fetch('begin').then((answer) => answer.json())")
    low, high = np.log([start["x"]["low"], start["x"]["high"]])
    page.mouse.move(*at(0.25, 0.5))
    page.mouse.down()
    page.mouse.move(*at(0.75, 1.0), steps=5)
    page.mouse.up()
    expected = [low + 0.25 * (high - low), low + 0.75 * (high - low)]
    np.testing.assert_allclose(np.log(ends("x")), expected, atol=0.01 * (high - low))
    middle = start["y"]["low"] + 0.5 * (start["y"]["high"] - start["y"]["low"])
    assert ends("y") == pytest.approx([middle, start["y"]["high"]], abs=0.05)
    # A wheel leaves the value beneath the pointer where it is.
    page.mouse.move(*at(0.0, 1.0))
    before = ends("x")
    page.mouse.wheel(0, -300)
    after = ends("x")
    assert after[0] == pytest.approx(before[0], rel=0.01)
    assert after[1] < before[1]
    cdp = page.context.new_cdp_session(page)
    wide = np.ptp(np.log(ends("x")))

    def fingers(kind, *places):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", at(0.4, 0.5), at(0.6, 0.5))
    for apart in (0.15, 0.2, 0.3):
        fingers("touchMove", at(0.5 - apart, 0.5), at(0.5 + apart, 0.5))
    fingers("touchEnd")
    assert np.ptp(np.log(ends("x"))) == pytest.approx(wide / 3, rel=0.1)
    page.get_by_role("button", name="Show everything").click()
    assert ends("x") == pytest.approx([start["x"]["low"], start["x"]["high"]])


@pytest.mark.thorough
def test_the_address_holds_the_view(explore, address):
    page = explore(width=600)
    for key in ("+", "ArrowRight", "+", "Shift+ArrowUp"):
        page.locator(PLOT).press(key)
        fine(page)
    page.select_option("#map-quantity", "final_loss")
    fine(page)
    picture = "document.querySelector('#map canvas').toDataURL()"
    last, url = page.evaluate(picture), page.url
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate(picture) == last
    for _ in range(4):
        page.go_back()
    fine(page)
    assert page.locator(".position").inner_text().startswith("The whole view")
    page.get_by_role("button", name="Forward").click()
    fine(page)
    assert page.locator(".position").inner_text().startswith("Zoomed in 2 times")
    shared = explore(width=600, at=f"#{urlsplit(url).fragment}")
    assert shared.evaluate(picture) == last
    broken = explore(at="#nothing")
    assert "holds no view that can be read" in broken.locator("#knobs [role=alert]:not(:empty)").inner_text()
    assert broken.locator(".position").inner_text().startswith("The whole view")


@pytest.mark.thorough
def test_knobs_train_the_map_again_and_say_what_cannot_be(explore, address):
    page = explore(width=360)
    page.select_option("#knob-optimizer", "momentum")
    fine(page)
    page.select_option("#knob-method", "limit")
    said = page.locator("#knobs [role=alert]:not(:empty)")
    said.filter(has_text="jumps").wait_for()
    assert page.locator(MAP).get_attribute("data-picture") == "stale"
    training = {"optimizer": "momentum", "num_steps": "inf", "method": "jumps", "precision": "float64"}
    assert view_of(page)["study"]["training"] == training
    page.select_option("#knob-method", "steps")
    fine(page)
    assert said.count() == 0
    shown = cells_shown(page)
    np.testing.assert_array_equal(shown, cells_asked(address, view_of(page), shown.shape))
    # What leaves the map becomes a number, and what it needs goes with the optimizer.
    page.select_option("#map-y", "momentum")
    fine(page)
    assert page.locator("#knob-init_bias").input_value() != ""
    page.select_option("#knob-optimizer", "sgd")
    fine(page)
    assert view_of(page)["y"]["name"] == "init_bias"
    page.locator("#knob-replicates").fill("3")
    page.locator("#knob-replicates").press("Enter")
    fine(page)
    assert page.locator("#map-cell dt:text-is('neurons') + dd").inner_text() == "3"


@pytest.mark.thorough
def test_zooming_comes_to_an_end_that_is_said(explore, address):
    page = explore(width=360)
    page.locator(PLOT).press("+")
    fine(page)
    view = view_of(page)
    view["x"] |= {"low": 0.3, "high": 0.3 + 1e-12}
    view["y"] |= {"low": 0.5, "high": 0.5 + 1e-12}
    page = explore(
        width=360, at="#" + base64.urlsafe_b64encode(json.dumps(view).encode()).decode().rstrip("=")
    )
    for _ in range(20):
        page.locator(PLOT).press("+")
        page.wait_for_selector(f"{MAP}[data-picture=fine]")
        words = page.locator(".position").inner_text()
        if "The end is reached" in words:
            break
    fine(page)
    assert "The end is reached" in words
    assert "trained in float64" in words
    low, high = words.split("learning rate from ")[1].split(",")[0].split(" to ")
    assert low != high
    url = page.url
    page.locator(PLOT).press("+")
    fine(page)
    assert page.url == url


@pytest.mark.thorough
def test_the_view_is_taken_away(explore, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = explore(width=360)
    taken = {}
    for name in ("study.toml", "SVG", "PNG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        taken[name] = download.value.path().read_bytes()
    assert b"learning_rate" in taken["study.toml"]
    svg = taken["SVG"].decode()
    assert "<image" in svg
    assert "Map of most frequent fate" in svg.replace("</tspan>", " ")
    assert taken["PNG"].startswith(b"\x89PNG")
    page.locator("#sweep-name").fill("taken")
    page.get_by_role("button", name="Sweep this").click()
    page.locator("#take-away [role=status]", has_text="runs/taken.zarr").wait_for()
    assert jn.open_run("runs/taken.zarr").is_whole


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_everything_has_a_name_and_fits(explore, width, scheme):
    page = explore(width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cdp = page.context.new_cdp_session(page)
    tree = cdp.send("Accessibility.getFullAXTree")["nodes"]
    acts = (
        "button",
        "combobox",
        "spinbutton",
        "checkbox",
        "textbox",
        "group",
        "slider",
        "progressbar",
    )
    nameless = [
        node["role"]["value"]
        for node in tree
        if not node.get("ignored")
        and node.get("role", {}).get("value") in acts
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    figures = page.locator("[role=img]:visible")
    assert all(figure.get_attribute("aria-label") for figure in figures.all())
    assert page.locator("#map [aria-live]").inner_text().startswith("The whole view")
