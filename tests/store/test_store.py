"""The store: what was stopped is resumed, what is damaged is found, the bytes are always the same."""

import contextlib
import errno
import fcntl
import json
import multiprocessing
import os
import random
import re
import shutil
import socket
import sys
import threading
import time
import uuid
import zipfile
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest
import s3fs
import xarray as xr
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import make_server

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.analysis.deaths import as_values, deaths
from jaxneuron.analysis.export import export
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner import prepare as prepare_module
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.setup import set_up
from jaxneuron.runner.work import Stopped
from jaxneuron.runner.worker import worker
from jaxneuron.store import identity, room
from jaxneuron.store import markers as markers_module
from jaxneuron.store import status as status_module
from jaxneuron.store import store as store_module
from jaxneuron.store.location import LOCK, Location
from jaxneuron.store.skeleton import FORMAT
from jaxneuron.store.status import status
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from tests.conftest import REPEAT
from tests.stopping import Stop, hold, stop_after
from tests.values import values_of

X = np.linspace(-1, 2, 20)
Y = np.maximum(0, 1.5 * X + 0.3)
STORED_RUNS = Path(__file__).parent / "stored_runs"
NUM_NEURONS = 4 * 2 * 5
# Four chunks of two whole cells, and sixteen that share their cells with another and so write parts.
WHOLE_CELLS, PARTS = 10, 3
CHUNK_SIZES = [WHOLE_CELLS, PARTS]


def study_of(sweep=None, training=None, **data):
    return jn.Study(
        data={"x": X, "y": Y} | data,
        training={"num_steps": 30} | (training or {}),
        sweep={
            "learning_rate": jn.Log(0.01, 10.0, 4),
            "init_bias": jn.Linear(-2.0, 2.0, 2),
            "replicates": 5,
            "records": "neurons",
            "chunk_size": WHOLE_CELLS,
        }
        | (sweep or {}),
    )


