"""The store: what was stopped is gone on with, what is damaged is found, the bytes are always the same."""

import json
import multiprocessing
import os
import random
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import s3fs
import xarray as xr
import zarr
from moto.server import ThreadedMotoServer

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate
from jaxneuron.study import identity, room
from jaxneuron.study import prepare as prepare_module
from jaxneuron.study import setup as study_setup
from jaxneuron.study import status as status_module
from jaxneuron.study import store as store_module
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.export import export
from jaxneuron.study.location import LOCK, Location
from jaxneuron.study.skeleton import FORMAT
from jaxneuron.study.status import status
from jaxneuron.study.store import Findings, Store
from jaxneuron.study.sweep import sweep
from jaxneuron.study.work import Stopped
from jaxneuron.view.deaths import as_values, deaths
from tests.study.stopping import Stop, stop_after

X = np.linspace(-1, 2, 20)
Y = np.maximum(0, 1.5 * X + 0.3)
STORED_RUNS = Path(__file__).parent / "stored_runs"
# Chunks of whole cells, and chunks that share cells and so write parts.
CHUNK_SIZES = [21, 3]


def study_of(sweep=None, training=None, **data):
    return jn.Study(
        data={"x": X, "y": Y} | data,
        training={"num_steps": 30} | (training or {}),
        sweep={
            "learning_rate": jn.Log(0.01, 10.0, 4),
            "init_bias": jn.Linear(-2.0, 2.0, 3),
            "replicates": 7,
            "records": "neurons",
            "chunk_size": 21,
        }
        | (sweep or {}),
    )


def values_of(run):
    """Every array of a run, and the bytes of its values."""
    return {
        f"{group}/{name}": values.values.tobytes()
        for group, dataset in (("cells", run.cells), ("neurons", run.neurons))
        for name, values in dataset.variables.items()
        if values.dtype.kind in "iuf"
    }


@pytest.fixture(scope="module", params=CHUNK_SIZES)
def whole(request, tmp_path_factory):
    """(study, run) of a sweep that ran through."""
    study = study_of({"chunk_size": request.param})
    return study, sweep(study, tmp_path_factory.mktemp("whole") / "run.zarr")


# Going on


def test_a_stopped_sweep_goes_on_and_the_bytes_are_the_same(whole, tmp_path, monkeypatch):
    study, run = whole
    path, done = tmp_path / "run.zarr", []
    trained = count_chunks(monkeypatch)
    for chunks in (0, 1, 2):
        with pytest.raises(Stop):
            sweep(study, path, progress=stop_after(chunks))
        done.append(status(path).chunks_done)
        with pytest.raises(BadInput, match=r"is unfinished, \d+ of \d+ chunks"):
            jn.open_run(path)
    assert done == [0, 1, 3]
    trained.clear()
    assert values_of(sweep(study, path)) == values_of(run)
    assert sorted(set(trained)) == sorted(trained)
    assert len(trained) == status(path).num_chunks - 3
    trained.clear()
    assert values_of(sweep(study, path)) == values_of(run)
    assert trained == []
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def count_chunks(monkeypatch):
    """The chunks that are trained from now on."""
    trained, train_chunk = [], study_setup.train_chunk

    def counting(bounds, *rest):
        trained.append((*np.asarray(bounds.first_cell), int(bounds.first_replicate)))
        return train_chunk(bounds, *rest)

    monkeypatch.setattr(study_setup, "train_chunk", counting)
    return trained


def test_progress_begins_where_it_was(tmp_path):
    with pytest.raises(Stop):
        sweep(study_of(), tmp_path / "run.zarr", progress=stop_after(2))
    told = []
    sweep(study_of(), tmp_path / "run.zarr", progress=lambda *numbers: told.append(numbers))
    assert told == [(42, 84), (63, 84), (84, 84)]


@pytest.mark.parametrize("chunk_size", [1, 5, 30, 1000])
def test_neither_the_order_nor_the_number_of_chunks_changes_a_byte(chunk_size, whole, tmp_path, monkeypatch):
    examine = Store.examine

    def shuffled(self, numbers):
        missing, damaged = examine(self, numbers)
        return Findings(random.Random(chunk_size).sample(missing, len(missing)), damaged)

    monkeypatch.setattr(Store, "examine", shuffled)
    run = sweep(study_of({"chunk_size": chunk_size}), tmp_path / "run.zarr")
    assert values_of(run) == values_of(whole[1])


