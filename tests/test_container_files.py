"""The container's files fit each other and the project: what is pinned, what is copied, how it starts."""

import itertools
import json
import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import jaxneuron
from jaxneuron.cli import commands

ROOT = Path(__file__).parents[1]
PACKAGE = Path(jaxneuron.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = [line for line in CONSTRAINTS if not line.startswith("#")]
PINNED = {canonicalize_name(name): version for name, _, version in (pin.partition("==") for pin in PINS)}
# Each instruction in one line, comments left out: ("COPY", "pyproject.toml .").
LINES = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).replace("\\\n", " ")
DOCKERFILE = [line.partition(" ")[::2] for line in LINES.splitlines() if line]
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
CHECK = ROOT / "tests" / "container" / "check.sh"


def last_stage(word: str) -> list[str]:
    """What follows this word in the stage that becomes the image."""
    begins = max(number for number, (name, _) in enumerate(DOCKERFILE) if name == "FROM")
    return [" ".join(rest.split()) for name, rest in DOCKERFILE[begins:] if name == word]


# What is pinned


def test_every_dependency_is_pinned_to_an_exact_version_that_it_allows():
    extras = (EXTRAS[name] for name in ("explore", "parquet", "report", "s3"))
    for line in itertools.chain(PROJECT["dependencies"], *extras):
        needed = Requirement(line)
        assert PINNED.get(canonicalize_name(needed.name), "0") in needed.specifier, line
    assert [pin for pin in PINS if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", pin)] == []
    assert len(PINNED) == len(PINS)


@pytest.mark.parametrize("extra", ["cuda12", "cuda13"])
def test_what_jax_asks_for_on_a_gpu_is_pinned_to_the_version_of_jax(extra):
    needed = [Requirement(line) for line in requires("jax") or []]
    plugins = [one for one in needed if one.marker and not one.marker.evaluate({"extra": ""})]
    plugins = [one.name for one in plugins if one.marker.evaluate({"extra": extra}) and "plugin" in one.name]
    assert plugins
    assert {PINNED.get(canonicalize_name(name)) for name in plugins} == {PINNED["jax"]}


# The Dockerfile


def test_all_that_is_copied_is_there_and_let_through():
    """The first line of .dockerignore shuts out all; then come what is let in, and what of it is not."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    first, *rules = [line for line in lines if not line.startswith("#")]
    let_in = [rule[1:] for rule in rules if rule.startswith("!")]
    kept_out = [rule for rule in rules if not rule.startswith("!")]
    copies = [rest.split() for word, rest in DOCKERFILE if word == "COPY" and not rest.startswith("--from")]
    copied = [source for *sources, _ in copies for source in sources]
    assert first == "*"
    assert sorted(set(copied)) == sorted(let_in)
    assert [name for name in copied if not (ROOT / name).exists() and name != PACKAGE.name] == []
    files = [str(path.relative_to(PACKAGE.parent)) for path in PACKAGE.rglob("*") if path.is_file()]
    patterns = [f"{rule}/*".replace("**/", "*") for rule in kept_out]
    shut_out = [name for name in files if any(fnmatch(name, pattern) for pattern in patterns)]
    assert {Path(name).suffix for name in shut_out} <= {".pyc"}


def test_the_image_starts_jaxneuron_in_the_folder_of_results_and_not_as_root():
    (user,), (entry,), (folder,) = last_stage("USER"), last_stage("ENTRYPOINT"), last_stage("WORKDIR")
    made = " ".join(rest for word, rest in DOCKERFILE if word == "RUN" and "useradd" in rest)
    assert int(user) > 0
    assert f"--uid {user} " in made
    assert f"--mode 0777 {folder} " in f"{made} "
    assert json.loads(entry) == list(PROJECT["scripts"])
    assert SERVICES["jaxneuron"]["volumes"] == [f".:{folder}"]
    assert SERVICES["jaxneuron"]["user"] == f"${{UID:-{user}}}"


def test_caches_go_where_any_user_may_write():
    settings = dict(one.split("=") for rest in last_stage("ENV") for one in rest.split())
    assert settings.keys() == {"HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"}
    assert {Path(value).parts[:2] for value in settings.values()} == {("/", "tmp")}


def test_labels_say_what_the_project_says():
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', *last_stage("LABEL")))
    assert labels["title"] == PROJECT["name"]
    assert labels["licenses"] == PROJECT["license"]
    assert labels["version"] == PROJECT["version"]
    assert labels["description"] == " ".join(commands.help.split())


def test_what_the_source_changes_comes_after_what_is_needed():
    """Or every change of the source would install all dependencies again."""
    needed = re.search(r"FROM \S+ AS needed\n(.*?)\nFROM ", LINES, re.DOTALL)[1]
    copies = re.findall(r"(?m)^COPY (.*)", needed)
    assert all(copy.startswith("--from") and "/installed" not in copy for copy in copies)


# Compose and the check


def test_services_run_as_the_readme_runs_the_image():
    assert SERVICES.keys() == {"jaxneuron", "cuda", "explore", "reports"}
    for service in SERVICES.values():
        assert service["read_only"] is True
        assert service["tmpfs"] == "/tmp"
    assert SERVICES["cuda"]["build"]["args"]["EXTRAS"] in EXTRAS
    assert SERVICES["cuda"]["image"] != SERVICES["jaxneuron"]["image"]
    assert SERVICES["cuda"]["profiles"], "or every build would be one for GPUs too"


def test_what_is_served_is_so_to_this_machine_alone():
    listens = {"reports": SERVICES["reports"]["entrypoint"][-1]}
    explore = SERVICES["explore"]["command"]
    listens["explore"] = explore[explore.index("--port") + 1]
    for name, port in listens.items():
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert SERVICES.keys() - listens.keys() == {
        n for n, service in SERVICES.items() if "ports" not in service
    }


def test_the_check_of_the_image_can_be_run():
    assert os.access(CHECK, os.X_OK)
    subprocess.run(["bash", "-n", str(CHECK)], check=True)
    study = tomllib.loads((CHECK.parent / "study.toml").read_text(encoding="utf-8"))
    assert (ROOT / "experiments" / "engel" / study["data"]["file"]).is_file()
