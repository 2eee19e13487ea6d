"""The documentation is that of the code: keys, defaults, commands, options, examples, links."""

import dataclasses
import re
import shlex
import tomllib
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints
from urllib.parse import unquote

import click
import matplotlib.pyplot as plt
import pytest
import xarray as xr

import jaxneuron as jn
from jaxneuron.cli import commands
from jaxneuron.neuron.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from jaxneuron.neuron.train import Trained
from jaxneuron.study.files import Table
from jaxneuron.study.keys import TABLES, keys
from jaxneuron.study.refine import Refine
from jaxneuron.study.sections import Neuron, Points, Sweep, Training
from jaxneuron.study.sources import Arrays, Synthetic, Teacher, UnitVector
from jaxneuron.study.study import Study, read_study
from jaxneuron.view.plots.run_plots import RunPlots
from jaxneuron.view.plots.training_plots import TrainingPlots

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted(
        [
            *ROOT.glob("*.md"),
            *ROOT.glob("docs/*.md"),
            ROOT / "tests/README.md",
            *ROOT.glob("experiments/**/README.md"),
        ]
    )
}


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGES[page], flags=re.DOTALL | re.MULTILINE)


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)


def headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)


def tables(page: str) -> dict[str, dict[str, list[str]]]:
    """The rows of a page's tables by heading and by the first cell."""
    found: dict[str, dict[str, list[str]]] = {}
    heading, is_body = "", False
    for line in prose(page).splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            is_body = False
        elif set(line) <= set("|-: "):
            is_body = True
        elif is_body:
            first, *rest = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            found.setdefault(heading, {})[first] = rest
    return found