def test_xarray_alone_reads_a_run(whole):
    _, run = whole
    for group in ("cells", "neurons"):
        dataset = xr.open_zarr(run.path, group=group, consolidated=False)
        for values in dataset.variables.values():
            assert {"units", "long_name", "definition"} <= set(values.attrs)
    markers = xr.open_zarr(run.path, group="work", consolidated=False).marker
    assert sum(json.loads(str(text))["neurons"] for text in markers.values) == 84
    assert run.attrs["format"] == FORMAT
    assert {"jaxneuron", "jax", "jaxlib", "optax", "numpy"} <= set(run.attrs["versions"])
    assert {"platform", "device", "began", "study", "data", "fingerprint", "identity"} <= set(run.attrs)


def test_how_far_very_many_chunks_are_is_told_from_some(tmp_path, monkeypatch):
    path = tmp_path / "run.zarr"
    study = study_of({"chunk_size": 3})  # 36 chunks
    with pytest.raises(Stop):
        sweep(study, path, progress=stop_after(24))
    exact = status(path)
    monkeypatch.setattr(store_module, "MOST_READ", 5)
    monkeypatch.setattr(status_module, "MOST_READ", 5)
    read, listed, marked = count_markers(monkeypatch), [], Store.marked
    # As if another process went on meanwhile: how many there are is told once.
    monkeypatch.setattr(Store, "marked", lambda store: listed.append(1) or marked(store))
    found = status(path)
    assert (len(read), len(listed)) == (5, 1)
    assert (found.chunks_done, found.neurons_done) == (24, exact.neurons_done)
    store = Store(Location(path))
    some = [store.markers([number])[number].seconds for number in sorted(store.marked())[::5]]
    assert found.training_seconds == pytest.approx(5 * sum(some))


def count_markers(monkeypatch):
    """The markers that are read from now on."""
    read, parsed = [], Store._parsed

    def counting(self, number, text):
        read.append(number)
        return parsed(self, number, text)

    monkeypatch.setattr(Store, "_parsed", counting)
    return read


def test_the_rate_is_that_of_all_processes_together(tmp_path, monkeypatch):
    path = tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(study_of(), path, progress=stop_after(0))
    store = Store(Location(path), "r+")
    for number, (process, seconds) in enumerate([("1 on a", 0.5), ("1 on b", 0.25), ("1 on a", 1.5)]):
        monkeypatch.setattr(store_module, "PROCESS", process)
        store.mark(number, 21, seconds, {})
    found = status(path)
    assert found.neurons_per_second == pytest.approx(42 / 2 + 21 / 0.25)
    assert found.seconds_left == pytest.approx(21 / (21 + 84))


# What is there is another run


OTHERS = {
    "data": ({"y": Y + 1e-6}, None, None, "data is"),
    "scaling": ({"scale": "standard"}, None, None, "data is"),
    "seed": ({}, {"seed": 1}, None, "sweep.seed is 0 there and 1 here"),
    "an axis": ({}, {"learning_rate": jn.Log(0.01, 11.0, 4)}, None, "sweep.learning_rate is"),
    "replicates": ({}, {"replicates": 8}, None, "more replicates or steps make a new run"),
    "steps": ({}, None, {"num_steps": 40}, "num_steps is 30 there and 40 here; more replicates or steps"),
    "precision": ({}, None, {"precision": "float64"}, "training.precision is 'float32' there and 'float64'"),
    "tolerance": ({}, None, {"tolerance": 1e-6}, "training.tolerance"),
    "records": ({}, {"records": "cells"}, None, "sweep.records is 'neurons' there and 'cells' here"),
    "chunk size": ({}, {"chunk_size": 14}, None, "chunk_size is 21 there and 14 here"),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("is_whole", [True, False])
def test_another_study_is_refused_and_changes_nothing(name, is_whole, tmp_path):
    data, settings, training, words = OTHERS[name]
    path = tmp_path / "run.zarr"
    if is_whole:
        sweep(study_of(), path)
    else:
        with pytest.raises(Stop):
            sweep(study_of(), path, progress=stop_after(1))
    before = bytes_under(tmp_path)
    with pytest.raises(BadInput, match="holds another run") as refused:
        sweep(study_of(settings, training, **data), path)
    assert words in str(refused.value)
    assert "--overwrite" in str(refused.value)
    assert bytes_under(tmp_path) == before


@pytest.mark.parametrize("what", ["processor", "version"])
def test_other_numerics_are_refused(what, tmp_path, monkeypatch):
    with pytest.raises(Stop):
        sweep(study_of(), tmp_path / "run.zarr", progress=stop_after(1))
    monkeypatch.setattr(identity, what, lambda *_: "another one")
    with pytest.raises(BadInput, match=f"{what}.* is '.*' there and 'another one' here"):
        sweep(study_of(), tmp_path / "run.zarr")


def test_overwrite_begins_anew(tmp_path):
    path = tmp_path / "run.zarr"
    first = values_of(sweep(study_of(), path))
    with pytest.raises(Stop):
        sweep(study_of({"seed": 3}), path, overwrite=True, progress=stop_after(1))
    assert status(path).chunks_done == 1
    assert values_of(sweep(study_of({"seed": 3}), path)) != first
    assert values_of(sweep(study_of(), path, overwrite=True)) == first
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def bytes_under(folder):
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*") if p.name != "lock"}


# Two at once


def hold(path, locked, release):
    with Location(path).lock():
        locked.set()
        release.wait()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_second_process_is_refused_and_a_dead_one_keeps_nobody(overwrite, tmp_path):
    path = tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(study_of(), path, progress=stop_after(1))
    spawn = multiprocessing.get_context("spawn")
    locked, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(path, locked, release))
    other.start()
    assert locked.wait(60)
    before = bytes_under(tmp_path)
    with pytest.raises(BadInput, match=f"is being swept by process {other.pid} on"):
        sweep(study_of(), path, overwrite=overwrite)
    assert bytes_under(tmp_path) == before
    assert status(path).swept_by == f"process {other.pid} on {os.uname().nodename}"
    other.kill()
    other.join()
    assert status(path).swept_by is None
    assert status(path).chunks_done == 1
    sweep(study_of(), path, overwrite=overwrite)


