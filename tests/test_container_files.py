"""The container is pinned: constraints.txt names an exact version of all that the package needs."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = [line for line in LINES if not line.startswith("#")]


EXTRAS = PROJECT["optional-dependencies"]


@pytest.mark.parametrize("line", PROJECT["dependencies"] + EXTRAS["parquet"] + EXTRAS["report"])
def test_every_dependency_is_pinned_to_a_version_it_allows(line):
    needed = Requirement(line)
    versions = dict(pin.lower().split("==") for pin in PINS if "==" in pin)
    assert versions.get(needed.name.lower(), "0") in needed.specifier


def test_constraints_are_exact_versions_and_no_addresses():
    assert [pin for pin in PINS if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", pin)] == []