class Whole(NamedTuple):
    """A run of a sweep that ran through."""

    study: jn.Study
    run: Run
    values: dict[str, bytes]

    def copied_to(self, path):
        """A copy of it, to do something to."""
        return shutil.copytree(self.run.path, path)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Makes a run with these settings, once."""
    runs = {}

    def make(**settings):
        if (name := str(settings)) not in runs:
            study = study_of(settings)
            run = sweep(study, tmp_path_factory.mktemp("whole") / "run.zarr")
            runs[name] = Whole(study, run, values_of(run))
        return runs[name]

    return make


@pytest.fixture(params=CHUNK_SIZES)
def whole(request, swept):
    """A run of chunks of whole cells, and one of parts."""
    return swept(chunk_size=request.param)


@pytest.fixture
def sound(swept):
    """A run of chunks of whole cells."""
    return swept(chunk_size=WHOLE_CELLS)


@pytest.fixture(scope="module")
def stopped_after_one_chunk(tmp_path_factory):
    """The path of a run of whole cells of which the first chunk is done."""
    path = tmp_path_factory.mktemp("stopped") / "run.zarr"
    with pytest.raises(Stop):
        sweep(study_of(), path, progress=stop_after(1))
    return path


@pytest.fixture
def unfinished(stopped_after_one_chunk, tmp_path):
    """The path of a copy of it, alone in its folder."""
    return shutil.copytree(stopped_after_one_chunk, tmp_path / "run.zarr")


def trained_by(study, path, **rest):
    """(run, numbers of neurons of the chunks that a sweep trained, in their order)."""
    told = []
    run = sweep(study, path, progress=lambda done, total: told.append(done), **rest)
    assert told[-1] == NUM_NEURONS
    return run, np.diff(told).tolist()


# Resuming


def test_a_stopped_sweep_is_resumed_and_the_bytes_are_the_same(whole, tmp_path):
    path, done = tmp_path / "run.zarr", []
    for chunks in (0, 1, 2):
        with pytest.raises(Stop):
            sweep(whole.study, path, progress=stop_after(chunks))
        done.append(status(path).chunks_done)
        with pytest.raises(BadInput, match=r"is unfinished, \d+ of \d+ chunks"):
            jn.open_run(path)
    assert done == [0, 1, 3]
    before = markers_of(path)
    run, trained = trained_by(whole.study, path)
    assert values_of(run) == whole.values
    assert len(trained) == status(path).num_chunks - 3
    markers = markers_of(path)
    assert len(markers) == status(path).num_chunks
    assert before == {number: markers[number] for number in before}
    run, trained = trained_by(whole.study, path)
    assert values_of(run) == whole.values
    assert trained == []
    assert markers_of(path) == markers
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def markers_of(path):
    """What each chunk says of itself, such as when it was trained."""
    store = Store(Location(path))
    return store.markers(range(store.chunking.num_chunks))


def test_progress_begins_where_it_was(unfinished):
    told = []
    sweep(study_of(), unfinished, progress=lambda *numbers: told.append(numbers))
    assert told == [(10, 40), (20, 40), (30, 40), (40, 40)]


@pytest.mark.thorough
@pytest.mark.parametrize("chunk_size", [1, 4, 15, 1000])
def test_neither_the_order_nor_the_number_of_chunks_changes_a_byte(chunk_size, sound, tmp_path):
    """Workers, each of which does its share of the chunks, are called in another order."""
    path, of = tmp_path / "run.zarr", 5
    prepare(set_up(study_of({"chunk_size": chunk_size})), Location(path))
    for index in random.Random(chunk_size).sample(range(of), of):
        worker(path, index, of)
    assert values_of(jn.open_run(path)) == sound.values


def test_xarray_alone_reads_a_run(whole):
    run = whole.run
    for group in ("cells", "neurons"):
        dataset = xr.open_zarr(run.path, group=group, consolidated=False)
        for values in dataset.variables.values():
            assert {"units", "long_name", "definition"} <= set(values.attrs)
    markers = xr.open_zarr(run.path, group="work", consolidated=False).marker
    assert sum(json.loads(str(text))["neurons"] for text in markers.values) == NUM_NEURONS
    assert run.attrs["format"] == FORMAT
    assert {"jaxneuron", "jax", "jaxlib", "optax", "numpy"} <= set(run.attrs["versions"])
    assert {"platform", "device", "began", "study", "data", "fingerprint", "identity"} <= set(run.attrs)


def test_how_far_very_many_chunks_are_is_told_from_some(tmp_path, monkeypatch):
    path = tmp_path / "run.zarr"
    study = study_of({"chunk_size": PARTS})
    with pytest.raises(Stop):
        sweep(study, path, progress=stop_after(12))
    exact = status(path)
    monkeypatch.setattr(store_module, "MOST_READ", 5)
    monkeypatch.setattr(status_module, "MOST_READ", 5)
    read, listed, marked = count_markers(monkeypatch), [], Store.marked
    # As if another process went on meanwhile: how many there are is told once.
    monkeypatch.setattr(Store, "marked", lambda store: listed.append(1) or marked(store))
    found = status(path)
    assert (len(read), len(listed)) == (4, 1)
    assert (found.chunks_done, found.neurons_done) == (12, exact.neurons_done)
    store = Store(Location(path))
    some = [store.markers([number])[number].seconds for number in sorted(store.marked())[::3]]
    assert found.training_seconds == pytest.approx(3 * sum(some))


def count_markers(monkeypatch):
    """The markers that are read from now on."""
    found, read = [], Location.read

    def counting(self, key):
        if key.startswith("work/marker/c/"):
            found.append(key)
        return read(self, key)

    monkeypatch.setattr(Location, "read", counting)
    return found


def test_the_rate_is_that_of_all_processes_together(tmp_path, monkeypatch):
    path = tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(study_of(), path, progress=stop_after(0))
    store = Store(Location(path), "r+")
    for number, (process, seconds) in enumerate([("1 on a", 0.5), ("1 on b", 0.25), ("1 on a", 1.5)]):
        monkeypatch.setattr(markers_module, "PROCESS", process)
        store.mark(number, 10, seconds, {})
    found = status(path)
    assert found.neurons_per_second == pytest.approx(20 / 2 + 10 / 0.25)
    assert found.seconds_left == pytest.approx(10 / (10 + 40))


# What is there is another run


OTHERS = {
    "data": ({"y": Y + 1e-6}, None, None, "data is"),
    "scaling": ({"scale": "standard"}, None, None, "data is"),
    "seed": ({}, {"seed": 1}, None, "sweep.seed is 0 there and 1 here"),
    "an axis": ({}, {"learning_rate": jn.Log(0.01, 11.0, 4)}, None, "sweep.learning_rate is"),
    "replicates": ({}, {"replicates": 6}, None, "more replicates or steps make a new run"),
    "steps": ({}, None, {"num_steps": 40}, "num_steps is 30 there and 40 here; more replicates or steps"),
    "precision": ({}, None, {"precision": "float64"}, "training.precision is 'float32' there and 'float64'"),
    "tolerance": ({}, None, {"tolerance": 1e-6}, "training.tolerance"),
    "records": ({}, {"records": "cells"}, None, "sweep.records is 'neurons' there and 'cells' here"),
    "chunk size": ({}, {"chunk_size": 5}, None, "chunk_size is 10 there and 5 here"),
}


@pytest.mark.parametrize("is_whole", [True, False])
def test_another_study_is_refused_and_changes_nothing(is_whole, sound, stopped_after_one_chunk):
    path = Path(sound.run.path) if is_whole else stopped_after_one_chunk
    before = bytes_under(path.parent)
    for data, settings, training, words in OTHERS.values():
        with pytest.raises(BadInput, match="holds another run") as refused:
            sweep(study_of(settings, training, **data), path)
        assert words in str(refused.value)
        assert "--overwrite" in str(refused.value)
        assert bytes_under(path.parent) == before


@pytest.mark.parametrize("what", ["processor", "version"])
def test_other_numerics_are_refused(what, stopped_after_one_chunk, monkeypatch):
    monkeypatch.setattr(identity, what, lambda *_: "another one")
    with pytest.raises(BadInput, match=f"{what}.* is '.*' there and 'another one' here"):
        sweep(study_of(), stopped_after_one_chunk)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("jax_threefry_partitionable", False), ("jax_default_matmul_precision", "highest")],
)
def test_other_settings_of_jax_are_refused(setting, value, unfinished):
    before = jax.config.values[setting]
    jax.config.update(setting, value)
    try:
        with pytest.raises(BadInput, match=f"{setting} is .* there and '?{value}'? here"):
            sweep(study_of(), unfinished)
    finally:
        jax.config.update(setting, before)


def test_flags_of_the_compiler_are_told_unless_they_change_no_bit(sound, unfinished, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere --xla_cpu_enable_fast_math=true")
    with pytest.raises(BadInput, match="XLA_FLAGS is '' there and '--xla_cpu_enable_fast_math=true' here"):
        sweep(study_of(), unfinished)
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere")
    assert values_of(sweep(study_of(), unfinished)) == sound.values


def test_keys_are_of_one_kind_whatever_jax_makes_by_itself(sound, unfinished):
    with jax.default_prng_impl("rbg"):
        assert values_of(sweep(study_of(), unfinished)) == sound.values


def test_overwrite_begins_anew(sound, tmp_path):
    path = sound.copied_to(tmp_path / "run.zarr")
    with pytest.raises(Stop):
        sweep(study_of({"seed": 3}), path, overwrite=True, progress=stop_after(1))
    assert status(path).chunks_done == 1
    assert values_of(sweep(study_of({"seed": 3}), path)) != sound.values
    assert values_of(sweep(study_of(), path, overwrite=True)) == sound.values
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def bytes_under(folder):
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*") if p.name != "lock"}


# Two at once


def test_a_second_process_is_refused_and_a_dead_one_keeps_nobody(unfinished, tmp_path):
    path = unfinished
    spawn = multiprocessing.get_context("spawn")
    locked, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(path, locked, release))
    other.start()
    assert locked.wait(60)
    before = bytes_under(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(BadInput, match=f"is being swept by process {other.pid} on"):
            sweep(study_of(), path, overwrite=overwrite)
        assert bytes_under(tmp_path) == before
    assert status(path).swept_by == f"process {other.pid} on {os.uname().nodename}"
    other.kill()
    other.join()
    assert status(path).swept_by is None
    assert status(path).chunks_done == 1
    sweep(study_of(), path)
    sweep(study_of(), path, overwrite=True)


@pytest.mark.parametrize("is_same", [True, False])
def test_two_that_make_a_run_at_once(is_same, tmp_path, monkeypatch):
    """The later one resumes the run of the quicker one, or is refused where that is another study's."""
    path, quicker = tmp_path / "run.zarr", study_of() if is_same else study_of({"seed": 1})
    create, trained = prepare_module.create, []

    def late(location, **rest):
        monkeypatch.setattr(prepare_module, "create", create)
        trained.extend(trained_by(quicker, path)[1])
        create(location, **rest)

    monkeypatch.setattr(prepare_module, "create", late)
    if is_same:
        assert trained_by(study_of(), path)[1] == []
    else:
        with pytest.raises(BadInput, match=r"holds another run: sweep\.seed is 1 there and 0 here"):
            sweep(study_of(), path)
    assert len(trained) == 4  # once each
    assert jn.open_run(path).study == quicker
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def test_a_run_that_may_not_be_written_to_is_refused(unfinished):
    lock = unfinished / LOCK
    lock.unlink()
    lock.mkdir()
    with pytest.raises(BadInput, match=r"run\.zarr: cannot be written to \(Is a directory\)"):
        sweep(study_of(), unfinished)


