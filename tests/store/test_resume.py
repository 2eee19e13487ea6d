"""What was stopped is resumed where it is the same study, and the bytes are always the same."""

import json
import random
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
import xarray as xr

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.runner.worker import worker
from jaxneuron.store import identity
from jaxneuron.store import markers as markers_module
from jaxneuron.store import status as status_module
from jaxneuron.store import store as store_module
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import FORMAT
from jaxneuron.store.status import status
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from tests.stopping import Stop, stop_after
from tests.store.runs import NUM_NEURONS, PARTS, Y, bytes_under, markers_of, study_of, trained_by
from tests.values import values_of


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


def test_progress_begins_where_it_was(unfinished):
    told = []
    sweep(study_of(), unfinished, progress=lambda *numbers: told.append(numbers))
    assert told == [(10, 40), (20, 40), (30, 40), (40, 40)]


@pytest.mark.thorough
@pytest.mark.parametrize("chunk_size", [1, 4, 1000])
def test_neither_the_order_nor_the_number_of_chunks_changes_a_byte(chunk_size, sound, tmp_path):
    """Workers, each of which does its share of the chunks, are called in another order."""
    path, of = tmp_path / "run.zarr", 5
    prepare(Program(study_of({"chunk_size": chunk_size})), Location(path))
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
    "data": ({"y": Y + 1e-6}, None, None, "data.y is"),
    "scaling": ({"scale": "standard"}, None, None, "data.scale is 'none' there and 'standard' here"),
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


def test_other_mini_batches_are_refused_and_a_run_of_them_is_only_read(tmp_path, monkeypatch):
    study = study_of(training={"batch_size": 4})
    assert identity.DRAWING not in Program(study_of()).identity
    with monkeypatch.context() as earlier:
        earlier.setitem(identity.LEFT_OUT, identity.DRAWING, "by product")
        run = sweep(study, tmp_path / "run.zarr")
    assert identity.DRAWING not in run.attrs["identity"]
    assert int(jn.open_run(run.path).cells.fate_count.sum()) == NUM_NEURONS
    with pytest.raises(
        BadInput, match="drawing of mini-batches is 'by remainder' there and 'by product' here"
    ):
        sweep(study, run.path)
    with pytest.raises(BadInput, match="an earlier version drew other mini-batches; sweep it again"):
        jn.train(run)


@pytest.mark.parametrize(
    ("study", "names"),
    [
        (study_of(), []),
        (study_of(x=np.stack([Y, Y**2], axis=1)), [identity.JUDGING]),
        (study_of(neuron={"activation": "sigmoid"}), [identity.JUDGING]),
        (study_of(neuron={"activation": ["relu", "gelu"]}), [identity.SMOOTH, identity.JUDGING]),
        (
            study_of(neuron={"activation": "tanh"}, training={"precision": "float64"}),
            [identity.JUDGING],
        ),
    ],
)
def test_what_earlier_versions_computed_otherwise_is_named(study, names):
    here = Program(study).identity
    older = {name: value for name, value in here.items() if name not in names}
    assert [name for name, _, _ in identity.differences(older, here)] == names
    assert not {identity.SMOOTH, identity.DRAWING, identity.JUDGING} & older.keys()


def test_on_a_gpu_what_compiles_for_it_counts_too(monkeypatch):
    names = ("jax_cuda12_plugin", "jax-cuda12-pjrt", "jax-cuda-nothing", "jaxlib")
    installed = [SimpleNamespace(metadata={"Name": name}) for name in names]
    monkeypatch.setattr(identity, "distributions", lambda: installed)
    monkeypatch.setattr(identity, "version", lambda name: "1.0")
    on_cpu = Program(study_of()).identity
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    more = set(Program(study_of()).identity) - set(on_cpu)
    assert more == {"version of jax_cuda12_plugin", "version of jax-cuda12-pjrt"}


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
