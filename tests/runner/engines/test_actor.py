"""What an actor does, without a cluster."""

import os
import socket

import pytest

import jaxneuron as jn
from jaxneuron.runner.engines.actor import Actor
from jaxneuron.study.bad_input import BadInput
from tests.runner.engines.trained import NUM_CHUNKS, WHOLE_CELLS, study_of
from tests.store.runs import markers_of
from tests.values import values_of


@pytest.fixture
def actor(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return Actor(os.getcwd(), None)


def test_it_makes_the_run_and_trains_each_chunk_once(actor, whole):
    assert actor.prepare(study_of(WHOLE_CELLS), "run.zarr", False) == socket.gethostname()
    actor.open("run.zarr")
    for number in reversed(range(NUM_CHUNKS[WHOLE_CELLS])):
        actor.work(number)
    assert values_of(jn.open_run("run.zarr")) == whole
    # What it has done and could not report is given again.
    markers = markers_of("run.zarr")
    actor.work(3)
    assert markers_of("run.zarr") == markers


def test_a_run_that_it_does_not_see(actor):
    with pytest.raises(BadInput, match=f"run.zarr: is not there on {socket.gethostname()}; a run must be on"):
        actor.open("run.zarr")
