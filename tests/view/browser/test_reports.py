"""Reports of every kind of study open in a real browser and say what is so."""

import json
import re

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.web.report import report
from tests.studies import BIASES, RATES, REPLICATES
from tests.view.browser.settled import settle
from tests.view.contrast import contrast

pytestmark = pytest.mark.thorough

X = np.linspace(-1, 1, 16)
DATA = {"x": X, "y": np.maximum(0, 2 * X + 0.5)}


def study(data=DATA, neuron=None, num_steps=60, optimizer="sgd", **sweep):
    """A small study of what is swept."""
    return jn.Study(
        data=data,
        neuron=neuron or {},
        training={"num_steps": num_steps, "optimizer": optimizer},
        sweep={"learning_rate": 0.1, "replicates": REPLICATES} | sweep,
    )


# The runs that all tests of views share, and others.
SHARED = ("one axis", "no axis", "all born dead", "all diverged", "points", "data sets")
STUDIES = {
    "four axes": study(
        optimizer="momentum",
        learning_rate=jn.Log(0.01, 3, num=4),
        init_bias=jn.Linear(-2, 2, num=3),
        momentum=[0.0, 0.9],
        weight_decay=[0.0, 0.1],
    ),
    "one example": study(data={"x": [1.0], "y": [2.0]}, learning_rate=RATES, init_bias=BIASES),
    "many points": study(
        learning_rate=jn.LogUniform(0.01, 5),
        init_bias=jn.Uniform(-2, 2),
        points={"random": 5000},
        replicates=1,
    ),
    "no steps": study(num_steps=0, learning_rate=RATES, init_bias=BIASES),
    "several inputs": study(
        data={"x": np.random.default_rng(0).normal(size=(20, 3)), "y": np.arange(20.0)}, learning_rate=RATES
    ),
}
# What the map says of itself in words.
SAYS = {
    "all born dead": r"every cell has the same value: born dead",
    "all diverged": r"every cell has the same value: diverged",
    "no axis": r"Most frequent fate: \w+",
    "many points": r"5,000 points in squares",
    "data sets": r"Pooled over data set",
    "four axes": r"Pooled over .*weight decay",
}


@pytest.fixture(scope="module")
def made(report_of, tmp_path_factory):
    """(the run of a kind of study, the path of its report), made when first asked for."""
    folder, reports = tmp_path_factory.mktemp("reports"), {}

    def make(kind):
        if kind in SHARED:
            return report_of(kind)
        if kind not in reports:
            run = jn.sweep(STUDIES[kind], folder / f"{len(reports)}.zarr")
            reports[kind] = run, folder / f"{len(reports)}.html"
            report(*reports[kind])
        return reports[kind]

    return make


@pytest.mark.parametrize("kind", [*SHARED, *STUDIES])
def test_every_kind_of_study_has_a_sensible_report(made, look_at, kind):
    run, path = made(kind)
    page = look_at(path)
    quantities = page.locator("#map-quantity option").evaluate_all("(all) => all.map((one) => one.value)")
    for quantity in quantities:
        page.select_option("#map-quantity", quantity)
        settle(page)
        label = page.locator("#map [role=img]").get_attribute("aria-label")
        assert not re.search("NaN|undefined|null|Infinity", label), (quantity, label)
    page.select_option("#map-quantity", "fate")
    settle(page)
    assert re.search(SAYS.get(kind, "."), page.locator("#map").inner_text())
    text = page.locator("body").inner_text()
    assert not re.search(r"\bNaN\b|undefined|\bnan\b|\binf\b|Infinity", text)
    counts = run.pooled("fate_count").values
    rows = page.locator("section table").first.locator("tbody tr").all()
    assert [int(row.locator("td").nth(1).inner_text().replace(",", "")) for row in rows] == counts.tolist()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_names_from_data_are_text_and_nothing_else(tmp_path, look_at):
    names = {
        "input": "<script>window.stolen=1</script><img src=x onerror=window.stolen=2>",
        "target": "\"quoted\" & 'so' </script> 食費 🍞 $x^2$ " + "long" * 100,
    }
    file = tmp_path / "data.csv"
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names.values())
    file.write_text("\n".join([header, *(f"{x},{2 * x + 1}" for x in X)]))
    data = {"file": str(file), "inputs": [names["input"]], "target": names["target"]}
    path = tmp_path / "run.html"
    report(jn.sweep(study(data=data, learning_rate=RATES, init_bias=BIASES), tmp_path / "run.zarr"), path)
    page = look_at(path, width=360)
    assert page.evaluate("window.stolen") is None
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert names["input"][:38] in page.locator("h1").inner_text()
    assert "食費 🍞 $x^2$" in page.locator("h1").inner_text()


def test_the_page_holds_its_data_once_and_asks_for_nothing(made, look_at):
    _, path = made("one axis")
    page = look_at(path)
    data = json.loads(page.locator("#data").text_content())
    assert {"map", "lives", "incidence"} <= set(data)
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_from_what_is_behind_them(made, look_at, scheme):
    _, path = made("no axis")
    page = look_at(path, scheme=scheme)
    style = "getComputedStyle(document.documentElement)"
    fates = [f"fate-{fate.name.replace('_', '-')}" for fate in Fate]
    colours = {
        name: page.evaluate(f"{style}.getPropertyValue('--{name}').trim()")
        for name in ("page", "surface", "text", "muted", "accent", *fates)
    }
    for name in ("text", "muted", "accent"):
        for behind in ("page", "surface"):
            assert contrast(colours[name], colours[behind]) >= 4.5, (name, behind)
    for name in fates:
        assert contrast(colours[name], colours["surface"]) >= 3, name
