"""GPUs that several workers of a machine would train on."""

import tempfile
from types import SimpleNamespace

import pytest

from jaxneuron.runner import worker
from jaxneuron.study.bad_input import BadInput


def test_a_gpu_is_one_workers_unless_it_is_said_how_they_share_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(worker, "devices", lambda: [SimpleNamespace(platform="gpu", local_hardware_id=0)])
    with worker.own_gpus():
        with pytest.raises(BadInput, match="another worker of this machine trains on it"), worker.own_gpus():
            pass
        monkeypatch.setenv("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.45")
        with worker.own_gpus():
            pass
        monkeypatch.delenv("XLA_PYTHON_CLIENT_MEM_FRACTION")
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
        with worker.own_gpus():
            pass
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    with worker.own_gpus():
        pass
