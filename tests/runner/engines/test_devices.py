"""Several devices of one process, simulated on the CPU: the bytes are those of one, whatever one does."""

import os
import subprocess
import sys

import pytest

import jaxneuron as jn
from tests.runner.engines.trained import PARTS
from tests.values import values_of

# A process that sweeps on four devices. Of them the second fails, and the third is slow.
SWEEPER = """
import logging, sys, time
import jax
from jaxneuron import sweep
from jaxneuron.runner import program
from jaxneuron.runner.program import Program
from tests.runner.engines.trained import study_of

path, chunk_size = sys.argv[1], int(sys.argv[2])
of_program, train_chunk, devices, used = Program.train_chunk, program.train_chunk, jax.local_devices(), []

def where(*args, **options):
    trained = train_chunk(*args, **options)
    used.extend(trained.loss.devices())  # where it was trained, and not where it was to be
    return trained

def noting(self, number, device):
    if device == devices[1]:
        used.append(device)
        raise RuntimeError("is lost")
    if device == devices[2]:
        time.sleep(2)
    return of_program(self, number, device)

Program.train_chunk, program.train_chunk = noting, where
logging.basicConfig(format="%(message)s")
sweep(study_of(chunk_size), path)
print(devices[1], *(used.count(device) for device in devices))
"""


@pytest.mark.thorough
def test_four_devices_make_the_bytes_of_one(whole, environment, tmp_path):
    four = environment | {
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4",
    }
    arguments = [sys.executable, "-c", SWEEPER, str(tmp_path / "run.zarr"), str(PARTS)]
    ended = subprocess.run(arguments, env=four, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    name, *used = ended.stdout.split()
    numbers = list(map(int, used))
    assert min(numbers) > 0
    assert ended.stderr.count(f"{name} failed and is left out: is lost") == 1
    assert numbers[1] <= 2
    assert numbers[2] < max(numbers) / 2
    assert values_of(jn.open_run(tmp_path / "run.zarr")) == whole
