"""The README's Python example runs, and its command lines exist."""

import re
import shlex
from pathlib import Path

from jaxneuron.cli import commands

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert 10 <= len([line for line in example.splitlines() if line.strip()]) <= 12
    found = {}
    exec(compile(example, "README.md", "exec"), found)
    assert found["training"].fate.name == "converged"
    assert 0 < float(found["dead"].mean()) < 1
    assert list(tmp_path.rglob("*.zarr"))


def test_every_command_line_has_options_that_exist():
    lines = re.findall(r"^jaxneuron .*$", README, flags=re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        _, name, *words = shlex.split(line.split("#")[0])
        known = {option for parameter in commands.commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
        for word in words:
            if word.startswith("experiments/"):
                assert (ROOT / word).exists(), word
