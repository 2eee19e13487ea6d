"""The scale experiment's measures, in small: what is measured happened, and what is idle leaves no trace."""

import pytest

from experiments.scale.idle import of_devices, of_ray, prepared
from experiments.scale.listing import of_markers
from experiments.scale.reading import of_small_chunks
from jaxneuron.store.status import status
from jaxneuron.store.store import Store

pytestmark = pytest.mark.thorough


def test_idle_devices_hand_out_every_chunk_and_write_nothing(tmp_path):
    found = of_devices(tmp_path, 50)
    assert found.num_chunks == 50
    assert 0 < found.ms_per_chunk < 100
    assert status(tmp_path / "50.zarr").chunks_done == 0


def test_markers_are_all_there(tmp_path):
    found = of_markers(tmp_path, 50)
    assert found.markers_counted_per_second > found.markers_read_per_second > 0
    location, _ = prepared(tmp_path, 60)
    assert Store(location).marked() == set()
    assert status(tmp_path / "50.zarr").chunks_done == 50


def test_a_run_of_small_chunks_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.scale.reading.NUM_CHUNKS", 10)
    found = of_small_chunks(tmp_path)
    assert status(tmp_path / "reading.zarr", verify=True).is_whole
    assert found.disk_bytes_per_chunk >= 13 * 4096
    assert found.verifying_ms_per_chunk > 0


@pytest.mark.filterwarnings("ignore")
def test_idle_actors_hand_out_every_chunk(tmp_path):
    pytest.importorskip("ray")
    assert of_ray(tmp_path, 20, actors=2).num_chunks == 20
    assert status(tmp_path / "20.zarr").chunks_done == 0
