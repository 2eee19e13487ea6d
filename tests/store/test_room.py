"""The memory that is free: of the machine, and of each group that a process is in."""

import psutil
import pytest

from jaxneuron.store import room

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


@pytest.mark.parametrize(
    ("groups", "files", "free"),
    [
        pytest.param("0::/\n", {}, 100, id="no limit is told"),
        pytest.param("0::/\n", v2("", "max", 5 * GB, 0), 100, id="no limit"),
        pytest.param("0::/\n", v2("", 8 * GB, 5 * GB, 0), 3, id="a container"),
        pytest.param("0::/\n", v2("", 8 * GB, 8 * GB, 7 * GB), 7, id="a container full of files"),
        pytest.param(
            f"0::/{JOB}\n",
            v2(f"{JOB}/", "max", GB, 0) | v2("system.slice/slurmstepd.scope/job_7/", 4 * GB, GB, 0),
            3,
            id="a job within a scope",
        ),
        pytest.param(
            "0::/user.slice/run.scope\n",
            v2("user.slice/", 9 * GB, 8 * GB, 0) | v2("user.slice/run.scope/", 4 * GB, GB, 0),
            1,
            id="the outer one is fuller",
        ),
        pytest.param(
            "5:cpu:/x\n4:memory:/job\n0::/\n", v1("job/", 8 * GB, 7 * GB, 2 * GB), 3, id="version 1"
        ),
        pytest.param(
            "4:cpu,memory:/not/seen/here\n", v1("", 8 * GB, 7 * GB, 0), 1, id="version 1 in a container"
        ),
        pytest.param("4:memory:/\n", v1("", 2**63 - 4096, GB, 0), 100, id="version 1 without a limit"),
        pytest.param(
            "0::/\n", {"memory.max": "?", "memory.current": "1", "memory.stat": ""}, 100, id="nonsense"
        ),
    ],
)
def test_what_is_free_is_what_every_group_leaves(groups, files, free, machine):
    machine(groups, files)
    assert room.available_memory() == pytest.approx(free * GB)