def names_in(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


# study.toml

STUDY_PAGE = tables("docs/study-toml.md")
SECTIONS = {
    "Files": Table,
    "Written out": Arrays,
    "A teacher": Synthetic,
    "The teacher's keys": Teacher,
    "`[neuron]`": Neuron,
    "`[training]`": Training,
    "`[sweep]`": Sweep,
    "Points": Points,
    "Refining": Refine,
}


def plain(cell: str) -> str:
    """A cell without its marks and links."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("`", "")


def test_every_key_is_described_as_in_the_code():
    described = {(table, key.name.split(".")[-1]): key for key in keys() for table in [TABLES[key.table][1]]}
    for heading, model in SECTIONS.items():
        assert [names_in(cell) for cell in STUDY_PAGE[heading]] == [[name] for name in model.model_fields]
        for name, (kind, default, meaning) in STUDY_PAGE[heading].items():
            key = described.pop((model, name.strip("`")))
            assert (key.type, key.meaning) == (plain(kind), plain(meaning)), name
            as_told = default.strip("`")
            assert key.default == as_told or float(key.default) == float(as_told), name
    assert [name for _, name in described] == list(UnitVector.model_fields)


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_word_that_a_key_may_have_is_told(heading):
    for name, field in SECTIONS[heading].model_fields.items():
        if get_origin(field.annotation) is Literal:
            told = names_in(" ".join(STUDY_PAGE[heading][f"`{name}`"]))
            words = {f'"{word}"' for word in get_args(field.annotation)}
            assert words <= set(told), name
            assert {word for word in told if word.startswith('"')} == words, name


def test_a_drawn_direction_is_told():
    (key,) = UnitVector.model_fields
    assert f"{key} = " in STUDY_PAGE["The teacher's keys"]["`weight`"][2]


def test_activations_optimizers_and_schedules_are_told():
    words = {True: "yes", False: "no"}
    assert {name: row[1:] for name, row in STUDY_PAGE["Activations"].items()} == {
        f"`{name}`": [words[a.can_die], words[a.is_piecewise_linear]] for name, a in ACTIVATIONS.items()
    }
    for heading, known in {"Optimizers": OPTIMIZERS, "Schedules": SCHEDULES}.items():
        assert {name: tuple(names_in(row[0])) for name, row in STUDY_PAGE[heading].items()} == {
            f"`{name}`": one.takes for name, one in known.items()
        }


SMALL = {"data": {"teacher": {"weight": [1.0], "num_examples": 4}}, "sweep": {"learning_rate": 0.1}}
TOML = [(page, number) for page in PAGES for number, _ in enumerate(blocks(page, "toml"))]


@pytest.mark.parametrize(("page", "number"), TOML)
def test_every_piece_of_a_study_is_accepted(page, number, tmp_path):
    text = blocks(page, "toml")[number]
    tables = tomllib.loads(text)
    if {"data", "sweep"} <= tables.keys():
        (tmp_path / "study.toml").write_text(text)
        assert isinstance(read_study(tmp_path / "study.toml"), Study)
    else:
        if "learning_rate" not in tables.get("sweep", SMALL["sweep"]):
            tables["sweep"]["learning_rate"] = 0.1
        assert isinstance(Study(**SMALL | tables), Study)


def test_every_form_of_a_quantity_is_accepted():
    for cell in STUDY_PAGE["Quantities"]:
        quantity = tomllib.loads(f"x = {cell.strip('`')}")["x"]
        # Of those below 0 not even the bias is refused.
        Study(data=SMALL["data"], sweep={"learning_rate": 0.1, "init_bias": quantity})


# The command line

COMMANDS = commands.commands
COMMANDS_PAGE = tables("docs/commands.md")


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    return {option: p for p in command.params if isinstance(p, click.Option) for option in p.opts}


def test_every_command_is_told_and_no_other():
    told = [heading.strip("`") for heading in headings("docs/commands.md")[1:]]
    assert sorted(told) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told_with_its_default_and_no_other(name):
    options, rows = options_of(COMMANDS[name]), COMMANDS_PAGE[f"`{name}`"]
    assert [names_in(cell) for cell in rows] == [[option] for option in options]
    for option, parameter in options.items():
        default, meaning = rows[f"`{option}`"]
        assert (default == "required") == parameter.required, option
        if isinstance(parameter.default, (str, int, float)) and not isinstance(parameter.default, bool):
            assert default == str(parameter.default), option
        if isinstance(parameter.type, click.Choice):
            assert all(choice in meaning for choice in parameter.type.choices), option


def command_lines(page: str) -> list[list[str]]:
    """The words of each command line of jaxneuron in a page's shell blocks, from the command on: also in a
    container, or in an environment of its own."""
    found = []
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            for i, (program, *rest) in enumerate(words[j:] for j in range(len(words))):
                is_ours = re.fullmatch(r"(.*[/:])?jaxneuron(:[\w.]+)?", program)
                if is_ours and rest and (i == 0 or rest[0] in COMMANDS):
                    found.append(rest)
    return found


SHELL = [page for page in PAGES if command_lines(page)]


@pytest.mark.parametrize("page", SHELL)
def test_every_command_line_is_understood(page):
    program = click.Context(commands, **commands.context_settings)  # which every command keeps
    for name, *words in command_lines(page):
        assert name in COMMANDS, name
        # Raises where an option or an argument is not known.
        COMMANDS[name].make_context(name, list(words), parent=program)
        for word in words:
            if word.startswith("experiments/"):
                assert (ROOT / word).exists(), word


def test_there_are_command_lines_to_look_at():
    assert {"README.md", "docs/cluster.md", "docs/container.md"} <= set(SHELL)
    assert len(command_lines("docs/container.md")) == 6


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_is_run_exists(page):
    for module in re.findall(r"python -m (experiments[\w.]*)", PAGES[page]):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


# Python

PYTHON = [page for page in PAGES if page.startswith("docs/") and blocks(page, "python")]


@pytest.mark.thorough
@pytest.mark.parametrize("page", PYTHON)
def test_every_example_in_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), known)
    plt.close("all")


def test_every_public_name_is_told():
    told = " ".join(tables("docs/python.md")["Python"])
    assert set(re.findall(r"jn\.(\w+)", told)) == set(jn.__all__)


# By jumps a run has every variable that there is.
BY_JUMPS = """
data = { teacher = { weight = [1.0], num_examples = 4 } }
training = { method = "jumps", precision = "float64" }
sweep = { learning_rate = 0.1, records = "neurons" }
"""


def test_every_variable_of_a_run_is_told_and_no_other(run_line, tmp_path):
    (tmp_path / "study.toml").write_text(BY_JUMPS)
    code, _, _ = run_line(f"create {tmp_path}/study.toml --out {tmp_path}/run.zarr")  # it trains nothing
    assert code == 0
    variables = {
        str(name)
        for group in ("cells", "neurons")
        for name in xr.open_zarr(tmp_path / "run.zarr", group=group, consolidated=False).data_vars
    }
    told = {name for cell in tables("docs/python.md")["What a run holds"] for name in names_in(cell)}
    assert told == variables


# A few are for who draws.
SHOWN = {
    "run": ("A run", jn.Run, RunPlots, {"design", "tiles", "program", "pool"}),
    "training": (
        "One neuron",
        get_type_hints(jn.train)["return"],
        TrainingPlots,
        {"targets", "is_whole", "row_of"},
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_every_property_and_figure_is_told_and_no_other(name):
    heading, kind, plots, others = SHOWN[name]
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    fields |= set(Trained._fields) if "trained" in fields else set()
    told = re.findall(rf"\b{name}\.(\w+)", " ".join(tables("docs/python.md")[heading]))
    assert {*told, *others} == public(kind) | fields
    figures = re.findall(rf"\b{name}\.plot\.(\w+)\(", " ".join(map(str, tables("docs/figures.md").values())))
    assert set(figures) == public(plots)


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


# Links

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: str) -> set[str]:
    """As GitHub makes them of headings."""
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(prose(page)):
        if "://" in target:
            continue
        path, _, anchor = unquote(target).partition("#")
        place = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert place.exists(), target
        if anchor:
            assert anchor in anchors(str(place.relative_to(ROOT))), target


def test_the_readme_leads_to_every_page_of_the_documentation():
    targets = {target.partition("#")[0] for target in LINK.findall(PAGES["README.md"])}
    assert {page for page in PAGES if page.startswith("docs/")} <= targets
