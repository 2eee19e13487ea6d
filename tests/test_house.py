"""The house: four floors and a door, imports one way, no circles, no drawers."""

import ast
import re
from pathlib import Path

import pytest

import jaxneuron

PACKAGE = Path(jaxneuron.__file__).parent
FLOORS = ["neuron", "population", "study", "view"]
DRAWERS = {"util", "utils", "helper", "helpers", "common", "core", "types", "config", "misc", "constants"}
FILES = sorted(PACKAGE.rglob("*.py"))


def floor_of(parts: tuple[str, ...]) -> int:
    """The floor a module is on; the door is above all."""
    return FLOORS.index(parts[0]) if parts and parts[0] in FLOORS else len(FLOORS)


def imports_of(path: Path, of_types_too: bool = False) -> set[str]:
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
    if path.name == "__init__.py":
        return
    own = floor_of(path.relative_to(PACKAGE).parts)
    for module in imports_of(path):
        assert floor_of(tuple(module.split(".")[1:])) <= own, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_file_alone_names_a_module_of_a_floor_above(path):
    """By `importlib`, or in a text that is the name of a module: results are shown by the floor above."""
    own = floor_of(path.relative_to(PACKAGE).parts)
    if path.name == "__init__.py" or own == len(FLOORS):
        return
    names = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and re.fullmatch(r"jaxneuron(\.\w+)+", str(node.value))
    }
    above = {name for name in names if floor_of(tuple(name.split(".")[1:])) > own}
    reaches_up = path.relative_to(PACKAGE) == Path("study/show.py")
    assert above == ({"jaxneuron.view.notebook.show"} if reaches_up else set())
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    }
    assert reaches_up or not calls & {"importlib.import_module", "import_module", "__import__"}


def test_there_are_no_circles():
    graph = {
        "jaxneuron." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts): imports_of(path)
        for path in FILES
        if path.name != "__init__.py"
    }

    def visit(module, trail):
        assert module not in trail, f"a circle: {' → '.join([*trail, module])}"
        for imported in graph.get(module, ()):
            visit(imported, [*trail, module])

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
    if "study" in path.parts[-2:]:
        assert "jax.vmap" not in calls


def test_the_public_names_are_there():
    for name in jaxneuron.__all__:
        assert getattr(jaxneuron, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jaxneuron.nothing
