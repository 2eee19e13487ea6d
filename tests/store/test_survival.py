"""Sweeps that are killed, stopped or out of room, in processes of their own: resumed until they are done,
they hold the bytes of one that ran through."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.store.status import status
from tests.conftest import KILLS, REPEAT
from tests.runner.engines.trained import NUM_CHUNKS, NUM_NEURONS, PARTS, WHOLE_CELLS, study_of
from tests.values import values_of

# A process that sweeps. It can be killed in the middle of its n-th write of a file: half of the bytes are
# there, under the name that they have until the file is whole. It stops, as with Ctrl-Z, when so many neurons
# are done.
SWEEPER = """
import os, resource, signal, sys
from pathlib import Path
import zarr.storage._local as local
from jaxneuron import sweep
from jaxneuron.runner.work import Stopped
from tests.runner.engines.trained import study_of

path, chunk_size, kill_at, limit, pause_at = sys.argv[1], *map(int, sys.argv[2:])
put, write, writes = local._put, Path.write_bytes, 0

def killed_on_the_way(half, content):
    global writes
    writes += 1
    if writes == kill_at:
        half.parent.mkdir(parents=True, exist_ok=True)
        write(half, content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

def put_or_die(path, value, exclusive=False):
    killed_on_the_way(path.with_suffix(".0123456789.partial"), value.to_bytes())
    return put(path, value, exclusive)

def write_or_die(path, content):
    if ".draft" in str(path):  # of a run that is made; JAX writes programs too
        killed_on_the_way(path, content)
    return write(path, content)

def show(done, total):
    global pause_at
    print(done, flush=True)
    if 0 <= pause_at <= done:
        pause_at = -1
        os.kill(os.getpid(), signal.SIGSTOP)

local._put, Path.write_bytes = put_or_die, write_or_die
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
signal.signal(signal.SIGTERM, signal.default_int_handler)
try:
    sweep(study_of(chunk_size), path, progress=show)
except Stopped as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    os._exit(130)
# Ctrl-C while Python and JAX are torn down is none of the sweep's affair.
os._exit(0)
"""


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """The run of a sweep that ran through, to be copied."""
    return sweep(study_of(1000), tmp_path_factory.mktemp("whole") / "run.zarr")


@pytest.fixture(scope="module")
def whole(whole_run):
    """Its bytes."""
    return values_of(whole_run)


@pytest.fixture(scope="session")
def environment():
    """What other processes are told: they import this package."""
    return os.environ | {"PYTHONPATH": str(Path(jn.__file__).parents[1])}


def start(path, chunk_size, environment, kill_at=0, limit=0, pause_at=-1, **options):
    arguments = [sys.executable, "-c", SWEEPER, *map(str, (path, chunk_size, kill_at, limit, pause_at))]
    return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True, **options)


def wait_until_it_trains(process):
    assert process.stdout is not None
    return process.stdout.readline()


def wait_until_it_pauses(process):
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


@pytest.mark.thorough
@pytest.mark.parametrize("chunk_size", NUM_CHUNKS)
def test_killed_at_any_moment(chunk_size, whole, environment, tmp_path):
    rng, kills, run = random.Random(chunk_size), 0, 0
    while kills < KILLS // len(NUM_CHUNKS):
        path, run = tmp_path / f"{run}.zarr", run + 1
        is_done = False
        while not is_done:
            # In a write: of a description at first, then of shards and markers; or whenever it happens.
            in_a_write = rng.random() < 0.6 and kills < KILLS
            kill_at = rng.randrange(1, 120) if in_a_write else 0
            process = start(path, chunk_size, environment, kill_at)
            if not in_a_write and kills < KILLS:
                wait_until_it_trains(process)
                time.sleep(rng.uniform(0, 0.6))
                process.kill()
            process.communicate(timeout=120)
            is_done = process.returncode == 0
            assert process.returncode in (0, -signal.SIGKILL)
            kills += not is_done
        found = status(path, verify=True)
        assert found.is_whole
        assert values_of(jn.open_run(path)) == whole
        assert not list(path.rglob("*.partial"))
    drafts = [p.name for p in tmp_path.iterdir() if p.suffix != ".zarr"]
    assert all(name.endswith(".draft") for name in drafts)


@pytest.mark.thorough
def test_stopped_at_any_moment(whole, environment, tmp_path):
    rng, path = random.Random(0), tmp_path / "run.zarr"
    for stop in (signal.SIGINT, signal.SIGTERM) * REPEAT:
        process = start(path, PARTS, environment)
        wait_until_it_trains(process)
        time.sleep(rng.uniform(0, 0.15))
        process.send_signal(stop)
        process.communicate(timeout=60)
        assert process.returncode in (0, 130)
        assert not status(path, verify=True).damaged
    assert values_of(sweep(study_of(PARTS), path)) == whole


def mounted(folder, size):
    """Whether a small file system could be mounted on the folder."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0


@pytest.mark.thorough
def test_a_full_disk(whole, environment, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if not mounted(folder, "8m"):
        pytest.skip("no file system may be mounted here; files of limited size take its place")
    try:
        path = folder / "run.zarr"
        process = start(path, PARTS, environment, pause_at=1, stderr=subprocess.PIPE)
        wait_until_it_pauses(process)
        # There was room for all of it when it began.
        with pytest.raises(OSError, match="No space left"):
            (folder / "others").write_bytes(bytes(2**23))
        process.send_signal(signal.SIGCONT)
        _, told = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "cannot be written (No space left on device);" in told
        found = status(path, verify=True)
        assert 0 < found.chunks_done < found.num_chunks
        assert not found.damaged
        assert f"{found.neurons_done:,} of {NUM_NEURONS} neurons are kept" in told
        (folder / "others").unlink()
        assert values_of(sweep(study_of(PARTS), path)) == whole
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.thorough
def test_files_of_limited_size(whole, environment, tmp_path):
    path = tmp_path / "run.zarr"
    with pytest.raises(KeyboardInterrupt):
        sweep(study_of(WHOLE_CELLS), path, progress=interrupt)
    # The run is made; a marker is larger than a file may be.
    process = start(path, WHOLE_CELLS, environment, limit=400, stderr=subprocess.PIPE)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "cannot be written (File too large)" in told
    assert not status(path, verify=True).damaged
    assert values_of(sweep(study_of(WHOLE_CELLS), path)) == whole


def interrupt(done, total):
    raise KeyboardInterrupt


@pytest.mark.thorough
def test_processes_take_turns(whole, environment, tmp_path):
    """Of several at once, one sweeps and the others are refused; a dead one keeps nobody."""
    path = tmp_path / "run.zarr"
    first = start(path, PARTS, environment, pause_at=0)
    wait_until_it_pauses(first)
    second = start(path, PARTS, environment, stderr=subprocess.PIPE)
    _, told = second.communicate(timeout=120)
    first.kill()
    first.communicate(timeout=60)
    assert first.returncode == -signal.SIGKILL
    assert second.returncode == 1
    assert f"is being swept by process {first.pid} on" in told
    assert values_of(sweep(study_of(PARTS), path)) == whole


# A process that begins another run in a run's place, and then writes a table of it. It is killed at its n-th
# write of a file, or before or after a step of these names.
REPLACER = """
import os, shutil, signal, sys
from pathlib import Path
import jaxneuron as jn
from jaxneuron.store import location
from jaxneuron.analysis.export import export
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from tests.runner.engines.trained import study_of

path, table, kill_at, step, when = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
write, writes = Path.write_bytes, 0

def killed_at_a_write(*args, **rest):
    global writes
    writes += 1
    if writes == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(*args, **rest)

def killed(function):
    def call(*args, **rest):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        function(*args, **rest)
        os.kill(os.getpid(), signal.SIGKILL)
    return call

Path.write_bytes = killed_at_a_write
if step == "replace":
    Path.replace = killed(Path.replace)
export(jn.open_run(path), table, overwrite=True)
if step == "rename":
    location._rename = killed(location._rename)
if step == "delete":
    rename = location._rename

    def then_killed(*args):
        rename(*args)
        shutil.rmtree = killed(shutil.rmtree)

    location._rename = then_killed
prepare(Program(study_of(1000, seed=1)), location.Location(path), overwrite=True)
"""
STEPS_OF_REPLACING = [
    ("none", ""),
    *((s, w) for s in ("rename", "replace", "delete") for w in ("before", "after")),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("step", "when"), STEPS_OF_REPLACING)
def test_killed_while_a_run_and_a_table_are_replaced(step, when, whole_run, whole, environment, tmp_path):
    """At any moment a whole run is at the path, and a whole table."""
    path, table = tmp_path / "run.zarr", tmp_path / "cells.csv"
    shutil.copytree(whole_run.path, path)
    table.write_text("mine")
    for kill_at in (1, 20, 40) if step == "none" else (0,):
        arguments = [sys.executable, "-c", REPLACER, *map(str, (path, table, kill_at, step, when))]
        killed = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        begun = status(path).chunks_done == 0
        assert begun == (step == "delete" or (step, when) == ("rename", "after"))
        if not begun:
            assert values_of(jn.open_run(path)) == whole
        assert (table.read_text() == "mine") == ((step, when) == ("replace", "before"))
        if table.read_text() != "mine":
            assert len(table.read_text().splitlines()) == 1 + whole_run.cells.fixed_count.size
    left = status(path).left_behind
    assert bool(left) == (step in ("none", "rename", "delete") and (step, when) != ("delete", "after"))
    assert values_of(sweep(study_of(1000), path, overwrite=True)) == whole
