"""The explorer's lives, its drawn data and its situations, in a real browser."""

import re

import pytest

import jaxneuron as jn
from jaxneuron.explorer.server import serving
from jaxneuron.explorer.situations import SITUATIONS
from tests.view.browser.settled import wait
from tests.view.browser.test_explorer import fine, view_of

X, Y = [-1.0, -0.5, 0.0, 0.5, 1.0], [0.0, 0.0, 0.5, 1.5, 2.5]
DATA = {"x": X, "y": Y, "scale": "none"}
STUDY = jn.Study(
    data=DATA,
    neuron={"init_weight": 0.5},
    training={"num_steps": 50},
    sweep={"learning_rate": jn.Log(0.01, 10, num=9), "init_bias": jn.Linear(-3, 3, num=9)},
)
EXAMPLE = ".drawing .example"


@pytest.fixture(scope="module")
def address():
    with serving(STUDY, port=0) as address:
        yield address


def click(page, across, up):
    """Click the map at shares of its width and height, and give the life that comes: its place by name."""
    box = page.locator("#map .gestures").bounding_box()
    at = {"x": across * box["width"], "y": (1 - up) * box["height"]}
    with page.expect_response("**/life") as answer:
        page.locator("#map .gestures").click(position=at)
    wait(page, lambda: page.locator(".life[aria-busy=true]").count() == 0)
    return answer.value.json()["place"]


def press(page, name, number=1):
    page.locator(".life").nth(number - 1).get_by_role("button", name=name, exact=True).click()


def facts(page, number=1):
    return page.locator(".life .note").nth(number - 1).inner_text()


def step(page, number=1):
    return page.locator(".life .transport output").nth(number - 1).inner_text()


def drag(page, node, right, down, after=lambda part: None):
    """Drag a node by pixels, in 20 movements; something is done after each of them."""
    node.scroll_into_view_if_needed()
    box = node.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 21):
        page.mouse.move(x + right * part / 20, y + down * part / 20)
        page.wait_for_timeout(20)
        after(part)
    page.mouse.up()


def drawn(page):
    """[x], [y] of the examples in the address."""
    data = view_of(page)["study"]["data"]
    return data["x"], data["y"]


def test_a_click_trains_the_neuron_that_python_trains(explore):
    page = explore()
    place = click(page, 0.4, 0.7)
    # Edges lie half a cell of the study's axes beyond their ends.
    assert place["learning_rate"] == pytest.approx(10 ** (-2.1875 + 0.4 * 3.375), rel=0.01)
    assert place["init_bias"] == pytest.approx(-3.375 + 0.7 * 6.75, abs=0.01)
    neuron = jn.train(jn.Study(**{**STUDY.model_dump(exclude={"sweep"}), "data": DATA, "sweep": place}))
    press(page, "Last step")
    wait(page, lambda: step(page) == f"Step {neuron.num_steps} of {neuron.num_steps}")
    said = page.locator(".life .pass").first.inner_text().replace("−", "-")
    for name, value in (("W = ", neuron.weight[0]), ("b = ", neuron.bias), ("(ŷ - y)² = ", neuron.loss)):
        shown = re.search(re.escape(name) + r"(-?[\d.]+(?:e-?\d+)?)", said)
        assert float(shown[1]) == pytest.approx(float(value), rel=1e-3), name


