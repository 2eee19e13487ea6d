"""The runs that tests of the store share: each is made once, when it is first asked for."""

import re
import shutil
from typing import NamedTuple

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from tests.stopping import Stop, stop_after
from tests.values import values_of

X = np.linspace(-1, 2, 20)
Y = np.maximum(0, 1.5 * X + 0.3)
NUM_NEURONS = 4 * 2 * 5
# Four chunks of two whole cells, and sixteen that share their cells with another and so write parts.
WHOLE_CELLS, PARTS = 10, 3


def study_of(sweep=None, training=None, neuron=None, **data):
    """A study of 40 neurons in chunks of whole cells, with some settings of its own."""
    return jn.Study(
        data={"x": X, "y": Y} | data,
        neuron=neuron or {},
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
    run: jn.Run
    values: dict[str, bytes]

    def copied_to(self, path):
        """A copy of it, to do something to."""
        return shutil.copytree(self.run.path, path)


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    """Makes a run with these settings, once."""
    runs = {}

    def make(**settings):
        if (name := str(settings)) not in runs:
            study = study_of(settings)
            run = jn.sweep(study, tmp_path_factory.mktemp("whole") / "run.zarr")
            runs[name] = Whole(study, run, values_of(run))
        return runs[name]

    return make


@pytest.fixture(params=[WHOLE_CELLS, PARTS], ids=["whole cells", "parts"])
def whole(request, swept):
    """A run of chunks of whole cells, and one of parts."""
    return swept(chunk_size=request.param)


@pytest.fixture
def sound(swept):
    """A run of chunks of whole cells."""
    return swept(chunk_size=WHOLE_CELLS)


@pytest.fixture(scope="session")
def stopped_after_one_chunk(tmp_path_factory):
    """The path of a run of whole cells of which the first chunk is done."""
    path = tmp_path_factory.mktemp("stopped") / "run.zarr"
    with pytest.raises(Stop):
        jn.sweep(study_of(), path, progress=stop_after(1))
    return path


@pytest.fixture
def unfinished(stopped_after_one_chunk, tmp_path):
    """The path of a copy of it, alone in its folder."""
    return shutil.copytree(stopped_after_one_chunk, tmp_path / "run.zarr")


def trained_by(study, path, **rest):
    """(run, numbers of neurons of the chunks that a sweep trained, in their order)."""
    told = []
    run = jn.sweep(study, path, progress=lambda done, total: told.append(done), **rest)
    assert told[-1] == NUM_NEURONS
    return run, np.diff(told).tolist()


def markers_of(path):
    """What each chunk says of itself, such as when it was trained."""
    store = Store(Location(path))
    return store.markers(range(store.chunking.num_chunks))


def files_of(path):
    """The files of a run, but for its lock."""
    return sorted(p for p in path.rglob("*") if p.is_file() and p.name != "lock")


def bytes_under(folder):
    """Everything in a folder, with the content of files."""
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*") if p.name != "lock"}


def read(path, arrays=None):
    """What is read of these arrays of a run; None where the reader hears in one line that it is damaged."""
    try:
        return values_of(jn.open_run(path), arrays)
    except BadInput as error:
        assert re.search("is damaged|not a run|this version reads", str(error))  # noqa: PT017
        return None
