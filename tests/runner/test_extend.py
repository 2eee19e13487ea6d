"""A run extended by more replicates takes over what is done, and is bit for bit the larger study's."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.store.status import status
from jaxneuron.study.bad_input import BadInput
from tests.stopping import Stop, stop_after
from tests.store.runs import PARTS, WHOLE_CELLS, X, Y, bytes_under, markers_of, study_of
from tests.studies import all_but_few_thorough
from tests.values import values_of

INPUTS = np.random.default_rng(0).normal(size=(20, 3))
POINTS = {
    "learning_rate": jn.LogUniform(0.01, 10.0),
    "init_bias": 0.0,
    "points": {"sobol": 8},
    "chunk_size": 5,
}
# name: (settings of the sweep, of the training and the data, replicates of the larger study, of which so many
# neurons are taken over)
STUDIES = {
    "whole cells": ({"chunk_size": WHOLE_CELLS}, {}, {}, 12, 40),
    "parts, the last of which is short": ({"chunk_size": PARTS}, {}, {}, 7, 24),
    "counts alone": ({"records": "cells"}, {}, {}, 6, 40),
    # Twice the replicates: chunks of both studies have one shape, and one program.
    "points": (POINTS, {}, {}, 10, 40),
    "several inputs, two optimizers": (
        {"chunk_size": 5},
        {"optimizer": ["sgd", "adam"]},
        {"x": INPUTS},
        10,
        80,
    ),
    "a size that is not kept": ({"chunk_size": 11}, {}, {}, 12, 40),
    "no size of chunks": ({"chunk_size": None}, {}, {}, 40, 40),
}
STUDY_TOML = """
data = { file = "data.csv", inputs = ["x"], target = "y", scale = "none" }
training = { num_steps = 30 }
[sweep]
learning_rate = { log = [0.01, 10.0], num = 4 }
init_bias = { linear = [-2.0, 2.0], num = 2 }
replicates = 5
chunk_size = 10
"""


def pair(name):
    """A study, the same with more replicates, and how many neurons of it are taken over."""
    sweep, training, data, more, taken = STUDIES[name]
    return study_of(sweep, training, **data), study_of(sweep | {"replicates": more}, training, **data), taken


def all_of(run):
    """The values of a run, also of one that keeps no records of neurons."""
    if run.attrs["study"]["sweep"]["records"] == "neurons":
        return values_of(run)
    return {name: values.values.tobytes() for name, values in run.cells.variables.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The path of a run of whole cells."""
    return Path(jn.sweep(study_of(), tmp_path_factory.mktemp("whole") / "old.zarr").path)


@pytest.mark.parametrize(
    "name", all_but_few_thorough(STUDIES, ["whole cells", "parts, the last of which is short"])
)
def test_what_is_taken_over_is_that_of_the_larger_study(name, tmp_path):
    smaller, larger, taken = pair(name)
    old = jn.sweep(smaller, tmp_path / "old.zarr")
    before = bytes_under(Path(old.path))
    told = []
    run = jn.sweep(larger, tmp_path / "new.zarr", extend=old, progress=lambda done, total: told.append(done))
    assert (told[0], told[-1]) == (taken, run.attrs["num_neurons"])
    assert all_of(run) == all_of(jn.sweep(larger, tmp_path / "fresh.zarr"))
    assert jn.open_run(run.path).status(verify=True).is_whole
    assert bytes_under(Path(old.path)) == before


def test_it_is_resumed_by_the_same_sweep_and_by_one_that_does_not_know_of_the_old_run(tmp_path):
    smaller, larger, taken = pair("whole cells")
    jn.sweep(smaller, tmp_path / "old.zarr")
    whole = values_of(jn.sweep(larger, tmp_path / "fresh.zarr"))
    for again in ({"extend": tmp_path / "old.zarr"}, {}):
        path = tmp_path / f"{len(again)}.zarr"
        with pytest.raises(Stop):
            jn.sweep(larger, path, extend=tmp_path / "old.zarr", progress=stop_after(1))
        before, told = markers_of(path), []
        run = jn.sweep(larger, path, progress=lambda done, total: told.append(done), **again)  # noqa: B023
        assert told[0] > taken
        assert {number: markers_of(path)[number] for number in before} == before
        assert values_of(run) == whole


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sweep": {"replicates": 4}}, "sweep.replicates: is 4, and .*old.zarr has 5; it must be more"),
        (
            {"sweep": {"seed": 1}},
            "another study: sweep.seed is 0 there and 1 here; only sweep.replicates",
        ),
        ({"sweep": {"chunk_size": 5}}, "chunk_size is 10 there and 4 here; only"),
        ({"sweep": {"init_bias": jn.Linear(-2.0, 2.0, 3)}}, "sweep.init_bias is"),
        ({"training": {"num_steps": 31}}, "training.num_steps is 30 there and 31 here"),
        ({"y": Y + 1e-6}, "another study: its data are others; only"),
        ({"path": "old.zarr"}, "is the run itself, .*; the larger run needs another --out"),
    ],
)
def test_what_is_no_part_of_the_larger_study_is_refused_and_nothing_is_written(
    change, words, whole, tmp_path
):
    shutil.copytree(whole, tmp_path / "old.zarr")
    before = bytes_under(tmp_path)
    data = {name: value for name, value in change.items() if name == "y"}
    study = study_of({"replicates": 8} | change.get("sweep", {}), change.get("training"), **data)
    with pytest.raises(BadInput, match=words):
        jn.sweep(study, tmp_path / change.get("path", "new.zarr"), extend=tmp_path / "old.zarr")
    assert bytes_under(tmp_path) == before


def test_a_damaged_chunk_is_not_taken_over_but_trained(whole, tmp_path, caplog):
    old = shutil.copytree(whole, tmp_path / "old.zarr")
    (old / "neurons" / "final_bias" / "c" / "1" / "0" / "0").write_bytes(b"")
    larger, told = study_of({"replicates": 12}), []
    with caplog.at_level(logging.INFO):
        run = jn.sweep(larger, tmp_path / "new.zarr", extend=old, progress=lambda done, _: told.append(done))
    assert "chunk 1 is not taken over, but trained" in caplog.text
    assert told[0] == 30
    assert values_of(run) == values_of(jn.sweep(larger, tmp_path / "fresh.zarr"))


def test_workers_fill_a_run_that_create_has_extended(whole, tmp_path, run_line, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(
        "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in zip(X.tolist(), Y.tolist(), strict=True))
    )
    Path("study.toml").write_text(STUDY_TOML)
    for line in (
        "sweep study.toml --out old.zarr --quiet",
        "create study.toml --set sweep.replicates=12 --extend old.zarr --out new.zarr",
        "worker new.zarr --index 0 --of 1 --quiet",
        "sweep study.toml --set sweep.replicates=12 --extend old.zarr --out new.zarr --quiet",
    ):
        assert run_line(line)[0] == 0
    assert status("new.zarr", verify=True).is_whole
