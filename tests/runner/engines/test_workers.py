"""Workers: each does its share of a run, may be killed or started twice, and the bytes are the same."""

import random
import subprocess
import sys
import time

import pytest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner.engines import workers as workers_engine
from jaxneuron.runner.engines.workers import FRUITLESS_STARTS, Workers
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.runner.work import Stopped
from jaxneuron.runner.worker import worker
from jaxneuron.store import identity
from jaxneuron.store.location import Location
from jaxneuron.store.status import status
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from tests.conftest import KILLS
from tests.runner.engines.trained import NUM_CHUNKS, NUM_NEURONS, PARTS, WHOLE_CELLS, record_in, study_of
from tests.store.runs import markers_of
from tests.values import values_of


def create(path, chunk_size=WHOLE_CELLS):
    prepare(Program(study_of(chunk_size)), Location(path))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.zarr"


@pytest.mark.parametrize("chunk_size", [pytest.param(WHOLE_CELLS, marks=pytest.mark.thorough), PARTS])
def test_workers_in_any_order_do_the_whole(chunk_size, whole, path):
    create(path, chunk_size)
    for i, index in enumerate(random.Random(chunk_size).sample(range(4), 4)):
        recorded = []
        number = worker(path, index, 4, progress=record_in(recorded))
        assert (recorded[0], recorded[-1]) == ((0, number), (number, number))
        assert status(path).is_whole == (i == 3)
    assert values_of(jn.open_run(path)) == whole


