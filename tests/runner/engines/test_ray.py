"""Actors of a Ray cluster: the bytes of one process, whatever actors are killed, and the driver too."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner.engines import crew
from jaxneuron.runner.engines.actor import Actor
from jaxneuron.runner.engines.ray import Ray
from jaxneuron.runner.work import Stopped
from jaxneuron.store.status import status
from jaxneuron.study.bad_input import BadInput
from tests.conftest import KILLS, REPEAT
from tests.runner.engines.trained import NUM_CHUNKS, NUM_NEURONS, PARTS, WHOLE_CELLS, record_in, study_of
from tests.stopping import Stop, stop_after
from tests.store.runs import markers_of
from tests.values import values_of

ray = pytest.importorskip("ray")

# Ray's processes are its own affair.
IGNORED = (
    "::ResourceWarning",
    "::FutureWarning",
    "::DeprecationWarning",
    r":os\.fork\(\) was called:RuntimeWarning",
)
pytestmark = [pytest.mark.thorough, *(pytest.mark.filterwarnings(f"ignore{warning}") for warning in IGNORED)]

DRIVER = """
import sys
from jaxneuron.runner.engines.ray import Ray
from jaxneuron import sweep
from tests.runner.engines.trained import PARTS, study_of

progress = lambda done, total: print(done, flush=True)
sweep(study_of(PARTS), sys.argv[1], engine=Ray(actors=2), progress=progress)
from jax._src import xla_bridge
print("devices taken:", xla_bridge.backends_are_initialized())
"""


@pytest.fixture(scope="module")
def local_ray():
    """A Ray of this machine, to which the engine finds itself connected."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def test_actors_that_are_killed_lose_nothing(whole, local_ray, tmp_path, caplog):
    """At any moment, many of them."""
    rng, dead, runs = random.Random(0), set(), 0
    while len(dead) < KILLS:
        path, runs = tmp_path / f"{runs}.zarr", runs + 1

        def progress(done, total, path=path):
            alive = {int(marker.process.split()[0]) for marker in markers_of(path).values()} - dead
            # While all of them have something to do.
            if alive and done < total / 2 and len(dead) < KILLS and rng.random() < 0.4:
                time.sleep(rng.uniform(0, 0.05))
                victim = rng.choice(sorted(alive))
                os.kill(victim, signal.SIGKILL)
                dead.add(victim)

        assert values_of(sweep(study_of(PARTS), path, engine=Ray(actors=3), progress=progress)) == whole
        assert status(path, verify=True).is_whole
    # One that has nothing to do any more is not missed.
    assert caplog.text.count("an actor failed and is replaced") >= 0.7 * KILLS


def test_a_sweep_that_was_stopped_is_resumed_to_the_bytes_of_one_process(whole, local_ray, tmp_path):
    recorded, path = [], tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(study_of(PARTS), path, engine=Ray(actors=2), progress=stop_after(5))
    before = markers_of(path)
    assert 5 <= len(before) < NUM_CHUNKS[PARTS]
    run = sweep(study_of(PARTS), path, engine=Ray(actors=2), progress=record_in(recorded))
    after = markers_of(path)
    assert len(after) == NUM_CHUNKS[PARTS]
    assert all(after[number] == marker for number, marker in before.items())
    assert len({after[number].process for number in after.keys() - before.keys()}) <= 2
    assert values_of(run) == whole
    assert recorded == sorted(recorded)
    assert recorded[-1] == (NUM_NEURONS, NUM_NEURONS)


def test_a_chunk_that_always_kills_its_actor_ends_the_sweep(local_ray, tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "MOST_TRIES", 2)

    class Deadly(Actor):
        def work(self, number):
            if number == 7:
                os._exit(1)
            time.sleep(0.2)  # so that it has begun, and is not done, when the next one is 7
            super().work(number)

    def two_at_once(_):
        return ray.remote(Deadly).options(num_cpus=1, max_concurrency=2).remote(os.getcwd(), "cpu")

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        monkeypatch.setattr(crew.Crew, "_new_actor", two_at_once)
        with pytest.raises(Stopped, match="chunk 7 failed 2 times"):
            sweep(study_of(PARTS), tmp_path / "run.zarr", engine=Ray(actors=1))
    finally:
        ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert status(tmp_path / "run.zarr").chunks_done > 3


def test_bad_input_is_the_driver_s(local_ray, tmp_path):
    path = tmp_path / "run.zarr"
    sweep(study_of(PARTS), path)
    with pytest.raises(BadInput, match=r"holds another run: chunk_size is 3 there and 12 here"):
        sweep(study_of(WHOLE_CELLS), path, engine=Ray(actors=1))
    missing = jn.Study(
        data={"file": "nothing.csv", "inputs": ["x"], "target": "y"}, sweep={"learning_rate": 0.1}
    )
    with pytest.raises(BadInput, match=r"nothing\.csv: there is no such file"):
        sweep(missing, tmp_path / "other.zarr", engine=Ray(actors=1))


def test_the_driver_is_killed_and_another_resumes(whole, environment, tmp_path):
    rng, path = random.Random(1), tmp_path / "run.zarr"
    for _ in range(REPEAT):
        driver = start_driver(path, environment)
        assert driver.stdout.readline()
        time.sleep(rng.uniform(0, 0.3))
        driver.kill()
        driver.communicate()
        assert driver.returncode == -signal.SIGKILL
        before = markers_of(path)
    driver = start_driver(path, environment)
    printed, _ = driver.communicate(timeout=240)
    assert driver.returncode == 0
    assert printed.splitlines()[-1] == "devices taken: False"
    assert status(path, verify=True).is_whole
    assert values_of(jn.open_run(path)) == whole
    after = markers_of(path)
    assert all(after[number] == marker for number, marker in before.items())


def start_driver(path, environment):
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(path)],
        env=environment | {"RAY_USAGE_STATS_ENABLED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
