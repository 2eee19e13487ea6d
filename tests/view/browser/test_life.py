"""The player of lives in a real browser: it shows the numbers of training, and handling works."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest

import jaxneuron as jn
from jaxneuron.analysis.explain import full_pass
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.web.lives import shown_steps
from jaxneuron.view.web.report import life_report
from tests.view.browser.settled import settle, wait

pytestmark = pytest.mark.thorough

X = np.linspace(-1, 1, 16)
DATA = {"x": X, "y": np.maximum(0, 2 * X + 0.5)}
MANY = {"x": np.random.default_rng(0).normal(size=(80, 5)), "y": np.linspace(-1, 2, 80)}
SLIDER = ".player input[type=range]"
TRACES = "document.querySelector('.player [role=img]').data"


def study_of(data=DATA, neuron=None, num_steps=300, optimizer="sgd", **sweep):
    """A study of one neuron."""
    return jn.Study(
        data=data,
        neuron={"init_weight": 0.5} | (neuron or {}),
        training={"num_steps": num_steps, "optimizer": optimizer},
        sweep={"learning_rate": 0.2} | sweep,
    )


@pytest.fixture(scope="module")
def the_life():
    """The life that most tests look at."""
    return jn.train(study_of())


@pytest.fixture
def open_life(the_life, tmp_path, look_at):
    """A function that trains a neuron and opens its life: (training, page)."""

    def trained_and_opened(width=1280, scheme="light", **settings):
        training = jn.train(study_of(**settings)) if settings else the_life
        path = tmp_path / "life.html"
        life_report(training, path)
        return training, look_at(path, width=width, scheme=scheme)

    return trained_and_opened


def step_of(page):
    """The step that is shown."""
    return int(
        re.match(r"Step ([\d,]+) of", page.locator(".transport output").inner_text())[1].replace(",", "")
    )


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def seek(page, frame):
    page.locator(SLIDER).fill(str(frame))
    settle(page)


def numbers_in(text):
    """The numbers of a piece of the page."""
    text = text.replace("−", "-")
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?!\w)", text)]


def result(page, start):
    """The bold number of the line that starts so."""
    shown = (
        page.locator(".pass p")
        .filter(has_text=re.compile("^" + re.escape(start)))
        .locator("b")
        .first.inner_text()
    )
    return numbers_in(shown)[0]


def test_the_numbers_shown_are_those_of_the_step(open_life):
    training, page = open_life()
    assert page.get_by_label("Units").is_hidden()  # the data are not scaled
    steps = shown_steps(training, 200)
    for frame in (0, 1, 17, 60, len(steps) - 1):
        seek(page, frame)
        step = step_of(page)
        assert step == steps[frame]
        at = training.history.isel(step=step)
        weight, bias, update = float(at.weight[0]), float(at.bias), float(at.update_weight[0])
        assert numbers_in(page.locator(".pass p").first.inner_text())[-2:] == pytest.approx(
            [weight, bias], rel=1e-3
        )
        assert result(page, "ŷ = relu(z), L") == pytest.approx(float(at.loss), rel=1e-4)
        assert f"{int(at.num_active)} of 16" in page.locator(".pass").inner_text()
        assert result(page, "dL/dW = mean") == pytest.approx(float(at.grad_weight[0]), rel=1e-3)
        assert result(page, "dL/db = mean") == pytest.approx(float(at.grad_bias), rel=1e-3)
        assert result(page, "W ← W − η·dL/dW") == pytest.approx(weight + update, rel=1e-4)
        assert result(page, "b ← b − η·dL/db") == pytest.approx(bias + float(at.update_bias), rel=1e-4)
        z = weight * X + bias
        passing, silent = (page.evaluate(f"{TRACES}[{i}].x") for i in (0, 1))
        np.testing.assert_allclose(passing, X[z > 0])
        np.testing.assert_allclose(silent, X[z <= 0])
        line = np.array(
            page.evaluate(f"[3].map((i) => [{TRACES}[i].x, {TRACES}[i].y].map((v) => Array.from(v)))")[0]
        )
        np.testing.assert_allclose(line[1], np.maximum(0, weight * line[0] + bias), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("activation", "several"), [("relu", False), ("tanh", False), ("relu", True)])
def test_the_numbers_can_be_had_in_the_data_s_units(activation, several, open_life):
    x = 100 + 20 * (MANY["x"] if several else X)
    data = {"x": x, "y": 40 * np.linspace(0, 2, len(x)), "scale": "standard"}
    training, page = open_life(data=data, neuron={"activation": activation}, num_steps=30)
    seek(page, 5)
    trained = page.locator(".pass").inner_text()
    units = page.get_by_label("Units")
    units.select_option("data")
    settle(page)
    at = full_pass(training, 5, "data")
    words = page.locator(".pass p").first.inner_text()
    weights = numbers_in(re.sub("W[₁₂₃]? = ", "W = ", words))
    told = [*weights[: len(at.weight[:3])], weights[-1]]
    assert told == pytest.approx([*at.weight[:3], at.bias], rel=1e-3)
    factor = "" if activation == "relu" else f"{at.units.factor:.4g}·"
    assert result(page, f"ŷ = {factor}{activation}(z), L") == pytest.approx(at.loss, rel=1e-3)
    name = "dL/dW₁" if several else "dL/dW"
    assert result(page, f"{name} = mean") == pytest.approx(at.grad_weight[0], rel=1e-3)
    assert result(page, "b ← b + sgd's step") == pytest.approx(at.bias + float(at.update.bias), rel=1e-3)
    if not several:
        across, line = (np.array(page.evaluate(f"Array.from({TRACES}[3].{name})")) for name in "xy")
        scaling = training.data.scaling
        output = training.output(((across - scaling.x_offset) / scaling.x_scale)[:, None], row=5)
        np.testing.assert_allclose(line, output * scaling.y_scale, rtol=1e-6, atol=1e-6)
    units.select_option("trained")
    settle(page)
    assert page.locator(".pass").inner_text() == trained


def test_one_example_is_followed_through_the_chain_rule(open_life):
    training, page = open_life(neuron={"activation": "leaky_relu"}, negative_slope=0.3)
    seek(page, 5)
    at = training.history.isel(step=step_of(page))
    for _ in range(16):
        chosen = numbers_in(page.locator(".which output").inner_text())[0]
        x, y = X[int(chosen) - 1], DATA["y"][int(chosen) - 1]
        z = float(at.weight[0]) * x + float(at.bias)
        own = (z - y) * x if z > 0 else (0.3 * z - y) * 0.3 * x
        lines = page.locator(".pass > div").last
        assert numbers_in(lines.locator("b").first.inner_text())[0] == pytest.approx(z, rel=1e-3, abs=1e-9)
        assert numbers_in(lines.locator("b").last.inner_text())[0] == pytest.approx(own, rel=1e-3, abs=1e-9)
        press(page, "The next example")
    assert numbers_in(page.locator(".which output").inner_text())[0] == 9
    press(page, "The example before")
    assert numbers_in(page.locator(".which output").inner_text())[0] == 8


def test_it_plays_and_pauses_and_goes_step_by_step(open_life):
    training, page = open_life()
    last = training.num_steps
    assert step_of(page) == 0
    moves = [("One step on", 1), ("One step on", 2), ("One step back", 1), ("Last step", last)]
    moves += [("One step on", last), ("First step", 0), ("One step back", 0)]
    for name, step in moves:
        press(page, name)
        assert step_of(page) == step
    press(page, "Play")
    wait(page, lambda: step_of(page) > 3)
    press(page, "Pause")
    page.wait_for_timeout(200)
    stopped = step_of(page)
    assert stopped > 3
    page.wait_for_timeout(500)
    assert step_of(page) == stopped
    assert page.get_by_role("button", name="Play", exact=True).count() == 1


def test_playing_ends_at_the_last_step_and_begins_again(open_life):
    training, page = open_life(data={"x": [1.0], "y": [2.0]}, learning_rate=0.9, num_steps=20)
    page.select_option(".player select", "fast")
    press(page, "Play")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.wait_for_timeout(200)
    assert step_of(page) == training.num_steps
    page.evaluate("window.setInterval = () => 1")  # or it may come to its end again
    press(page, "Play")
    assert step_of(page) == 0


def test_the_keyboard_plays_it(open_life):
    training, page = open_life()
    page.locator(".player").focus()
    for key, step in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", training.num_steps),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        settle(page)
        assert step_of(page) == step
    page.keyboard.press("Space")
    wait(page, lambda: step_of(page) > 2)
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    stopped = step_of(page)
    page.wait_for_timeout(400)
    assert step_of(page) == stopped
    # On a button arrows step, and space presses it once.
    page.get_by_role("button", name="First step").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert step_of(page) == stopped + 1
    page.keyboard.press("Space")
    settle(page)
    assert step_of(page) == 0
    # The slider has arrows of its own: one press is one step.
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert step_of(page) == 1
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.ariaLabel"))
    assert {"First step", "Play", "One step on", "Step", "Speed", "The next example"} <= reached


def test_pressing_and_dragging_on_the_loss_goes_there(open_life):
    training, page = open_life()
    plot = page.locator(".player .seeks")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    place = (
        "(({xaxis}) => [xaxis._offset, xaxis._length])(document.querySelector('.player .seeks')._fullLayout)"
    )
    left, length = page.evaluate(place)
    y, first, last = box["y"] + box["height"] / 2, box["x"] + left, box["x"] + left + length
    page.mouse.move(last - 2, y)
    assert step_of(page) == 0
    page.mouse.down()
    settle(page)
    assert step_of(page) == training.num_steps
    page.mouse.move((first + last) / 2, y, steps=4)
    settle(page)
    low, high = page.evaluate("document.querySelector('.player .seeks').layout.xaxis.range")
    assert step_of(page) == pytest.approx(10 ** ((low + high) / 2), abs=1)
    page.mouse.up()
    there = step_of(page)
    page.mouse.move(first + 3, y)
    settle(page)
    assert step_of(page) == there


def test_what_is_said_is_what_is_shown(open_life):
    training, page = open_life()
    said = page.locator(".player [aria-live]")
    press(page, "One step on")
    at = training.history.isel(step=1)
    assert said.inner_text().startswith(
        f"Step 1 of 300: loss {float(at.loss):.4g}, {int(at.num_active)} of 16"
    )
    figures = page.locator(".player [role=img]")
    for label in figures.evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))"):
        assert "Step 1 of 300" in label
    assert page.locator(SLIDER).get_attribute("aria-valuetext") == "Step 1 of 300"


def test_it_fits_a_telephone_and_reads_in_the_dark(open_life):
    _, page = open_life(width=360, scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for other in ("dark", "light", "dark"):
        page.emulate_media(color_scheme=other)
        settle(page)
        fill = page.evaluate("getComputedStyle(document.querySelector('.player .xtick text')).fill")
        assert (sum(map(int, re.findall(r"\d+", fill)[:3])) > 384) == (other == "dark")
    # Figures stand one below the other, and none is wider than the page.
    boxes = [one.bounding_box() for one in page.locator(".player [role=img]").all()]
    assert all(above["y"] + above["height"] <= below["y"] for above, below in itertools.pairwise(boxes))
    assert max(box["x"] + box["width"] for box in boxes) <= 360


# Every activation is among them.
ODD = {
    "diverged": {"neuron": {"activation": "identity"}, "learning_rate": 50.0},
    "diverged at once": {"neuron": {"activation": "identity"}, "learning_rate": 1e30},
    "no steps": {"num_steps": 0},
    "all losses are 0": {"data": {"x": X, "y": 0 * X}, "neuron": {"init_weight": 0.0}},
    "one example": {"data": {"x": [1.0], "y": [2.0]}},
    "several inputs": {"data": MANY},
    "no bias": {"neuron": {"train_bias": False, "activation": "sigmoid"}},
    "adam": {"optimizer": "adam", "neuron": {"activation": "elu"}},
    "decay": {"weight_decay": 0.1, "neuron": {"activation": "softplus"}},
    "gelu": {"neuron": {"activation": "gelu"}},
    "scaled targets": {"target_scale": -2.0, "neuron": {"activation": "tanh"}},
    "leaky": {"neuron": {"activation": "leaky_relu"}},
}


@pytest.mark.parametrize("kind", ODD)
def test_every_kind_of_life_is_played(open_life, kind):
    training, page = open_life(**ODD[kind])
    frames = int(page.locator(SLIDER).get_attribute("max"))
    for frame in sorted({0, frames // 2, frames}):
        seek(page, frame)
        shown = page.locator(".player").inner_text()
        assert not re.search("NaN|undefined|Infinity|null", shown)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert f"Step {step_of(page):,} of {training.num_steps:,}" in shown
    passing, silent = (page.evaluate(f"{TRACES}[{i}].y") for i in (0, 1))
    assert set(passing + silent) <= set(training.targets)
    if len(training.data.inputs) == 1:
        assert sorted(passing + silent) == sorted(training.targets)
        if training.fate != Fate.diverged:
            x, y = (np.array(page.evaluate(f"Array.from({TRACES}[3].{axis})")) for axis in "xy")
            np.testing.assert_allclose(y, training.output(x[:, None]), rtol=2e-6, atol=2e-6)
    if kind == "all losses are 0":
        # z = 0 passes no gradient.
        assert len(silent) == len(X)
    if training.fate == Fate.diverged:
        assert "beyond the view" in shown
        assert "not finite" in shown
    if kind == "several inputs":
        assert len(page.evaluate(f"[...{TRACES}[0].x, ...{TRACES}[1].x]")) == 60
        assert "60 of 80 examples are drawn" in shown
        assert "W₃" in shown
        assert "W₄" not in shown
    if kind == "adam":
        assert "W ← W + adam's step" in shown
    press(page, "Play")
    page.wait_for_timeout(200)


def test_names_from_the_data_are_shown_letter_by_letter(tmp_path, open_life):
    names = ["<b>bold</b> & <script>window.stolen=1</script>", "<i>t</i>&amp; 食費 🍞 " + "long " * 50]
    pd.DataFrame(dict(zip(names, (X, DATA["y"]), strict=True))).to_csv(tmp_path / "data.csv", index=False)
    data = {"file": str(tmp_path / "data.csv"), "inputs": [names[0]], "target": names[1]}
    _, page = open_life(data=data, width=360)
    assert page.evaluate("window.stolen") is None
    assert names[0][:30] in page.locator(".pass").inner_text()
    drawn = page.locator(".player .g-xtitle").first.text_content()
    assert drawn.startswith("<b>bold</b> &")
    assert page.locator(".player .g-ytitle").first.text_content().startswith("<i>t</i>&amp; 食費")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_of_lives_asked_for_at_once_the_last_is_shown(report_of, look_at):
    page = look_at(report_of("grid")[1])
    names = page.locator("#gallery button").all_inner_texts()
    # What is unpacked first comes last, as of a longer life.
    page.evaluate(
        """() => {
            const unpack = Response.prototype.arrayBuffer;
            Response.prototype.arrayBuffer = function () {
                const waits = window.isSlow ? 200 : 0;
                return new Promise((done) => setTimeout(() => done(unpack.call(this)), waits));
            };
        }"""
    )
    dead = names.index("one born dead")
    for other in range(len(names)):
        click = "document.querySelectorAll('#gallery button')[{}].click()"
        page.evaluate(
            f"window.isSlow = true; {click.format(other)}; window.isSlow = false; {click.format(dead)}"
        )
        page.wait_for_timeout(300)
        settle(page)
        assert page.locator(".player h3").inner_text() == "one born dead: born dead"
        assert page.locator("#gallery button[aria-pressed=true]").inner_text() == "one born dead"
        assert step_of(page) == 0
        assert "none passes a gradient" in page.locator(".player .why").inner_text()