def test_a_lock_holds_without_the_name_that_a_full_disk_does_not_take(unfinished):
    lock = unfinished / LOCK
    lock.unlink()
    lock.symlink_to("/dev/full")
    sweep(study_of(), unfinished)
    assert status(unfinished).is_whole


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_where_there_are_no_locks_it_is_said_and_a_run_is_resumed(number, unfinished, monkeypatch, caplog):
    def flock(file, kind):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    for name in [name for name in sys.modules if name.startswith(("portalocker", "jaxneuron.store.lock"))]:
        monkeypatch.delitem(sys.modules, name)  # they are imported again, and find this flock
    with caplog.at_level("WARNING"):
        sweep(study_of(), unfinished)
    (said,) = [record.message for record in caplog.records if "locks" in record.message]
    assert said.endswith("or from replacing the run; start no other one")
    assert f"its file system has no locks ([Errno {number}] {os.strerror(number)}): nothing keeps" in said
    assert status(unfinished).is_whole
    assert status(unfinished).swept_by is None


# Damage


def files_of(path):
    return sorted(p for p in path.rglob("*") if p.is_file() and p.name != "lock")


def damage(path, rng):
    """Flip a bit of a file, or cut some of it off."""
    content = path.read_bytes()
    place = rng.randrange(len(content))
    if rng.random() < 0.7:
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
    else:
        path.write_bytes(content[:place])


