"""A real browser: Debian's chromium, or the one that $CHROMIUM names, without a window."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.view.web.report import report
from tests.studies import BIASES, RATES, REPLICATES, SWEEPS, X
from tests.view.browser.settled import SCRIPT

# Without these it looks for hosts of its maker.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


DATA = {"x": X, "y": np.maximum(0, 2 * X + 0.5)}


def study(data=DATA, num_steps=60, optimizer="sgd", **sweep):
    """A small study of what is swept."""
    return jn.Study(
        data=data,
        training={"num_steps": num_steps, "optimizer": optimizer},
        sweep={"learning_rate": 0.1, "replicates": REPLICATES} | sweep,
    )


# Those whose reports are looked at beside those of the designs that all tests of views share.
STUDIES = {
    "four axes": study(
        optimizer="momentum",
        learning_rate=jn.Log(0.01, 3, num=4),
        init_bias=jn.Linear(-2, 2, num=3),
        momentum=[0.0, 0.9],
        weight_decay=[0.0, 0.1],
    ),
    "one example": study(data={"x": [1.0], "y": [2.0]}),  # and no axis
    "many points": study(
        learning_rate=jn.LogUniform(0.01, 5),
        init_bias=jn.Uniform(-2, 2),
        points={"random": 5000},
        replicates=1,
    ),
    "no steps": study(num_steps=0, learning_rate=RATES, init_bias=BIASES),
    "several inputs": study(  # and one axis
        data={"x": np.random.default_rng(0).normal(size=(20, 3)), "y": np.arange(20.0)},
        learning_rate=jn.Log(0.01, 0.5, 11),
    ),
}


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """The browser, started once for all tests of a process."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Debian's package chromium")
        pytest.skip("no chromium is installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def report_of(run_of, tmp_path_factory):
    """(the run of a design or of a study above, the path of its report), made when first asked for."""
    folder, made = tmp_path_factory.mktemp("reports"), {}

    def report_of_run(name: str):
        if name not in made:
            path = folder / f"{len(made)}.html"
            run = run_of(name) if name in SWEEPS else jn.sweep(STUDIES[name], path.with_suffix(".zarr"))
            report(run, path)
            made[name] = run, path
        return made[name]

    return report_of_run


@pytest.fixture
def browse(browser) -> Iterator[Callable]:
    """Opens an address, `browse(url, width=1280, scheme="light")`: a page that is ready, if it is one. In the
    end the console has to be without errors, and nothing may have been asked for but there."""
    said, asked, opened, places = [], [], [], ["data:", "blob:"]

    def open_page(url: str, width: int = 1280, height: int = 900, scheme: str = "light", **more):
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **more)
        opened.append(context)
        places.append(url.partition("#")[0])
        context.add_init_script(SCRIPT)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        if not url.endswith((".svg", ".png")):
            try:
                page.wait_for_selector("html[data-ready]", state="attached")
            except Exception as error:
                raise AssertionError(f"{url} does not become ready; the console says {said}") from error
        return page

    yield open_page
    for context in opened:
        with contextlib.suppress(Exception):
            context.close()
    # Chromium says itself that a request was refused; the page tells why.
    assert said == []
    assert [url for url in asked if not url.startswith(tuple(places))] == []


@pytest.fixture
def look_at(browse) -> Callable:
    """Opens a file, `look_at(path, width=1280, scheme="light")`, which asks for no other one."""
    return lambda path, **how: browse(path.resolve().as_uri(), **how)


@pytest.fixture
def explore(browse, address) -> Callable:
    """Opens the page that a module serves at its `address`, `explore(width=1280, at="#…")`, when its first
    picture is there."""
    return lambda at="", **how: browse(address + at, **how)
