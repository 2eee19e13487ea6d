"""What a notebook shows of results: their own numbers, as HTML that is whole whatever the data is called."""

import base64
import io
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

import jaxneuron as jn
from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.analysis.fit import fit
from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.notebook import show as notebook
from jaxneuron.view.notebook.images import thumbnail
from jaxneuron.view.palette import SCREEN_COLOURS
from jaxneuron.view.plots.fit import draw_fit
from tests.studies import (
    LIVES,
    NOISY,
    NORMAL,
    QUICK,
    REPLICATES,
    SWEEPS,
    all_but_few_thorough,
    life_study,
)

HOSTILE = "<script>alert(1)</script>\"'&amp;</style><!--\x00\x1b[31m🙂" + "very long " * 80


class Page(HTMLParser):
    """The elements, the attributes and the text of HTML; each element has to be closed in its turn."""

    EMPTY = ("img", "br")

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] != "style":
            self.text += f" {data}"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def checked(html: str) -> Page:
    """The page, which is whole, small, alone in the world and keeps its style to itself."""
    page = Page(html)
    assert len(html) < 200_000
    assert "http" not in html
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object"}
    assert not [key for _, attrs in page.tags for key in attrs if key.startswith("on")]
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    rules = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    assert "@" not in rules
    assert "url(" not in rules
    for rule in re.findall(r"([^{}]+)\{", rules):
        outside_brackets = re.sub(r"\([^)]*\)", "", rule)
        assert all(part.strip().startswith(".jaxneuron") for part in outside_brackets.split(","))
    assert all(attrs.get("alt") for attrs in page.all("img"))
    return page


# Runs


@pytest.mark.parametrize("name", all_but_few_thorough(SWEEPS, QUICK))
def test_a_run_shows_its_fates_with_their_intervals(name, run_of):
    run = run_of(name)
    page = checked(run._repr_html_())
    counts = run.pooled("fate_count").values
    text = " ".join(page.text.split())
    for fate in Fate:
        low, high = (100 * float(end) for end in wilson(counts[fate], counts.sum()))
        share = 100 * counts[fate] / counts.sum()
        label = fate.name.replace("_", " ")
        assert f"{label} {counts[fate]:,} {share:.2f} % {low:.2f}–{high:.2f} %" in text
    assert "cannot be shown" not in text
    bars = [
        attrs["style"] for tag, attrs in page.tags if tag == "span" and "width" in (attrs.get("style") or "")
    ]
    widths = [float(re.search(r"width:([\d.]+)%", style)[1]) for style in bars]
    assert sum(widths) == pytest.approx(100, abs=0.01)
    assert [re.search(r"background:(#\w+)", style)[1] for style in bars] == [
        SCREEN_COLOURS[fate] for fate in Fate if counts[fate]
    ]


@pytest.mark.parametrize("name", ["grid", "no axis"])
def test_deaths_show_the_tables_of_the_command_line(name, run_of):
    deaths = run_of(name).deaths()
    page, text = " ".join(checked(deaths._repr_html_()).text.split()), " ".join(repr(deaths).split())
    low, high = (100 * float(end) for end in wilson(deaths.dead.number.sum(), deaths.neurons.sum()))
    for shown in (page, text):
        assert f"({low:.2f}–{high:.2f})" in shown
        assert ("what makes the difference" in shown) == (name == "grid")
    assert len(repr(deaths).splitlines()) < 60


def test_a_run_says_what_was_asked_and_which_cells_are_best(run_of):
    run = run_of("grid")
    text = " ".join(checked(run._repr_html_()).text.split())
    for words in (
        f"Run {run.path}",
        "x → y, 16 examples",
        "ŷ = relu(W·x + b)",
        "40 steps of sgd, full batches, float32",
        "learning rate 11 values from 0.05 to 30, evenly spaced in their logarithms",
        "initial bias 7 values from -2 to 2, evenly spaced",
        "616 (77 cells × 8 replicates)",
        "Best cells",
    ):
        assert words in text
    for row in run.best(5).itertuples():
        assert f"{row.learning_rate:.5g} {row.init_bias:.5g} {row.final_loss:.4g}" in text


def pixels(uri: str) -> np.ndarray:
    head, data = uri.split(",")
    assert head == "data:image/png;base64"
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(data)), format="png")


def test_the_map_has_the_colours_of_the_cells(run_of):
    run = run_of("grid")
    (image,) = checked(run._repr_html_()).all("img")
    over = "Fates of neurons over learning rate (0.05 to 30, log) and initial bias (-2 to 2)"
    assert image["alt"].startswith(f"{over}; the most frequent is ")
    found = pixels(image["src"])
    colours = np.array([to_rgba(SCREEN_COLOURS[fate]) for fate in Fate])
    counts = run.cells.fate_count.values
    high, wide = found.shape[0] // 7, found.shape[1] // 11
    for i, j in np.ndindex(11, 7):
        cell = found[(6 - j) * high : (7 - j) * high, i * wide : (i + 1) * wide]
        shares = [(abs(cell - colour).max(-1) < 0.01).mean() for colour in colours]
        np.testing.assert_allclose(shares, counts[i, j] / REPLICATES, atol=0.03)


