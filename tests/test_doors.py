"""Nobody's code is run by opening a file of theirs: the doors for files, each with its lock."""

import ast
import contextlib
import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

import jaxneuron as jn
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import read_table

PACKAGE = Path(jn.__file__).parent

# What reads a file or its content, and how it must be called. A new door is added here with its lock.
DOORS = {
    "np.load": {"allow_pickle": False},
    "parquet.ParquetFile": {},
    "tomllib.loads": {},
    "json.loads": {},
    # Of a folder to which nobody else may write, see test_kept.
    "pickle.loads": {},
    "serialize_executable.deserialize_and_load": {},
    "zarr.open_group": {"zarr_format": 3, "use_consolidated": False},
    "xr.open_zarr": {"zarr_format": 3, "consolidated": False},
}
READERS = {
    "load",
    "loads",
    "unsafe_load",
    "open_file",
    "open_group",
    "open_array",
    "open_zarr",
    "open_dataset",
    "deserialize_and_load",
}
READERS |= {f"read_{kind}" for kind in ("csv", "parquet", "pickle", "table", "excel", "hdf")} | {
    "ParquetFile"
}
# Functions of our own of these names, and what reads nothing from a file.
OURS = {
    "load",
    "read_table",
    "read_csv",
    "loader.load",
    "found.load",
    "field.load",
    "open_group",
    "cells.final_loss_min.load",
    "self.cells.final_loss_min.load",
}
KEPT = PACKAGE / "population" / "kept.py"  # which reads what it has written itself
RUNS_CODE = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml"}


NODES = [(file, node) for file in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))]


def test_every_door_is_known_and_locked():
    found = set()
    for file, node in NODES:
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if name.split(".")[-1] in READERS and name not in OURS:
            found.add(name)
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            for keyword, value in DOORS[name].items():
                assert given.get(keyword) == repr(value), f"{file}: {name} needs {keyword}={value}"
    assert found == DOORS.keys()


def test_nothing_is_imported_that_runs_what_it_reads():
    for file, node in NODES:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert file == KEPT or not {name.split(".")[0] for name in names} & RUNS_CODE, file
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile"), file


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, proof):
        self.proof = proof

    def __reduce__(self):
        return os.mkdir, (str(self.proof),)


@pytest.fixture
def proof(tmp_path):
    """What is there once code was run."""
    return tmp_path / "code was run"


def npz_of_objects(path, evil):
    np.savez(path, x=np.array([0.0, 1.0]), y=np.array([evil, evil], dtype=object))


def parquet_of_an_extension(path, evil):
    extension = {"name": "arrow.py_extension_type", "metadata": pickle.dumps(evil)}
    metadata = {f"ARROW:extension:{key}": value for key, value in extension.items()}
    field = pyarrow.field("x", pyarrow.float64(), metadata=metadata)
    schema = pyarrow.schema([field, pyarrow.field("y", pyarrow.float64())])
    parquet.write_table(pyarrow.table([[0.0, 1.0], [0.0, 1.0]], schema=schema), path)


def parquet_of_bytes(path, evil):
    parquet.write_table(pyarrow.table({"x": [pickle.dumps(evil)] * 2, "y": [0.0, 1.0]}), path)


def parquet_with_attributes(path, evil):
    table = pyarrow.table({"x": [0.0, 1.0], "y": [0.0, 1.0]})
    parquet.write_table(table.replace_schema_metadata({"pandas": pickle.dumps(evil)}), path)


@pytest.mark.parametrize(
    "write", [npz_of_objects, parquet_of_an_extension, parquet_of_bytes, parquet_with_attributes]
)
def test_data_runs_no_code(write, proof, tmp_path):
    path = tmp_path / f"data.{write.__name__.split('_')[0]}"
    write(path, Evil(proof))
    with contextlib.suppress(BadInput):  # or there is something in it that is read as numbers
        assert set(read_table(path, ["x", "y"])) == {"x", "y"}
    assert not proof.exists()


def test_the_proof_is_one(proof):
    pickle.loads(pickle.dumps(Evil(proof)))
    assert proof.exists()