def read(path, arrays):
    """What a reader finds in these arrays of the run at the path, or that it is damaged."""
    try:
        return values_of(jn.open_run(path), arrays)
    except Exception:  # a reader may hear it from zarr
        return None


def is_reported(path):
    try:
        return not status(path, verify=True).is_whole
    except BadInput:
        return True


@pytest.mark.parametrize(
    ("chunk_size", "seed"),
    [
        (WHOLE_CELLS, 0),
        *(
            pytest.param(size, seed, marks=pytest.mark.thorough)
            for size in CHUNK_SIZES
            for seed in range(7 * REPEAT)
            if (size, seed) != (WHOLE_CELLS, 0)
        ),
    ],
)
def test_no_damage_changes_a_number_silently(seed, chunk_size, swept, tmp_path):
    """A bit of a file is flipped, or its end cut off: 27 times a seed."""
    # A run of few files: two chunks, or eight of parts.
    whole = swept(learning_rate=[0.1, 10.0], chunk_size=chunk_size)
    path, rng = whole.copied_to(tmp_path / "run.zarr"), random.Random(seed)
    files = files_of(path)
    for case in range(20 if chunk_size == WHOLE_CELLS else 7):
        file = rng.choice(files)
        content = file.read_bytes()
        damage(file, rng)
        # What is in other files is as it was.
        array = "/".join(file.relative_to(path).parts[:2])
        arrays = {array} & whole.values.keys() if "c" in file.parts else whole.values.keys()
        found = read(path, arrays)
        assert found in (None, {name: whole.values[name] for name in arrays}), file
        if found is None:
            assert is_reported(path) or file.parts[-3:-1] == ("cells", "c"), file
        if case == 0:
            assert repair(whole.study, path, whole.values)
        file.write_bytes(content)


def repair(study, path, sound):
    """A sweep makes the run whole again, or refuses it."""
    try:
        repaired = values_of(sweep(study, path))
    except BadInput as error:
        return "is damaged" in str(error) or "is not a run" in str(error)
    return repaired == sound and status(path, verify=True).is_whole