def test_shares_along_one_axis_are_stacked(run_of):
    run = run_of("one axis")
    found = pixels(thumbnail(run).uri)
    colours = np.array([to_rgba(SCREEN_COLOURS[fate]) for fate in Fate])
    for i, shares in enumerate(run.fate_share.values):
        column = found[:, i * (found.shape[1] // 11)]
        seen = [(abs(column - colour).max(-1) < 0.01).mean() for colour in colours]
        np.testing.assert_allclose(seen, shares, atol=0.03)


def test_nothing_swept_has_no_map(run_of):
    assert thumbnail(run_of("no axis")) is None
    assert checked(run_of("no axis")._repr_html_()).all("img") == []


def test_a_run_of_a_file_with_hostile_names(tmp_path):
    column = HOSTILE.replace("\x00", "\x01").replace("/", "|")
    np.savez(tmp_path / "data.npz", **{column: NORMAL, "y<b>": NOISY})
    data = {"file": str(tmp_path / "data.npz"), "inputs": [column], "target": "y<b>"}
    sweep = SWEEPS["one axis"] | {"replicates": REPLICATES}
    study = jn.Study(data=data, training={"num_steps": 40}, sweep=sweep)
    run = jn.sweep(study, tmp_path / "<i>&quot; run.zarr")
    for html in (run._repr_html_(), jn.train(life_study(data))._repr_html_()):
        page = checked(html)
        assert not {"b", "i", "script"} & {name for name, _ in page.tags}
        assert "<script>alert(1)" in page.text
        assert not set("\x00\x01\x1b") & set(html)
        assert "cannot be shown" not in page.text
    assert "<i>&quot; run.zarr" in checked(run._repr_html_()).text


def test_a_run_that_is_damaged_says_so_and_shows_the_rest(tmp_path, run_of):
    shutil.copytree(run_of("grid").location.name, tmp_path / "run.zarr")
    run = jn.open_run(tmp_path / "run.zarr")
    for part in (tmp_path / "run.zarr" / "cells" / "fate_count" / "c").rglob("*"):
        if part.is_file():
            part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    text = checked(run._repr_html_()).text
    assert "the fates cannot be shown" in text
    assert "the map cannot be shown" in text
    assert "40 steps of sgd" in text

    # What is missing is not shown as if it were counted.
    shutil.rmtree(tmp_path / "run.zarr" / "cells" / "fate_count" / "c")
    text = checked(run._repr_html_()).text
    assert "the fates cannot be shown: BadInput: " in text
    assert "is damaged (chunk 0, cells/fate_count)" in text
    assert "the map cannot be shown" in text

    shutil.copytree(run_of("one axis").location.name, tmp_path / "gone.zarr")
    gone = jn.open_run(tmp_path / "gone.zarr")
    shutil.rmtree(tmp_path / "gone.zarr")
    assert "cannot be shown" in checked(gone._repr_html_()).text


def test_of_very_many_cells_the_best_are_not_looked_for(run_of, monkeypatch):
    monkeypatch.setattr(notebook, "MOST_CELLS", 10)
    monkeypatch.setattr(Run, "best", lambda *_: pytest.fail("takes long"))
    assert "77 cells: run.best() finds those that train best" in checked(run_of("grid")._repr_html_()).text


# Trainings


@pytest.mark.parametrize(
    "kind", all_but_few_thorough(LIVES, ["plain", "several inputs", "diverged", "no steps"])
)
def test_a_training_shows_its_neuron_its_steps_and_its_curves(kind, life_of):
    training = life_of(kind)
    page = checked(training._repr_html_())
    text = " ".join(page.text.split())
    assert "cannot be shown" not in text
    assert f"{ended_in_words(training)}: loss" in text
    assert f"{training.weight[0]:.6g}" in text
    for step in {0, training.num_steps}:
        at = training.history.isel(step=step)
        row = f"{step:,} {float(at.loss):.6g} {float(at.weight[0]):.6g}"
        assert row in text
    (image,) = page.all("img")
    assert image["alt"] == draw_fit(fit(training)).description
    assert len(image["src"]) < 40_000
    assert pixels(image["src"])[..., :3].std() > 0.02


@pytest.mark.parametrize(
    ("number", "length"), [(7, 9000), pytest.param(900, 200, marks=pytest.mark.thorough)]
)
def test_very_many_inputs_with_long_names_are_cut(tmp_path, number, length):
    names = [f"column {i} {'x' * length}" for i in range(number)]
    random = np.random.default_rng(0)
    x, y = random.normal(size=(number, 16)), random.normal(size=16)
    table = pd.DataFrame({**dict(zip(names, x, strict=True)), "y": y})
    table.to_csv(tmp_path / "data.csv", index=False)
    data = {"file": str(tmp_path / "data.csv"), "inputs": names, "target": "y"}
    training = jn.train(life_study(data, training={"num_steps": 2}, learning_rate=1e-3))
    assert len(re.sub('src="[^"]*"', "", training._repr_html_())) < 20_000


# The hook


def test_figures_can_be_called(run_of, life_of):
    assert callable(run_of("grid").plot)
    assert callable(life_of("plain").plot)
    with pytest.raises(AttributeError):
        run_of("grid").plot = 3


def test_results_wait_for_no_figures():
    code = (
        "import sys, jaxneuron.api.training\n"
        "print([m for m in sys.modules if 'matplotlib' in m or 'view.plots' in m or 'view.notebook' in m])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "[]"


def test_the_image_is_small(run_of):
    assert len(thumbnail(run_of("points")).uri) < 30_000
    assert thumbnail(run_of("grid")).uri == thumbnail(run_of("grid")).uri
