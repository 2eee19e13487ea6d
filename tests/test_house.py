"""The house: a room for each question, imports one way, no circles, no drawers."""

import ast
import re
from pathlib import Path

import pytest

import jaxneuron

PACKAGE = Path(jaxneuron.__file__).parent
ROOMS = ["neuron", "population", "study", "store", "runner", "analysis", "view", "explorer", "api", "cli"]
DRAWERS = {"util", "utils", "helper", "helpers", "common", "core", "types", "config", "misc", "constants"}
FILES = sorted(PACKAGE.rglob("*.py"))


def height_of(module: str) -> int:
    """The place of a module's room among them, from below; the package itself is above all."""
    room = module.removeprefix("jaxneuron").removeprefix(".").split(".")[0]
    return ROOMS.index(room) if room in ROOMS else len(ROOMS)


def module_at(path: Path) -> str:
    """The name of the module of a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """The modules of this package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jaxneuron."):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("jaxneuron.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_or_stay(path):
    height = height_of(module_at(path))
    for module in imports_of(path):
        assert height_of(module) <= height, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_names_a_module_of_a_room_above(path):
    """By `importlib`, or in a text that is the name of a module; but for the lazy names of the package."""
    tree = ast.parse(path.read_text())
    if module_at(path) == "jaxneuron":
        return
    names = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and re.fullmatch(r"jaxneuron(\.\w+)+", str(node.value))
    }
    assert not {name for name in names if height_of(name) > height_of(module_at(path))}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"importlib.import_module", "import_module", "__import__"}


def test_every_file_is_in_a_room():
    others = {"__init__", "__main__", "__pycache__", "py"}  # py.typed
    assert {path.stem for path in PACKAGE.iterdir()} - others == set(ROOMS)


def test_there_are_no_circles():
    graph = {module_at(path): imports_of(path) for path in FILES if path.name != "__init__.py"}

    sound = set()  # modules from which no circle is reached

    def visit(module, trail):
        assert module not in trail, f"a circle: {' → '.join([*trail, module])}"
        if module not in sound:
            for imported in graph.get(module, ()):
                visit(imported, [*trail, module])
            sound.add(module)

    for module in graph:
        visit(module, [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_is_a_drawer(path):
    assert path.stem not in DRAWERS
    assert path.parent.name not in DRAWERS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_door_prints_and_only_population_maps_neurons(path):
    source = path.read_text()
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}
    assert "print" not in calls or path.parent.name == "cli"
    if not module_at(path).startswith(("jaxneuron.neuron", "jaxneuron.population", "jaxneuron.analysis")):
        assert "jax.vmap" not in calls


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_text_is_read_and_written_in_utf8_whatever_the_locale(path):
    for node in ast.walk(ast.parse(path.read_text())):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if name.split(".")[-1] in ("open", "read_text", "write_text") and not name.startswith(
            ("os.", "files.")
        ):
            given = [ast.unparse(value) for value in (*node.args, *(k.value for k in node.keywords))]
            is_binary = any(re.fullmatch(r"'[rwa]b\+?'|'r\+b'", value) for value in given)
            opens_no_text = name in ("gzip.open", "bz2.open", "lzma.open", "Image.open", "webbrowser.open")
            assert is_binary or opens_no_text or "'utf-8'" in given or "os.devnull" in given, ast.unparse(
                node
            )


def test_the_public_names_are_there():
    for name in jaxneuron.__all__:
        assert getattr(jaxneuron, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jaxneuron.nothing