@pytest.mark.parametrize(
    ("array", "how"),
    [
        *(("neurons/final_bias", how) for how in ("flipped", "empty", "gone")),
        *(("cells/fate_count", how) for how in ("cut", "another's")),
        *(("work/marker", how) for how in ("cut", "another's")),
        *(
            pytest.param(array, how, marks=pytest.mark.thorough)
            for array, hows in {
                "neurons/final_bias": ("cut", "another's"),
                "cells/fate_count": ("flipped", "empty", "gone"),
                "work/marker": ("flipped", "empty", "gone"),
            }.items()
            for how in hows
        ),
    ],
)
def test_damaged_chunks_are_named_and_trained_again(array, how, sound, tmp_path, caplog):
    path = sound.copied_to(tmp_path / "run.zarr")
    shards = sorted(p for p in (path / array / "c").rglob("*") if p.is_file())
    content = shards[1].read_bytes()
    match how:
        case "flipped":
            shards[1].write_bytes(bytes([*content[:-9], content[-9] ^ 4, *content[-8:]]))
        case "cut":
            shards[1].write_bytes(content[:-3])
        case "empty":
            shards[1].write_bytes(b"")
        case "gone":
            shards[1].unlink()
        case "another's":
            others = (shard.read_bytes() for shard in shards)
            shards[1].write_bytes(next(other for other in others if other != content))
    found = status(path, verify=True)
    assert not found.is_whole
    assert found.chunks_done == found.num_chunks - 1
    if array != "work/marker":
        assert found.damaged == {1: array}
    with pytest.raises(BadInput, match="the same `jaxneuron sweep`"):
        values_of(jn.open_run(path))
    run, trained = trained_by(sound.study, path)
    assert values_of(run) == sound.values
    assert len(trained) == 1
    warned = f"{path}: 1 chunk is damaged: 1 ({array}); trained again"
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ([] if array == "work/marker" else [warned])
    assert status(path, verify=True).is_whole


def test_sums_that_are_missing_are_told_and_added_up(swept, tmp_path):
    in_parts = swept(chunk_size=PARTS)
    path = in_parts.copied_to(tmp_path / "run.zarr")
    for file in (path / "work/sum/c").iterdir():
        file.unlink()
    found = status(path)
    assert found.chunks_done == found.num_chunks
    assert found.sums_missing
    assert not found.is_whole
    with pytest.raises(BadInput, match="is unfinished"):
        jn.open_run(path)
    run, trained = trained_by(in_parts.study, path)
    assert (values_of(run), trained) == (in_parts.values, [])
    assert status(path).is_whole


def test_a_damaged_marker_of_a_sum_is_told(swept, tmp_path):
    in_parts = swept(chunk_size=PARTS)
    path = in_parts.copied_to(tmp_path / "run.zarr")
    marker = next((path / "work/sum/c").iterdir())
    marker.write_bytes(marker.read_bytes()[:-1])
    assert not status(path, verify=True).is_whole
    with pytest.raises(BadInput, match="is damaged"):
        values_of(jn.open_run(path))
    assert values_of(sweep(in_parts.study, path)) == in_parts.values


def test_leftovers_are_removed(unfinished):
    left = unfinished / "neurons" / "fate" / "c" / "0.0123.partial"
    left.write_bytes(b"half")
    sweep(study_of(), unfinished)
    assert not left.exists()


@pytest.mark.parametrize("file", ["zarr.json", "cells/fate_count/zarr.json", "cells/learning_rate/c/0"])
def test_a_run_that_cannot_be_repaired_says_so(file, sound, tmp_path):
    path = sound.copied_to(tmp_path / "run.zarr")
    content = (path / file).read_bytes()
    # A number of the description, or of the values.
    place = max(content.rfind(digit) for digit in b"123456789") if file.endswith("json") else 3
    (path / file).write_bytes(bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]]))
    for call in (lambda: jn.open_run(path), lambda: status(path), lambda: sweep(study_of(), path)):
        with pytest.raises(BadInput, match=r"damaged|not a run"):
            call()
    if file != "zarr.json":
        assert values_of(sweep(study_of(), path, overwrite=True))


# Room