@pytest.mark.parametrize("is_same", [True, False])
def test_two_that_make_a_run_at_once(is_same, tmp_path, monkeypatch):
    """The later one goes on with the run of the quicker one, or is refused where that is another study's."""
    path, quicker = tmp_path / "run.zarr", study_of() if is_same else study_of({"seed": 1})
    create = prepare_module.create
    trained = count_chunks(monkeypatch)

    def late(location, **rest):
        monkeypatch.setattr(prepare_module, "create", create)
        sweep(quicker, path)
        create(location, **rest)

    monkeypatch.setattr(prepare_module, "create", late)
    if is_same:
        sweep(study_of(), path)
    else:
        with pytest.raises(BadInput, match=r"holds another run: sweep\.seed is 1 there and 0 here"):
            sweep(study_of(), path)
    assert len(trained) == 4  # once each
    assert jn.open_run(path).study == quicker
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def test_a_run_that_may_not_be_written_to_is_refused(tmp_path):
    sweep(study_of(), tmp_path / "run.zarr")
    lock = tmp_path / "run.zarr" / LOCK
    lock.unlink()
    lock.mkdir()
    with pytest.raises(BadInput, match=r"run\.zarr: cannot be written to \(Is a directory\)"):
        sweep(study_of(), tmp_path / "run.zarr")


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


def read(path):
    """What a reader finds at the path: every value, or that it is damaged."""
    try:
        return values_of(jn.open_run(path))
    except Exception:  # a reader may hear it from zarr
        return None


def is_reported(path):
    try:
        return not status(path, verify=True).is_whole
    except BadInput:
        return True


# Each seed takes eight seconds.
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 15))]
)
def test_no_damage_changes_a_number_silently(seed, whole, tmp_path):
    """A bit of a file is flipped, or its end cut off: 27 times a seed."""
    study, run = whole
    sound, path, rng = values_of(run), tmp_path / "run.zarr", random.Random(seed)
    shutil.copytree(run.path, path)
    # With parts there are many files, and verifying them all takes its time.
    for case in range(20 if study.sweep.chunk_size == CHUNK_SIZES[0] else 7):
        file = rng.choice(files_of(path))
        content = file.read_bytes()
        damage(file, rng)
        found = read(path)
        assert found in (None, sound), file
        if found is None:
            assert is_reported(path) or file.parts[-3:-1] == ("cells", "c"), file
        if case == 0:
            assert repair(study, path, sound)
        file.write_bytes(content)


