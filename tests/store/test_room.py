"""Room: what is free of the machine and of each group that a process is in, and what a run takes."""

import re

import psutil
import pytest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.store import room
from jaxneuron.study.bad_input import BadInput
from tests.store.runs import study_of

GB = 10**9


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of 100 GB with groups as Linux tells of them: those of the process, and each one's files."""
    monkeypatch.setattr(room, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(room, "PROCESS_GROUPS", tmp_path / "groups")
    memory = psutil.virtual_memory()._replace(available=100 * GB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)

    def make(groups, files):
        (tmp_path / "groups").write_text(groups)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")

    return make


def v2(folder, limit, used, kept):
    values = {"max": limit, "current": used, "stat": f"anon 1\nfile 3\ninactive_file {kept}"}
    return {f"{folder}memory.{name}": value for name, value in values.items()}


def v1(folder, limit, used, kept):
    values = {"limit_in_bytes": limit, "usage_in_bytes": used, "stat": f"cache 1\ntotal_inactive_file {kept}"}
    return {f"memory/{folder}memory.{name}": value for name, value in values.items()}


JOB = "system.slice/slurmstepd.scope/job_7/step_0/user/task_0"


# What Linux says, and the gigabytes that are left.
MACHINES = {
    "no limit is told": ("0::/\n", {}, 100),
    "no limit": ("0::/\n", v2("", "max", 5 * GB, 0), 100),
    "a container": ("0::/\n", v2("", 8 * GB, 5 * GB, 0), 3),
    "a container full of files": ("0::/\n", v2("", 8 * GB, 8 * GB, 7 * GB), 7),
    "a job within a scope": (
        f"0::/{JOB}\n",
        v2(f"{JOB}/", "max", GB, 0) | v2("system.slice/slurmstepd.scope/job_7/", 4 * GB, GB, 0),
        3,
    ),
    "the outer one is fuller": (
        "0::/user.slice/run.scope\n",
        v2("user.slice/", 9 * GB, 8 * GB, 0) | v2("user.slice/run.scope/", 4 * GB, GB, 0),
        1,
    ),
    "version 1": ("5:cpu:/x\n4:memory:/job\n0::/\n", v1("job/", 8 * GB, 7 * GB, 2 * GB), 3),
    "version 1 in a container": ("4:cpu,memory:/not/seen/here\n", v1("", 8 * GB, 7 * GB, 0), 1),
    "version 1 without a limit": ("4:memory:/\n", v1("", 2**63 - 4096, GB, 0), 100),
    "nonsense": ("0::/\n", {"memory.max": "?", "memory.current": "1", "memory.stat": ""}, 100),
}


@pytest.mark.parametrize(("groups", "files", "free"), MACHINES.values(), ids=MACHINES)
def test_what_is_free_is_what_every_group_leaves(groups, files, free, machine):
    machine(groups, files)
    assert room.available_memory() == pytest.approx(free * GB)


@pytest.mark.parametrize(
    ("free", "words"),
    [
        ({"available_memory": 1e8}, r"MB of memory .*and 100 MB of memory are free; a machine with more"),
        ({"available_memory": 5e8}, r"and 500 MB of memory are free; sweep.chunk_size = \d+ would fit"),
        ({"available_on_device": 1e3}, r"of a GPU's memory, of which JAX has 1 kB free; a GPU with more"),
        ({"available_on_device": 1e8}, r"JAX has 100 MB free; sweep.chunk_size = \d+ would fit"),
        ({"available_disk": 1e6}, r"and 1 MB of disk are free; make room, or choose another --out"),
        ({"available_disk": 2e7}, r'and 20 MB of disk are free; sweep.records = "cells" needs'),
    ],
)
def test_too_little_room_is_said_before_anything_is_written(free, words, tmp_path, monkeypatch):
    for name, amount in free.items():
        monkeypatch.setattr(room, name, lambda *_, amount=amount: amount)
    rates = jn.Log(0.01, 10.0, 7500)
    study = study_of({"learning_rate": rates, "replicates": 200, "chunk_size": 2**20})
    with pytest.raises(BadInput, match=words):
        sweep(study, tmp_path / "folder" / "run.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_run_takes_about_the_room_that_is_said(tmp_path, caplog):
    caplog.set_level("INFO", "jaxneuron")
    study = study_of({"learning_rate": jn.Log(0.01, 10.0, 200), "replicates": 64, "chunk_size": 4096})
    sweep(study, tmp_path / "r")
    (said,) = [re.search(r"of memory and (\d+) (kB|MB) of disk", message) for message in caplog.messages]
    # The blocks that files take, as many are smaller than one.
    written = sum(512 * p.stat().st_blocks for p in (tmp_path / "r").rglob("c/**/*") if p.is_file())
    assert said is not None
    assert 0.5 < float(said[1]) * {"kB": 1e3, "MB": 1e6}[said[2]] / written < 2
