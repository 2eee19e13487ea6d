"""Ray clusters: machines that come late get work, one that does not answer is given up, none is needed."""

import socket
import subprocess
import sys
import time

import pytest

from jaxneuron import sweep
from jaxneuron.runner.engines import crew
from jaxneuron.runner.engines import ray as ray_engine
from jaxneuron.runner.engines.crew import OPENING, Crew
from jaxneuron.runner.engines.ray import Ray
from jaxneuron.study.bad_input import BadInput
from tests.runner.engines.trained import PARTS, study_of
from tests.store.runs import markers_of
from tests.values import values_of


def test_without_ray_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match=r"needs Ray, which is not installed; pip install 'jaxneuron\[ray\]'"):
        sweep(study_of(PARTS), tmp_path / "run.zarr", engine=Ray())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["head", "head:port", "ray://head:10001", "http://head:8265", "a b:1"])
def test_an_address_that_is_none(address):
    with pytest.raises(BadInput, match="it must be HOST:PORT of the head node, or auto"):
        Ray(address)


@pytest.mark.thorough
@pytest.mark.parametrize("is_mute", [False, True])
def test_a_cluster_that_does_not_answer_is_given_up(is_mute, tmp_path, monkeypatch):
    """Nobody listens there, or somebody who says nothing."""
    pytest.importorskip("ray")
    monkeypatch.setattr(ray_engine, "SECONDS_TO_ANSWER", 5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not is_mute:
            server.close()
        with pytest.raises(BadInput, match=f"no Ray cluster answers at 127.0.0.1:{port} within 5 seconds"):
            sweep(study_of(PARTS), tmp_path / "run.zarr", engine=Ray(f"127.0.0.1:{port}"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_comes_late_gets_work(whole, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setattr(crew, "SECONDS_BETWEEN_COUNTS", 0.2)
    crews, late = [], []
    monkeypatch.setattr(ray_engine, "Crew", lambda *given: crews.append(Crew(*given)) or crews[-1])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})

    def progress(done, total):
        """Call the second machine when the first has begun, and wait for its actor to be ready."""
        if done and not late:
            late.append(cluster.add_node(num_cpus=1))
            while ray.cluster_resources()["CPU"] < 2:
                time.sleep(0.1)
        [crew] = crews
        opening = [answer for answer, (_, number) in crew.asked.items() if number == OPENING]
        if late and opening:
            assert ray.wait(opening, timeout=300)[0], f"it has not begun: {ray.nodes()}"

    try:
        run = sweep(study_of(PARTS), tmp_path / "run.zarr", engine=Ray(cluster.address), progress=progress)
        assert len({marker.process for marker in markers_of(run.path).values()}) == 2
        assert values_of(run) == whole
        assert not ray.is_initialized()
    finally:
        cluster.shutdown()


def test_ray_is_not_imported_by_others():
    code = "import sys, jaxneuron as jn; jn.sweep; print('ray' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
