"""What the project says it runs on is what CI tries."""

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOWEST = {
    line.name: line
    for line in map(
        Requirement,
        filter(
            lambda line: not line.startswith("#"), (ROOT / "tests" / "lowest.txt").read_text().splitlines()
        ),
    )
}


@pytest.mark.parametrize(
    "line",
    [
        *PROJECT["dependencies"],
        *(line for extra in ("parquet", "ray", "report", "s3") for line in EXTRAS[extra]),
    ],
)
def test_the_lowest_version_that_is_tried_is_the_lowest_that_is_allowed(line):
    needed = Requirement(line)
    (lowest,) = [Version(one.version) for one in needed.specifier if one.operator == ">="]
    (tried,) = [Version(one.version) for one in LOWEST[needed.name].specifier]
    assert tried == lowest


def test_this_python_is_one_of_those_that_are_named():
    named = [line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in named
    assert PROJECT["requires-python"] == f">={min(named, key=Version)}"
