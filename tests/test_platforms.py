"""What the project says it runs on is what CI tries."""

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LINES = (ROOT / "tests" / "lowest.txt").read_text().splitlines()
TRIED = [Requirement(line) for line in LINES if not line.startswith("#")]


def test_the_lowest_versions_that_are_tried_are_the_lowest_that_are_allowed():
    tried = {one.name: {Version(pin.version) for pin in one.specifier} for one in TRIED}
    extras = [line for extra in ("parquet", "ray", "report", "s3") for line in EXTRAS[extra]]
    for needed in map(Requirement, [*PROJECT["dependencies"], *extras]):
        lowest = {Version(one.version) for one in needed.specifier if one.operator == ">="}
        assert tried[needed.name] == lowest, needed


def test_this_python_is_one_of_those_that_are_named():
    named = [line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in named
    assert PROJECT["requires-python"] == f">={min(named, key=Version)}"
