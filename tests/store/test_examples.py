"""Many examples that were given as arrays are arrays of the run, and few stand in its root with the study."""

import json

import numpy as np
import pytest

from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.runner.worker import open_to_work
from jaxneuron.store.examples import MOST_WRITTEN_OUT
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import open_skeleton
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study, resolved


def made(place: Location, number: int, num_inputs: int) -> Study:
    """A run of so many numbers, of which nothing is trained."""
    rng = np.random.default_rng(number)
    num_examples = number // (num_inputs + 1)
    x = rng.normal(size=(num_examples, num_inputs)) if num_inputs > 1 else rng.normal(size=num_examples)
    study = Study(data={"x": x, "y": rng.normal(size=num_examples)}, sweep={"learning_rate": [0.1, 0.2]})
    assert prepare(Program(study), place)
    return study


@pytest.mark.parametrize("num_inputs", [1, 3])
def test_many_are_arrays_of_the_run_and_verified(num_inputs, tmp_path):
    place = Location(tmp_path / "run.zarr")
    study = made(place, MOST_WRITTEN_OUT + 4, num_inputs)

    assert len(open_skeleton(place).root) < 20_000
    assert open_to_work(place)[1].study == study
    assert not prepare(Program(study), place)  # the same study resumes it
    file = next(path for path in tmp_path.glob("run.zarr/examples/x/c/**/*") if path.is_file())
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadInput, match=r"is damaged .*examples/x"):
        open_to_work(place)


def test_few_stand_in_the_root(tmp_path):
    place = Location(tmp_path / "run.zarr")
    study = made(place, MOST_WRITTEN_OUT, 1)

    attrs = open_skeleton(place).attrs
    assert attrs["study"] == json.loads(json.dumps(resolved(study)))
    assert open_to_work(place)[1].study == study
    assert not (tmp_path / "run.zarr/examples").exists()