def test_a_worker_that_is_started_again_trains_nothing(path):
    worker(create(path), 1, 2)
    markers = markers_of(path)
    assert sorted(markers) == list(range(1, NUM_CHUNKS[WHOLE_CELLS], 2))
    recorded = []
    worker(path, 1, 2, progress=record_in(recorded))
    assert recorded == [(NUM_NEURONS // 2, NUM_NEURONS // 2)]
    assert markers_of(path) == markers


def test_what_another_has_done_meanwhile_is_left_out(path):
    """As when one is started twice: before each chunk it looks whether it is done."""
    create(path, PARTS)
    trained, markers = [], {}

    def progress(done, total):
        trained.append(done)
        if len(trained) == 2:
            worker(path, 0, 2)
            markers.update(markers_of(path))

    worker(path, 0, 2, progress=progress)
    after = markers_of(path)
    assert len(markers) == NUM_CHUNKS[PARTS] // 2
    # Those that were under way when the twin began may be written once more.
    assert sum(after[number] != markers[number] for number in markers) <= 4


def test_a_machine_with_other_bits_is_refused(path, monkeypatch):
    create(path)
    monkeypatch.setattr(identity, "processor", lambda: "another one")
    with pytest.raises(BadInput, match=r"processor is '.*' there and 'another one' here"):
        worker(path, 0, 2)


def test_workers_and_a_sweep_keep_each_other_out(path):
    location = Location(create(path))
    with location.lock(), pytest.raises(BadInput, match="is being swept by process"):
        worker(path, 0, 2)
    with location.lock(shared=True, name="worker 0 of 2"):
        worker(path, 1, 2)  # workers do not
        assert status(path).swept_by.startswith("worker 1 of 2, process")
        for overwrite in (False, True):
            with pytest.raises(BadInput, match="is being swept by worker 1 of 2, process"):
                sweep(study_of(WHOLE_CELLS), path, overwrite=overwrite)
    assert status(path).swept_by is None
    sweep(study_of(WHOLE_CELLS), path)


def test_damage_is_for_the_worker_whose_chunk_it_is(path, whole, caplog):
    sweep(study_of(WHOLE_CELLS), path)
    shard = sorted(p for p in (path / "neurons/fate/c").rglob("*") if p.is_file())[5]
    shard.write_bytes(b"")
    (damaged,) = status(path, verify=True).damaged
    worker(path, (damaged + 1) % 2, 2)
    assert list(status(path, verify=True).damaged) == [damaged]
    worker(path, damaged % 2, 2)
    assert f"1 chunk is damaged: {damaged} (neurons/fate); trained again" in caplog.text
    assert values_of(jn.open_run(path)) == whole


# Processes

SWEEPER = """
import signal, sys
from jaxneuron.runner.engines.workers import Workers
from jaxneuron import sweep
from tests.runner.engines.trained import PARTS, study_of

signal.signal(signal.SIGTERM, signal.default_int_handler)
progress = lambda done, total: print(done, flush=True)
sweep(study_of(PARTS), sys.argv[1], engine=Workers(2), progress=progress)
"""


@pytest.mark.thorough
def test_killed_again_and_again(whole, environment, path):
    """One worker is killed again and again, another one not."""

    def start(index):
        line = [sys.executable, "-m", "jaxneuron", "worker", str(path), "--index", str(index), "--of", "2"]
        return subprocess.Popen(
            [*line, "--json"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    rng, store = random.Random(0), Store(Location(create(path, PARTS)), "r+")
    other = start(0)
    for _ in range(KILLS):
        victim = start(1)
        # Until it trains, or at any moment while it does.
        before, deadline = len(store.marked()), time.monotonic() + rng.uniform(0, 4)
        while time.monotonic() < deadline and victim.poll() is None:
            if len(store.marked()) > before + rng.randrange(1, 6) and rng.random() < 0.5:
                break
            time.sleep(0.01)
        victim.kill()
        if victim.wait() == 0:  # it was done: it is to be killed while there is something to do
            store.forget(range(1, NUM_CHUNKS[PARTS], 2))
    assert other.wait(120) == 0
    assert start(1).wait(120) == 0
    assert status(path, verify=True).is_whole
    assert values_of(jn.open_run(path)) == whole


# A worker that dies as soon as it has marked a chunk, as often as there are files to delete.
MORTAL = """#!{python}
import os, pathlib, runpy, signal, sys
from jaxneuron.store.store import Store

def mark_and_die(store, *args):
    mark(store, *args)
    for life in pathlib.Path({lives!r}).iterdir():
        life.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

mark, Store.mark = Store.mark, mark_and_die
_, _, module, *sys.argv[1:] = sys.argv
runpy.run_module(module, run_name="__main__")
"""


@pytest.mark.thorough
def test_a_worker_that_dies_is_started_again(whole, path, tmp_path, caplog, monkeypatch):
    """As often as it has done something; of one that has not, three times are enough."""
    lives = tmp_path / "lives"
    lives.mkdir()
    for life in range(FRUITLESS_STARTS):
        (lives / str(life)).touch()
    python = tmp_path / "python"
    python.write_text(MORTAL.format(python=sys.executable, lives=str(lives)))
    python.chmod(0o755)
    monkeypatch.setattr(workers_engine.sys, "executable", str(python))
    recorded = []
    progress = record_in(recorded)
    assert values_of(sweep(study_of(PARTS), path, engine=Workers(1), progress=progress)) == whole
    done = [done for done, _ in recorded]
    assert (done, done[-1]) == (sorted(done), NUM_NEURONS)
    assert caplog.text.count("ended with code -9 and is started again") == FRUITLESS_STARTS


@pytest.mark.parametrize(
    ("does", "error", "words"),
    [
        ("kill -9 $$", Stopped, r"worker \d of 2 ended 3 times before it had done a chunk, .* code -9"),
        ("echo the disk is full >&2; exit 1", Stopped, "the disk is full"),
        ("echo another machine >&2; exit 2", BadInput, "another machine"),
    ],
)
def test_workers_that_cannot_do_anything_are_given_up(does, error, words, tmp_path, path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{does}\n")
    python.chmod(0o755)
    monkeypatch.setattr(workers_engine.sys, "executable", str(python))
    with pytest.raises(error, match=words):
        sweep(study_of(WHOLE_CELLS), path, engine=Workers(2))


@pytest.mark.thorough
def test_a_sweep_with_workers_is_killed_and_resumed(whole, environment, path):
    """Its workers stay, and those of the next sweep share the work with them."""
    line = [sys.executable, "-c", SWEEPER, str(path)]
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    while int(process.stdout.readline()) == 0:
        pass
    process.kill()
    process.communicate(timeout=60)
    assert values_of(sweep(study_of(PARTS), path, engine=Workers(2))) == whole


@pytest.mark.thorough
def test_made_by_several_at_once(environment, tmp_path):
    """As in a Slurm array or a Kubernetes job, where each task makes the run if it is not there."""
    (tmp_path / "study.toml").write_text(
        "data = { x = [0, 1, 2, 3], y = [1, 2, 2, 5] }\nsweep = { learning_rate = 0.1, replicates = 9 }"
    )
    line = [sys.executable, "-m", "jaxneuron", "create", "study.toml", "--out", "run.zarr", "--json"]
    options = {"env": environment, "cwd": tmp_path, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(line, **options) for _ in range(3)]
    printed = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 3
    assert sum('"is_new": true' in text for text in printed) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.zarr", "study.toml"]
