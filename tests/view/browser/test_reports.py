"""Reports of every kind of study open in a real browser and say what is so."""

import json
import re

import pytest

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.web.report import report
from tests.studies import BIASES, RATES, X
from tests.view.browser.conftest import STUDIES, study
from tests.view.browser.settled import settle
from tests.view.contrast import contrast

pytestmark = pytest.mark.thorough

# What the map says of itself in words.
SAYS = {
    "all born dead": r"every cell has the same value: born dead",
    "all diverged": r"every cell has the same value: diverged",
    "one example": r"Most frequent fate: \w+",
    "many points": r"5,000 points in squares",
    "data sets": r"Pooled over data set",
    "four axes": r"Pooled over .*weight decay",
}


@pytest.mark.parametrize("kind", ["all born dead", "all diverged", "points", "data sets", *STUDIES])
def test_every_kind_of_study_has_a_sensible_report(report_of, look_at, kind):
    run, path = report_of(kind)
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


def test_the_page_holds_its_data_once_and_asks_for_nothing(report_of, look_at):
    _, path = report_of("points")
    page = look_at(path)
    data = json.loads(page.locator("#data").text_content())
    assert {"map", "lives", "incidence"} <= set(data)
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_from_what_is_behind_them(report_of, look_at, scheme):
    _, path = report_of("points")
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