@pytest.mark.thorough
@pytest.mark.parametrize("width", [1280, 360])
def test_two_lives_stand_side_by_side_and_play_together(explore, width):
    page = explore(width=width, height=900)
    first = click(page, 0.3, 0.8)
    page.get_by_role("button", name="Compare with a second life").click()
    second = click(page, 0.6, 0.6)
    assert first != second
    assert facts(page) != facts(page, 2)
    boxes = [page.locator(".life").nth(i).bounding_box() for i in (0, 1)]
    assert (boxes[0]["y"] == boxes[1]["y"]) == (width > 1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Play or pause both").click()
    wait(page, lambda: all("Step 0 " not in step(page, number) for number in (1, 2)))
    page.get_by_role("button", name="Only one life").click()
    assert page.locator(".life").nth(1).is_hidden()
    assert page.locator(".gestures .point").count() == 1


@pytest.mark.thorough
def test_a_life_follows_its_point_and_keeps_its_step(explore):
    page = explore()
    click(page, 0.3, 0.8)
    page.locator(".life input[type=range]").first.fill("7")
    press(page, "The next example")
    before = facts(page)
    drag(page, page.locator(".gestures .point"), 60, 40)
    wait(page, lambda: facts(page) != before)
    wait(page, lambda: page.locator(".life[aria-busy=true]").count() == 0)
    assert step(page).startswith("Step 7 ")
    assert page.locator(".which output").first.inner_text() == "example 4 of 5"
    moved = facts(page)
    page.locator(".gestures .point").focus()
    page.keyboard.press("ArrowLeft")
    wait(page, lambda: facts(page) != moved)
    page.evaluate("window.setInterval = () => 1")  # or it may come to its end meanwhile
    press(page, "Play")
    drag(page, page.locator(".gestures .point"), -40, 0)
    assert page.locator(".life").first.get_by_role("button", name="Pause").is_visible()


@pytest.mark.thorough
def test_a_dragged_example_changes_the_fates_at_once(explore):
    page = explore()
    page.get_by_role("button", name="Draw on these").click()
    assert drawn(page) == (X, Y)
    fine(page)
    before, fates = drawn(page), page.locator("#map .note").first.inner_text()
    page.evaluate(
        """() => {
            const map = document.getElementById("map");
            window.pictures = 0;
            const count = () => { window.pictures += map.dataset.picture !== "stale"; };
            new MutationObserver(count).observe(map, {attributes: true});
        }"""
    )

    def a_picture_comes(part):
        if part % 6 == 0:  # the example is still held
            wait(page, lambda: page.evaluate("pictures") >= part // 6)

    drag(page, page.locator(EXAMPLE).nth(0), 30, -120, after=a_picture_comes)
    fine(page)
    x, y = drawn(page)
    assert x[1:] == before[0][1:]
    assert (x[0], y[0]) != (before[0][0], before[1][0])
    assert page.locator("#map .note").first.inner_text() != fates
    page.go_back()
    fine(page)
    assert drawn(page) == before
    assert page.locator("#map .note").first.inner_text() == fates


@pytest.mark.thorough
def test_examples_are_drawn_by_keys_alone(explore):
    page = explore()
    page.get_by_role("button", name="Draw on these").press("Enter")
    page.locator("#data-file").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.example')"):
            break
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Example 1 of 5: x ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    x, y = drawn(page)
    assert x[0] > X[0]
    assert y[0] > Y[0]
    page.keyboard.press("Enter")
    assert len(drawn(page)[0]) == 6
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Example 6 of 6: x ")
    for left in (5, 4, 3, 2, 1, 1):
        page.keyboard.press("Delete")
        assert len(drawn(page)[0]) == left
    assert page.locator(".drawing [role=status]").inner_text().startswith("This one has to stay")
    page.go_back()
    wait(page, lambda: len(drawn(page)[0]) == 2 == page.locator(EXAMPLE).count())


def drop(page, name, content):
    """Drop a file on the page."""
    files = page.evaluate_handle(
        """([name, content]) => {
            const files = new DataTransfer();
            files.items.add(new File([content], name));
            return files;
        }""",
        [name, content],
    )
    page.dispatch_event("#lives", "drop", {"dataTransfer": files})


@pytest.mark.thorough
def test_a_dropped_file_is_used_or_refused_in_one_line(explore):
    page = explore()
    before = view_of(page) if "#" in page.url else None
    for name, content, said in (
        ("bad.csv", "\x00\x01", "bad.csv"),
        ("words.csv", "a,b\nx,1\ny,2\n", "words.csv"),
    ):
        drop(page, name, content)
        use = page.get_by_role("button", name="Use these columns")
        line = page.locator("#data .refused")
        wait(page, lambda use=use, line=line: use.is_visible() or line.inner_text())
        if use.is_visible():
            use.click()
        wait(page, line.inner_text)
        assert said in line.inner_text()
        assert "\n" not in line.inner_text()
        assert (view_of(page) if "#" in page.url else None) == before
    drop(page, "good.csv", "a,b,c\n1,2,3\n2,3,5\n4,5,6\n")
    page.get_by_label("Inputs, one or more").select_option(["a", "b"])
    page.get_by_role("button", name="Use these columns").click()
    wait(page, lambda: "learn c from a, b: 3 examples" in page.locator("#data .what").inner_text())
    assert page.locator("#data .refused").inner_text() == ""
    assert view_of(page)["study"]["data"]["inputs"] == ["a", "b"]
    fine(page)


@pytest.mark.thorough
def test_a_situation_is_a_view_with_its_sentence_and_its_life(explore):
    page = explore()
    (situation,) = (each for each in SITUATIONS if each.title == "Born dead on one side")
    with page.expect_response("**/life") as answer:
        page.get_by_role("button", name=situation.title).click()
    assert answer.value.json()["fate"] == "born_dead"
    fine(page)
    assert page.locator(".situation").inner_text() == situation.sentence
    assert page.get_by_role("button", name=situation.title).get_attribute("aria-pressed") == "true"
    assert view_of(page)["quantity"] == situation.quantity
    wait(page, lambda: "born dead" in page.locator(".life h3").first.inner_text())
    page.go_back()
    wait(page, lambda: page.locator(".situation").inner_text() != situation.sentence)