def repair(study, path, sound):
    """A sweep makes the run whole again, or refuses it."""
    try:
        repaired = values_of(sweep(study, path))
    except BadInput as error:
        return "is damaged" in str(error) or "is not a run" in str(error)
    return repaired == sound and status(path, verify=True).is_whole


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "gone", "another's"])
@pytest.mark.parametrize("array", ["cells/fate_count", "neurons/final_bias", "work/marker"])
def test_damaged_chunks_are_named_and_trained_again(array, how, tmp_path, monkeypatch, caplog):
    study, path = study_of(), tmp_path / "run.zarr"
    sound = values_of(sweep(study, path))
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
            shards[1].write_bytes(shards[2].read_bytes())
    found = status(path, verify=True)
    assert not found.is_whole
    assert found.chunks_done == found.num_chunks - 1
    if array != "work/marker":
        assert found.damaged == {1: array}
    if how == "gone":
        with pytest.raises(BadInput, match="the same `jaxneuron sweep`"):
            jn.open_run(path)
    trained = count_chunks(monkeypatch)
    assert values_of(sweep(study, path)) == sound
    assert len(trained) == 1
    warned = f"{path}: 1 chunk is damaged: 1 ({array}); trained again"
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ([] if array == "work/marker" else [warned])
    assert status(path, verify=True).is_whole


def test_leftovers_are_removed(tmp_path):
    path = tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(study_of(), path, progress=stop_after(2))
    left = path / "neurons" / "fate" / "c" / "0.0123.partial"
    left.write_bytes(b"half")
    sweep(study_of(), path)
    assert not left.exists()


@pytest.mark.parametrize("file", ["zarr.json", "cells/fate_count/zarr.json", "cells/learning_rate/c/0"])
def test_a_run_that_cannot_be_repaired_says_so(file, tmp_path):
    path = tmp_path / "run.zarr"
    sweep(study_of(), path)
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


@pytest.mark.parametrize("write", [1, 9, 28, 57, 80])
def test_a_write_that_fails_keeps_what_is_done(write, whole, tmp_path, monkeypatch):
    study, run = whole
    path, set_values, written = tmp_path / "run.zarr", zarr.Array.__setitem__, []
    with pytest.raises(Stop):
        sweep(study, path, progress=stop_after(0))

    def no_room(self, region, values):
        written.append(self.path)
        if len(written) >= write:
            raise OSError(28, "No space left on device")
        set_values(self, region, values)

    with monkeypatch.context() as patch:
        patch.setattr(zarr.Array, "__setitem__", no_room)
        with pytest.raises(Stopped, match=r"No space left on device\); \d+ of 84 neurons are kept"):
            sweep(study, path)
    # A chunk writes 12 arrays of cells, 13 of neurons and its marker.
    assert status(path, verify=True).chunks_done == (write - 1) // 26
    assert values_of(sweep(study, path)) == values_of(run)


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
    study = study_of({"learning_rate": jn.Log(0.01, 10.0, 5000), "replicates": 200, "chunk_size": 2**20})
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


@pytest.fixture(scope="module")
def bucket():
    """A bucket of a server in this process that speaks S3."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        files = s3fs.S3FileSystem(skip_instance_cache=True)
        files.mkdir("bucket")
        yield "s3://bucket", files
    server.stop()


@pytest.mark.thorough
def test_an_object_store_keeps_runs_as_a_disk_does(bucket, tmp_path, caplog):
    study, (url, files) = study_of(), bucket
    run, url = sweep(study, tmp_path / "run.zarr"), f"{url}/folder/run.zarr"
    with pytest.raises(BadInput, match="there is no such run"):
        jn.open_run(url)
    with pytest.raises(Stop):
        sweep(study, url, progress=stop_after(2))
    assert status(url).chunks_done == 2
    with pytest.raises(BadInput, match="is unfinished, 2 of"):
        jn.open_run(url)
    assert values_of(sweep(study, url)) == values_of(run)
    with pytest.raises(BadInput, match=r"holds another run: sweep\.seed is 0 there and 1 here"):
        sweep(study_of({"seed": 1}), url)
    shard = next(path for path in files.find(url) if "/neurons/fate/c/" in path)
    files.rm_file(shard)
    assert list(status(url, verify=True).damaged.values()) == ["neurons/fate"]
    assert values_of(sweep(study, url)) == values_of(run)
    assert "1 chunk is damaged" in caplog.text
    assert values_of(sweep(study_of({"seed": 1}), url, overwrite=True)) != values_of(run)


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
    found = as_values(deaths(run))
    assert sum(found["died"]["number"]) == expected["fate_count"][Fate.died]
    is_newest = run.attrs["format"] == FORMAT
    assert (found["hazard"] is not None) == is_newest
    if not is_newest:
        with pytest.raises(BadInput, match="is of an older format, which does not tell when"):
            deaths(run, phase=(1, 20))
        with pytest.raises(BadInput, match="is a run of format 2, which can be read but not gone on with"):
            sweep(run.study, tmp_path / "run.zarr")
        sweep(run.study, tmp_path / "run.zarr", overwrite=True)
        assert jn.open_run(tmp_path / "run.zarr").attrs["format"] == FORMAT
