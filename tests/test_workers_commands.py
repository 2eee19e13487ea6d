"""`jaxneuron create`, `worker` and `plan`, and where a sweep trains: what is printed and how it ends."""

import shutil

import jax
import pytest

import jaxneuron as jn
from jaxneuron.runner.plan import plan
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.store import room
from jaxneuron.store.location import Location
from jaxneuron.store.status import status
from jaxneuron.store.store import Store
from jaxneuron.study.study import read_study

STUDY = """\
data = { x = [0, 1, 2, 3], y = [1, 2, 2, 5] }
training = { num_steps = 30 }
[sweep]
learning_rate = [0.1, 0.2, 0.3]
init_bias = [-1, 0, 1, 2]
replicates = 5
chunk_size = 10
"""
SLURM = {"ID": 5, "COUNT": 3, "MIN": 4, "MAX": 6, "STEP": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder with a study: six chunks of work."""
    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    for name in ("JOB_COMPLETION_INDEX", *(f"SLURM_ARRAY_TASK_{key}" for key in SLURM)):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def created(tmp_path_factory):
    """The path of the study's run, in which nothing is done yet."""
    folder = tmp_path_factory.mktemp("created")
    (folder / "study.toml").write_text(STUDY)
    prepare(Program(read_study(folder / "study.toml")), Location(folder / "run.zarr"))
    return folder / "run.zarr"


@pytest.fixture
def copied(created, folder):
    """A copy of it in the working folder, `run.zarr`."""
    shutil.copytree(created, "run.zarr")


def test_a_run_is_made_and_filled_by_workers(run_line, succeed, found, folder):
    code, out, err = run_line("create study.toml --out run.zarr")
    assert (code, out) == (0, "run: run.zarr, 6 chunks of work\n")
    assert "60 neurons take about" in err
    assert succeed("create study.toml --out run.zarr") == "run: run.zarr, 6 chunks of work, was there\n"
    assert run_line("status run.zarr")[0] == 1
    code, out, err = run_line("worker run.zarr --index 1 --of 2")
    assert (code, out) == (0, "worker 1 of 2: its 30 neurons are done\n")
    assert err.splitlines()[-1] == "30 of 30 neurons"
    share = {"index": 0, "of": 2, "num_neurons": 30}
    assert found("worker run.zarr --index 0 --of 2") == {"run": "run.zarr"} | share
    assert run_line("status run.zarr")[0] == 0
    assert int(jn.open_run("run.zarr").cells.fate_count.sum()) == 60
    made = {"run": f"runs/{folder.name}.zarr", "num_neurons": 60, "num_chunks": 6, "is_new": True}
    assert found("create study.toml") == made


@pytest.mark.parametrize(
    ("environment", "options", "done"),
    [
        ({"SLURM_ARRAY_TASK_" + key: value for key, value in SLURM.items()}, "", {1, 4}),
        ({"SLURM_ARRAY_TASK_ID": 5, "SLURM_ARRAY_TASK_COUNT": 1}, "--of 6", {5}),
        ({f"SLURM_ARRAY_TASK_{k}": v for k, v in zip(SLURM, (5, 3, 1, 9, 4), strict=True)}, "", {1, 4}),
        ({"JOB_COMPLETION_INDEX": 2}, "--of 3", {2, 5}),
        ({"JOB_COMPLETION_INDEX": 2}, "--of 3 --index 0", {0, 3}),
    ],
)
def test_batch_systems_tell_which_worker_it_is(environment, options, done, copied, found, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    found(f"worker run.zarr {options}")
    assert Store(Location("run.zarr")).marked() == done


@pytest.mark.parametrize(
    ("environment", "line", "words"),
    [
        ({}, "worker run.zarr --of 2", "--index: is missing; it is a number from 0 on"),
        ({}, "worker run.zarr --index 0", "--of: is missing; it is the number of workers"),
        ({"JOB_COMPLETION_INDEX": 1}, "worker run.zarr", "--of: is missing; it is the number of workers"),
        (
            {f"SLURM_ARRAY_TASK_{k}": v for k, v in zip(SLURM, (3, 2, 3, 7, 1), strict=True)},
            "worker run.zarr",
            "--of: is missing; this Slurm array skips numbers",
        ),
        ({}, "worker run.zarr --index 2 --of 2", "--index: is 2; it must be from 0 to 1, as --of is 2"),
        ({}, "worker run.zarr --index -1 --of 2", "--index: is -1; it must be from"),
        ({}, "worker nothing.zarr --index 0 --of 2", "nothing.zarr: there is no such run"),
        ({}, "worker study.toml --index 0 --of 2", "study.toml: is not a run of jaxneuron"),
        ({}, "worker run.zarr --index 0 --of 0", "Invalid value for '--of'"),
        ({}, "create nothing.toml", "nothing.toml: there is no such file"),
        ({}, "create study.toml --out study.toml", "study.toml: exists and is not a run of jaxneuron"),
        ({}, "sweep study.toml --out run.zarr --workers 0", "Invalid value for '--workers'"),
        ({}, "sweep study.toml --out run.zarr --address head:6379", "needs --engine ray"),
        ({}, "sweep study.toml --out run.zarr --engine ray --address head", "it must be HOST:PORT"),
        ({}, "sweep study.toml --out run.zarr --engine slurm", "'slurm' is not one of 'local', 'ray'"),
        ({}, "plan nothing.toml", "nothing.toml: there is no such file"),
        ({}, "plan study.toml --devices 0", "Invalid value for '--devices'"),
    ],
)
def test_bad_input_is_answered_in_one_line(environment, line, words, copied, refused, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    assert words in refused(line)
    assert status("run.zarr").chunks_done == 0


def test_create_refuses_another_study(copied, run_line, refused, folder):
    (folder / "study.toml").write_text(STUDY.replace("[0.1,", "[0.15,"))
    line = "create study.toml --out run.zarr"
    assert "holds another run: sweep.learning_rate is" in refused(line)
    assert run_line(f"{line} --overwrite")[0] == 0


@pytest.mark.thorough
def test_workers_of_a_sweep_make_its_bytes(found, monkeypatch):
    monkeypatch.setenv(
        "JAX_DISABLE_MOST_OPTIMIZATIONS", str(jax.config.values["jax_disable_most_optimizations"])
    )
    found("sweep study.toml --out one.zarr")
    assert found("sweep study.toml --out two.zarr --workers 2")["num_neurons"] == 60
    one, two = (jn.open_run(f"{name}.zarr").cells for name in ("one", "two"))
    assert one.equals(two)
    assert len({marker.process for marker in Store(Location("two.zarr")).markers(range(6)).values()}) == 2


def test_a_plan_counts_and_measures():
    found = plan(read_study("study.toml"), seconds=0)
    assert (found.num_neurons, found.num_cells, found.num_chunks, found.neuron_steps) == (60, 12, 6, 1800)
    assert 0 < len(found.chunk_seconds) <= 6
    assert found.seconds(1) > found.seconds(1000) > 0
    # A device-second is one wherever it is spent, but for the beginning and the last round.
    many = found._replace(num_chunks=10**6, num_neurons=10**7)
    assert many.seconds(1) - many.seconds_to_begin == pytest.approx(many.device_seconds, rel=1e-3)
    assert many.seconds(10) - many.seconds_to_begin == pytest.approx(many.device_seconds / 10, rel=1e-3)


def test_a_plan_is_printed(succeed, found, folder):
    out = succeed("plan study.toml --seconds 0 --devices 1 --devices 4")
    for words in ("60 in 12 cells", "1.8e+03 (30 each)", "6 of 10 neurons", "device-hours"):
        assert words in out
    planned = found("plan study.toml --seconds 0")
    assert planned["neuron_steps"] == 1800
    assert list(planned["seconds"]) == ["1", "8", "64", "512"]
    assert [p.name for p in folder.iterdir()] == ["study.toml"]


@pytest.mark.parametrize(
    ("records", "chunk_size"),
    [("cells", 10), ("neurons", 10), pytest.param("cells", 3, marks=pytest.mark.thorough)],
)
def test_the_files_of_a_plan_are_those_of_the_run(records, chunk_size, run_line, folder):
    text = STUDY.replace("chunk_size = 10", f'chunk_size = {chunk_size}\nrecords = "{records}"')
    (folder / "study.toml").write_text(text)
    planned = plan(read_study("study.toml"), seconds=0).num_objects
    files = []
    for command in ("create", "sweep"):
        run_line(f"{command} study.toml --out run.zarr")
        files.append({path for path in (folder / "run.zarr").rglob("*") if path.is_file()})
    written = files[1] - files[0]
    # A swept bias is a coordinate and no record.
    num_starts = {"cells": 0, "neurons": 6}[records]
    assert planned - num_starts <= len([path for path in written if path.name != "lock"]) <= planned


@pytest.mark.parametrize(
    "line", ["create study.toml", "doctor", "plan study.toml", "sweep study.toml --workers 2"]
)
def test_a_device_that_is_not_there_is_one_line(line, refused, monkeypatch):
    def devices():
        raise RuntimeError("Unable to initialize backend 'cuda'\nand so on")

    monkeypatch.setattr(jax, "devices", devices)
    words = "JAX_PLATFORMS: no such device can be had here (Unable to initialize backend 'cuda')"
    assert words in refused(line)


def test_a_plan_trains_nothing_for_which_there_is_no_room(refused, monkeypatch):
    monkeypatch.setattr(room, "available_memory", lambda: 1e8)
    err = refused("plan study.toml")
    assert "the study: needs about 260 MB of memory" in err
    assert "and 100 MB of memory are free; a machine with more is needed" in err
