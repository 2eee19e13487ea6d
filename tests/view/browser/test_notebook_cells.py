"""What a notebook shows, in a real browser: readable on light and on dark, narrow and wide, and by itself."""

import itertools

import pytest

pytestmark = pytest.mark.thorough

THEMES = {"light": ("#ffffff", "#202020"), "dark": ("#111111", "#e0e0e0")}


# What the styles of notebooks say of lists, tables and paragraphs, as far as it could do harm here.
NOTEBOOKS = {
    "JupyterLab": """
        .jp-RenderedHTMLCommon { line-height: 1.6; padding-right: 20px }
        .jp-RenderedHTMLCommon :is(dl, dt, dd) { display: block }
        .jp-RenderedHTMLCommon dl { width: 100%; overflow: hidden; padding: 0; margin: 0 }
        .jp-RenderedHTMLCommon dt { font-weight: bold; float: left; width: 20%; padding: 0; margin: 0 }
        .jp-RenderedHTMLCommon dd { float: left; width: 80%; padding: 0; margin: 0 }
        .jp-RenderedHTMLCommon table { table-layout: fixed; margin-left: auto; margin-right: auto }
        .jp-RenderedHTMLCommon :is(td, th, tr) { vertical-align: middle; padding: 0.5em; border: none }
        .jp-RenderedHTMLCommon p { margin: 0 0 1em }
        .jp-RenderedHTMLCommon img { max-width: 100%; height: auto }""",
    "classic": """
        dl { margin-bottom: 18px } dt { font-weight: bold } dd { margin-left: 0 }
        .rendered_html * + :is(p, table, img) { margin-top: 1em }
        .rendered_html table { table-layout: fixed; margin-left: auto; margin-right: auto }
        .rendered_html :is(tr, th, td) { text-align: right; vertical-align: middle; padding: 0.5em }
        .rendered_html img { display: block; margin-left: auto; margin-right: auto }""",
}


@pytest.fixture(scope="module")
def cells(run_of, life_of) -> str:
    """The HTML of a run and of a training, one below the other, and a table of somebody else's."""
    other = '<table id="other"><tr><th>theirs</th><td>1</td></tr></table><details id="theirs"></details>'
    return run_of("grid")._repr_html_() + life_of("plain")._repr_html_() + other


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [420, 900])
def test_results_look_well(theme, width, cells, look_at, tmp_path):
    ground, letters = THEMES[theme]
    style = f"body{{background:{ground};color:{letters};margin:8px;font-family:sans-serif}}"
    path = tmp_path / "cell.html"
    path.write_text(
        f'<!doctype html><html data-ready><meta charset="utf-8"><style>{style}</style>{cells}</html>', "utf-8"
    )
    page = look_at(path, width=width, scheme=theme)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    colours = page.evaluate(
        "[...document.querySelectorAll('.jaxneuron :is(p, td, th, dt, dd, summary, span)')]"
        ".map(element => getComputedStyle(element).color)"
    )
    assert set(colours) == {page.evaluate("getComputedStyle(document.body).color")}
    grounds = page.evaluate(
        "[...document.querySelectorAll('.jaxneuron :is(table, tr, td, th, p, dl)')]"
        ".map(element => getComputedStyle(element).backgroundColor)"
    )
    assert set(grounds) == {"rgba(0, 0, 0, 0)"}
    bar = page.locator(".jaxneuron-bar").first
    assert bar.bounding_box()["height"] == 14
    for summary in page.locator(".jaxneuron summary").all():
        summary.click()
    assert page.evaluate("[...document.querySelectorAll('.jaxneuron details')].every(part => part.open)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_facts_are_a_line_each_whatever_the_notebook_says_of_lists(notebook, cells, look_at, tmp_path):
    path = tmp_path / "cell.html"
    path.write_text(
        f'<!doctype html><html data-ready><meta charset="utf-8"><style>{NOTEBOOKS[notebook]}</style>'
        f'<div class="jp-RenderedHTMLCommon rendered_html">{cells}</div></html>',
        "utf-8",
    )
    page = look_at(path, width=900)

    names = page.locator(".jaxneuron-facts").first.locator("dt").all()
    places = [(name.bounding_box(), name.locator("+ dd").bounding_box()) for name in names]
    assert len(places) > 5
    for (name, value), (below, _) in itertools.pairwise(places):
        assert name["height"] == value["height"] < 30
        assert (name["y"], name["x"] + name["width"]) <= (value["y"], value["x"])
        assert below["y"] - name["y"] < 30


def test_nothing_else_of_the_notebook_changes(cells, look_at, tmp_path):
    computed = []
    for name, html in (("with", cells), ("without", cells[cells.index('<table id="other"') :])):
        path = tmp_path / f"{name}.html"
        path.write_text(f'<!doctype html><html data-ready><meta charset="utf-8">{html}</html>', "utf-8")
        page = look_at(path)
        computed.append(
            page.evaluate(
                "['body', '#other', '#other th', '#other td', '#theirs'].map(selector => {"
                "  const style = getComputedStyle(document.querySelector(selector));"
                "  return [...style].filter(key => !/size|origin|width|height/.test(key))"
                "    .map(key => key + style.getPropertyValue(key)); })"
            )
        )
    assert computed[0] == computed[1]