@pytest.mark.parametrize(
    ("chunk", "array"),
    [
        pytest.param(0, 0, marks=pytest.mark.thorough),
        pytest.param(0, 8, marks=pytest.mark.thorough),
        (1, 1),
        pytest.param(2, 4, marks=pytest.mark.thorough),
        pytest.param(3, 24, marks=pytest.mark.thorough),
    ],
)
def test_a_write_that_fails_keeps_what_is_done(chunk, array, whole, tmp_path):
    """An array of a chunk cannot be written, as there is a folder where its file is to be."""
    path = tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(whole.study, path, progress=stop_after(0))
    # A chunk writes 12 arrays of cells, or of parts, and 13 of neurons, and then its marker.
    arrays = list(markers_of(whole.run.path)[chunk].checksums)
    assert len(arrays) == 25
    folder = Path(whole.run.path)
    in_the_way = path / files_of(folder / arrays[array] / "c")[chunk].relative_to(folder)
    in_the_way.mkdir(parents=True)
    told = []
    with pytest.raises(Stopped, match=r"\(Is a directory\); \d+ of 40 neurons are kept") as stopped:
        sweep(whole.study, path, progress=lambda done, total: told.append(done))
    found = status(path, verify=True)
    assert (found.chunks_done, found.neurons_done, found.damaged) == (len(told) - 1, told[-1], {})
    assert f"; {found.neurons_done} of" in str(stopped.value)
    assert chunk not in markers_of(path)
    in_the_way.rmdir()
    assert values_of(sweep(whole.study, path)) == whole.values


@pytest.mark.parametrize(
    ("free", "words"),
    [
        ({"available_memory": 1e8}, r"MB of memory .*and 100 MB of memory are free; a machine with more"),
        ({"available_memory": 5e8}, r"and 500 MB of memory are free; sweep.chunk_size = \d+ would fit"),
        ({"available_disk": 1e6}, r"and 1 MB of disk are free; make room, or choose another --out"),
        (
            {"available_disk": 2e7},
            r'and 20 MB of disk are free; sweep.records = "cells" needs',
        ),
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
    sweep(
        study_of({"learning_rate": jn.Log(0.01, 10.0, 200), "replicates": 64, "chunk_size": 4096}),
        tmp_path / "r",
    )
    (said,) = [re.search(r"of memory and (\d+) (kB|MB) of disk", message) for message in caplog.messages]
    # The blocks that files take, as many are smaller than one.
    written = sum(512 * p.stat().st_blocks for p in (tmp_path / "r").rglob("c/**/*") if p.is_file())
    assert said is not None
    assert 0.5 < float(said[1]) * {"kB": 1e3, "MB": 1e6}[said[2]] / written < 2


# Object stores


class Faulty:
    """An application for a server, which counts its requests, and fails from one of them on."""

    def __init__(self, app):
        self.app, self.number = app, 0
        self.mend()

    def mend(self):
        self.fault, self.first, self.number = None, 0, 0

    def fail(self, fault, first):
        self.fault, self.first, self.number = fault, first, 0

    def __call__(self, environ, start_response):
        self.number += 1
        fault = self.fault
        if fault is None or self.number <= self.first:
            return self.app(environ, start_response)
        if fault == "hang":
            time.sleep(1.3 * PATIENCE)
        if fault in ("cut", "hang"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, code = fault
        said = f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode()
        start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(said)))])
        return [said]


FAULTS = {
    "expired": ("403 Forbidden", "AccessDenied"),
    "not there": ("404 Not Found", "NoSuchKey"),
    "internal": ("500 Internal Server Error", "InternalError"),
    "slow down": ("503 Service Unavailable", "SlowDown"),
    "cut": "cut",
    "hang": "hang",
}
PATIENCE = 3.0  # seconds that a client waits for an answer


@pytest.fixture(scope="module")
def faulty():
    """What the server answers with."""
    return Faulty(create_backend_app("s3"))


