"""Runs of earlier formats."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xxhash

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.analysis.deaths import as_values, deaths
from jaxneuron.analysis.export import export
from jaxneuron.neuron.fate import Fate
from jaxneuron.store import older
from jaxneuron.store.skeleton import FORMAT
from jaxneuron.store.status import status
from jaxneuron.study.bad_input import BadInput
from tests.store.runs import study_of


@pytest.mark.parametrize(
    "stored", sorted((Path(__file__).parent / "stored_runs").glob("*.zip")), ids=lambda path: path.stem
)
def test_runs_of_every_format_are_read(stored, tmp_path):
    with zipfile.ZipFile(stored) as file:
        file.extractall(tmp_path)
    run = jn.open_run(tmp_path / "run.zarr")
    attrs = run.neurons.fate.attrs  # whatever its version wrote
    assert dict(zip(attrs["flag_meanings"].split(), attrs["flag_values"], strict=True)) == Fate.__members__
    assert attrs["flag_values"].dtype == run.neurons.fate.dtype
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


def test_checksums_of_values_see_them_and_are_of_two_kinds():
    values = np.arange(12.0).reshape(3, 4)
    earlier = hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()
    for checksum in (earlier, older.XXH3 + xxhash.xxh3_128_hexdigest(values.tobytes())):
        assert older.holds(values, (slice(None),), checksum)
        assert not older.holds(values + 1, (slice(None),), checksum)
    assert not older.holds(values, (slice(None),), None)
