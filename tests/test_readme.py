"""The README's Python example runs, and type checkers accept it; the rest of it is tested with all pages."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import jaxneuron

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


(EXAMPLE,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 10 <= len([line for line in EXAMPLE.splitlines() if line.strip()]) <= 12
    found = {}
    exec(compile(EXAMPLE, "README.md", "exec"), found)
    assert found["training"].fate.name == "converged"
    assert 0 < float(found["dead"].mean()) < 1
    assert list(tmp_path.rglob("*.zarr"))


TYPES = {
    "run": r"(jaxneuron\.[\w.]+\.)?Run",
    "training": r"(jaxneuron\.[\w.]+\.)?Training",
    "jn.__version__": r"(builtins\.)?str",
}
CHECKERS = {
    "pyright": ("--pythonpath", sys.executable),
    "mypy": ("--strict", "--python-executable", sys.executable),
}


@pytest.mark.thorough
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_accept_the_python_example_in_a_users_project(checker, tmp_path):
    try:
        importlib.metadata.version(checker)
    except importlib.metadata.PackageNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{checker} is not installed: pip install '.[lint]'")
    reveals = "".join(f"reveal_type({name})\n" for name in TYPES)
    (tmp_path / "example.py").write_text(EXAMPLE + reveals)
    line = [sys.executable, "-m", checker, *CHECKERS[checker], "example.py"]
    ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for name, type_ in TYPES.items():
        number = (EXAMPLE + reveals).splitlines().index(f"reveal_type({name})") + 1
        (said,) = re.findall(rf"example\.py:{number}:.*?(?:type is|of .* is) (.*)", ended.stdout)
        assert re.fullmatch(type_, said.strip('"')), said


def test_the_version_is_that_of_the_package():
    assert jaxneuron.__version__ == importlib.metadata.version("jaxneuron")
    line = [sys.executable, "-m", "jaxneuron", "--version"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert ended.stdout == f"jaxneuron {jaxneuron.__version__}\n"


def test_it_is_short_and_has_the_line_that_ci_runs():
    assert len(README.splitlines()) <= 120
    assert README.count("'.[test]' && .venv/bin/python -m pytest") == 1