@pytest.fixture(scope="module")
def bucket(faulty):
    """A bucket of a server in this process that speaks S3."""
    # Moto's own server would look up what a request is for, which takes longer than the answer.
    server = make_server("127.0.0.1", 0, faulty, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setattr(s3fs.S3FileSystem, "read_timeout", PATIENCE)
        files = s3fs.S3FileSystem(skip_instance_cache=True)
        files.mkdir("bucket")
        yield "s3://bucket", files
    server.shutdown()


@pytest.mark.thorough
def test_an_object_store_keeps_runs_as_a_disk_does(bucket, swept, caplog):
    sound, (url, files) = swept(learning_rate=[0.1, 10.0], chunk_size=WHOLE_CELLS), bucket
    study, another = sound.study, study_of({"learning_rate": [0.1, 10.0], "seed": 1})
    url = f"{url}/folder/run.zarr"
    with pytest.raises(BadInput, match="there is no such run"):
        jn.open_run(url)
    with pytest.raises(Stop):
        sweep(study, url, progress=stop_after(1))
    assert status(url).chunks_done == 1
    with pytest.raises(BadInput, match="is unfinished, 1 of"):
        jn.open_run(url)
    assert values_of(sweep(study, url)) == sound.values
    with pytest.raises(BadInput, match=r"holds another run: sweep\.seed is 0 there and 1 here"):
        sweep(another, url)
    shard = next(path for path in files.find(url) if "/neurons/fate/c/" in path)
    files.rm_file(shard)
    assert list(status(url, verify=True).damaged.values()) == ["neurons/fate"]
    assert values_of(sweep(study, url)) == sound.values
    assert "1 chunk is damaged" in caplog.text
    assert values_of(sweep(another, url, overwrite=True)) != sound.values


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FAULTS if REPEAT > 1 else ["expired", "cut"])
def test_an_outage_of_an_object_store_loses_nothing(kind, bucket, faulty, tmp_path, monkeypatch):
    """From any request on, until the sweep ends: a finished run stays, and one that is begun is resumed."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    study = study_of({"learning_rate": [0.1, 10.0], "records": "cells"})
    sound = sweep(study, tmp_path / "run.zarr").cells.load()
    (url, files), tag = bucket, uuid.uuid4().hex
    whole = f"{url}/{tag}/whole.zarr"
    sweep(study, whole)
    faulty.mend()
    sweep(study, whole)
    asked, before = faulty.number, {key: files.info(key)["ETag"] for key in files.find(whole)}
    for share in (0.01, 0.4) if REPEAT == 1 else np.linspace(0, 1, 4 * REPEAT):
        begun = f"{url}/{tag}/{share}.zarr"
        for path, first in ((whole, int(share * asked)), (begun, 3 + int(share * 2 * asked))):
            faulty.fail(FAULTS[kind], first)
            with contextlib.suppress(BadInput, Stopped):
                sweep(study, path)
            faulty.mend()
        files.invalidate_cache()
        assert {key: files.info(key)["ETag"] for key in files.find(whole)} == before
        xr.testing.assert_identical(sweep(study, begun).cells.load(), sound)
    xr.testing.assert_identical(sweep(study, whole).cells.load(), sound)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nowhere://run.zarr", "'nowhere' is no known kind of store"),
        ("s3://no-such-bucket/run.zarr", "cannot be made"),
    ],
)
def test_a_store_that_cannot_be_had_is_refused(url, words, bucket):
    with pytest.raises(BadInput, match=words):
        sweep(study_of(), url)


# Earlier formats


@pytest.mark.parametrize("stored", sorted(STORED_RUNS.glob("*.zip")), ids=lambda path: path.stem)
def test_runs_of_every_format_are_read(stored, tmp_path):
    with zipfile.ZipFile(stored) as file:
        file.extractall(tmp_path)
    run = jn.open_run(tmp_path / "run.zarr")
    assert run.attrs["num_neurons"] == 84
    assert int(run.cells.fate_count.sum()) == 84
    expected = json.loads(stored.with_suffix(".json").read_text())
    assert run.cells.fate_count.sum(run.dims).values.tolist() == expected["fate_count"]
    assert run.neurons.final_bias.values.ravel().tolist() == expected["final_bias"]
    assert status(tmp_path / "run.zarr", verify=True).is_whole
    assert export(run, tmp_path / "neurons.csv", rows="neurons") == 84
    assert sum(as_values(deaths(run))["died"]["number"]) == expected["fate_count"][Fate.died]
    if run.attrs["format"] != FORMAT:
        with pytest.raises(BadInput, match=r"is a run of format \d, which can be read but not resumed"):
            sweep(run.study, tmp_path / "run.zarr")
        sweep(run.study, tmp_path / "run.zarr", overwrite=True)
        assert jn.open_run(tmp_path / "run.zarr").attrs["format"] == FORMAT


def test_runs_of_the_first_formats_are_no_longer_read(tmp_path):
    root = {"zarr_format": 3, "node_type": "group", "attributes": {"format": "jaxneuron run, format 2"}}
    (tmp_path / "zarr.json").write_text(json.dumps(root))
    early = f"{tmp_path}: {{}}is a run of format 2, written by an early version and no longer read; {{}}"
    for call, *words in (
        (lambda: jn.open_run(tmp_path), "", "sweep it again"),
        (lambda: status(tmp_path), "", "sweep it again"),
        (lambda: sweep(study_of(), tmp_path), "exists and ", "choose another --out"),
    ):
        with pytest.raises(BadInput) as refused:
            call()
        assert str(refused.value) == early.format(*words)
