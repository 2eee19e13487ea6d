"""How soon the living map follows a gesture: in headless Chromium, beside the training called directly."""

import contextlib
import json
import math
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
import numpy as np
import psutil
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from rich.console import Console
from rich.table import Table

from jaxneuron.explorer.beginnings import beginning_of
from jaxneuron.explorer.known_data import KnownData
from jaxneuron.explorer.pictures import Trainer
from jaxneuron.explorer.views import View
from jaxneuron.population.kept import num_cores
from jaxneuron.runner.program import Program
from jaxneuron.study.study import read_study
from jaxneuron.study.window import Window

HERE = Path(__file__).parent
WINDOW: ViewportSize = {"width": 1280, "height": 1000}
GESTURES, VIEWS, DRAGS = 24, 200, 40
MAP, PLOT = "#map", "#map-plot"
STUDY, WEIGHT = Path("experiments/engel/study.toml"), "neuron.init_weight=-1.0"
TRAININGS = {
    "1000 steps": ("training.num_steps=1000",),
    "10⁵ steps by jumps": (
        *("training.method=jumps", "training.num_steps=100000", "training.precision=float64"),
    ),
}

# When the page draws a coarse picture and the whole one, in milliseconds from the gesture on, each with the
# frame that shows it. A gesture is a key, whose time is known.
CANVAS = "(({width, height}) => [width, height])(document.querySelector('#map canvas'))"
WATCH = """
window.drawn = {};
new MutationObserver(() => {
  const { picture } = document.querySelector("#map").dataset;
  const since = window.begun;
  requestAnimationFrame(() => { window.drawn[picture] ??= performance.now() - since; });
}).observe(document.querySelector("#map"), { attributes: true, attributeFilter: ["data-picture"] });
document.addEventListener("keydown", () => { window.begun = performance.now(); window.drawn = {}; }, true);
"""
COUNT = """
window.pictures = 0;
new MutationObserver(() => {
  if (document.querySelector("#map").dataset.picture === "fine") window.pictures += 1;
}).observe(document.querySelector("#map"), { attributes: true, attributeFilter: ["data-picture"] });
"""


def settings_of(training: tuple[str, ...]) -> tuple[str, ...]:
    """Engel's study in some training, with one neuron a cell, and all of one weight."""
    return (WEIGHT, "sweep.replicates=1", *training)


@contextlib.contextmanager
def explored(training: tuple[str, ...]) -> Iterator[tuple[str, psutil.Process]]:
    """(the address, the process) of a server of its own, as a person starts it."""
    options = [word for setting in settings_of(training) for word in ("--set", setting)]
    line = [sys.executable, "-m", "jaxneuron", "explore", str(STUDY), "--port", "0", "--no-browser", *options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("explore: ").strip(), psutil.Process(process.pid)
        process.terminate()


def gestures(page: Page, number: int) -> Iterator[dict[str, float]]:
    """Milliseconds to the coarse and to the whole picture after each of some gestures."""
    page.locator(PLOT).focus()
    for i in range(number):
        page.keyboard.press(("+", "Shift+ArrowUp", "Shift+ArrowLeft", "-")[i % 4])
        while not page.evaluate("'fine' in window.drawn"):
            time.sleep(0.05)
        yield page.evaluate("window.drawn")


def directly(program: Program) -> float:
    """Seconds to train all squares of a picture, a thread for each core, without a server and a page."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(num_cores()) as pool:
        numbers = range(program.chunking.num_chunks)
        list(pool.map(lambda number: program.train_records(number, ["fate", "final_loss"]), numbers))
    return time.perf_counter() - begun


def latencies(page: Page, training: tuple[str, ...], number: int) -> dict[str, float]:
    """Medians, in seconds: of the coarse picture, of the whole one, and of the training alone, in turns."""
    list(gestures(page, 4))  # what is to be compiled is compiled
    cells = page.evaluate(CANVAS)
    known = KnownData()
    beginning = beginning_of(read_study(STUDY, settings_of(training)), known)
    program = Trainer(known).program(View(beginning.tables, Window(beginning.x, beginning.y, *cells), "fate"))
    directly(program)
    found: dict[str, list[float]] = {"coarse": [], "whole": [], "training alone": []}
    for drawn in gestures(page, number):
        found["coarse"].append(drawn["coarse"] / 1000)
        found["whole"].append(drawn["fine"] / 1000)
        found["training alone"].append(directly(program))
    return {name: statistics.median(values) for name, values in found.items()} | {"cells": math.prod(cells)}


def dragged(page: Page) -> float:
    """Pictures a second while an example is dragged."""
    page.get_by_role("button", name="Draw anew").click()
    page.wait_for_selector(f"{MAP}[data-picture=fine]")
    example = page.locator("#data .example").first
    box = example.bounding_box()
    assert box is not None
    page.evaluate(COUNT)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    begun = time.perf_counter()
    for i in range(DRAGS):
        page.mouse.move(box["x"] + 2 * np.sin(i / 3) * 10, box["y"] + i)
        page.wait_for_timeout(50)
    seconds = time.perf_counter() - begun
    pictures = page.evaluate("window.pictures")
    page.mouse.up()
    return pictures / seconds


def growth(page: Page, process: psutil.Process, views: int) -> dict[str, float]:
    """How much the server, its threads and the page's memory grow with many views, after as many before."""
    session = page.context.new_cdp_session(page)

    def used() -> tuple[float, int, float]:
        list(gestures(page, views))
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")
        return (
            process.memory_info().rss,
            process.num_threads(),
            heap["usedSize"] + heap["backingStorageSize"],
        )

    before, after = used(), used()
    return {
        "memory of the server": after[0] / before[0],
        "threads of the server": after[1] - before[1],
        "memory of the page": after[2] / before[2],
    }


@click.command()
@click.option("--quick", is_flag=True, help="Few gestures, to try it out.")
def main(quick: bool) -> None:
    """Measure the living map in headless Chromium."""
    number, views = (4, 8) if quick else (GESTURES, VIEWS)
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for name, training in TRAININGS.items():
            with explored(training) as (address, _):
                found[name] = latencies(opened(browser, address), training, number)
        with explored(TRAININGS["1000 steps"]) as (address, process):
            found["pictures a second while an example is dragged"] = dragged(opened(browser, address))
            found |= growth(opened(browser, address), process, views)
        browser.close()
    table = Table("training", "coarse", "whole", "training alone", "cells")
    for name in TRAININGS:
        row = found[name]
        seconds = (f"{row[part]:.3f} s" for part in ("coarse", "whole", "training alone"))
        table.add_row(name, *seconds, f"{row['cells']:,}")
    Console().print(table, {name: value for name, value in found.items() if name not in TRAININGS})
    if not quick:
        (HERE / "results.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def opened(browser: Browser, address: str) -> Page:
    """The page at an address, when its first picture is drawn."""
    page = browser.new_page(viewport=WINDOW)
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
    page.evaluate(WATCH)
    return page


if __name__ == "__main__":
    main()
