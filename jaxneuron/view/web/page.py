"""The page in one file: tables and words as HTML, the numbers of maps and lives as data for its scripts."""

import importlib.metadata
import importlib.resources
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxneuron.neuron.fate import Fate
from jaxneuron.store.whole_file import PAGE, check_file, whole_file
from jaxneuron.study.bad_input import BadInput
from jaxneuron.view.palette import DARK_COLOURS, FATE_COLOURS

# In the order in which they need each other.
SCRIPTS = (
    *("theme.js", "decode.js", "words.js", "cells.js", "colours.js", "figures.js", "card.js"),
    *("map_words.js", "controls.js", "map.js"),
    *("activations.js", "units.js", "full_pass.js", "scenes.js", "life.js"),
    *("gallery.js", "incidence.js", "page.js"),
)
STYLES = ("page.css", "life.css")


def check_page(path: Path, option: str = "") -> None:
    """BadInput where no page can be written at the path, or a library that it needs is not installed."""
    check_file(path, PAGE, option)
    for library in ("plotly", "jinja2"):
        if importlib.util.find_spec(library) is None:
            raise BadInput(f"a report needs {library}: pip install 'jaxneuron[report]'")


def render(data: Mapping[str, Any], **words: Any) -> str:
    """The page with its words, and with data for its scripts."""
    import plotly.offline
    from markupsafe import Markup

    inlined = {
        "styles": f"{joined(STYLES)}\n{fate_styles()}",
        "scripts": joined(SCRIPTS),
        "plotly": plotly.offline.get_plotlyjs(),
        "data": as_script(data),
    }
    return filled("page.html.jinja", **words, **{name: Markup(text) for name, text in inlined.items()})


def filled(template: str, **words: Any) -> str:
    """The text of a template with its words, and with the version of the package."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    version = importlib.metadata.version("jaxneuron")
    return environment.from_string(joined((template,))).render(**words, version=version)


def as_script(data: Mapping[str, Any]) -> str:
    """JSON in which no text from a data file can end the script that holds it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def write(page: str, path: Path) -> None:
    """Write the page; an earlier file stays as it was until the new one is whole."""
    with whole_file(path) as draft:
        draft.write_text(page, "utf-8")


def fate_styles() -> str:
    """The colour of each fate as a variable, in a light and in a dark scheme, and as a class of its name."""

    def scheme(colours: Mapping[Fate, str]) -> str:
        variables = (f"--fate-{_dashed(fate)}: {colour};" for fate, colour in colours.items())
        return f":root {{ {' '.join(variables)} }}"

    classes = (f".{fate.name} {{ background: var(--fate-{_dashed(fate)}); }}" for fate in Fate)
    dark = f"@media (prefers-color-scheme: dark) {{ {scheme(DARK_COLOURS)} }}"
    return "\n".join([scheme(FATE_COLOURS), dark, *classes])


def _dashed(fate: Fate) -> str:
    return fate.name.replace("_", "-")


def joined(names: tuple[str, ...]) -> str:
    """The texts of files of this folder, one after another."""
    folder = importlib.resources.files("jaxneuron.view.web")
    return "\n".join((folder / name).read_text("utf-8") for name in names)
