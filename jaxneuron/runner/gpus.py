"""The GPUs of this process: JAX takes most of their memory, so a process has them to itself."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jaxneuron.runner.dispatch import devices
from jaxneuron.study.bad_input import BadInput

# With either of these, whoever starts processes has said how they share a GPU.
SHARED = "XLA_PYTHON_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_PREALLOCATE"


@contextlib.contextmanager
def own_gpus() -> Iterator[None]:
    """Hold the GPUs that this process trains on; BadInput where another worker of this machine holds one."""
    from portalocker import LockFlags, exceptions, lock  # late: it looks for a folder for temporary files

    with contextlib.ExitStack() as files:
        for device in devices() if not any(name in os.environ for name in SHARED) else ():
            if device.platform == "cpu":
                continue
            seen = os.environ.get("CUDA_VISIBLE_DEVICES", "all").replace(os.sep, "-")
            name = f"jaxneuron-gpu-{os.getuid()}-{device.local_hardware_id}-of-{seen}.lock"
            file = files.enter_context((Path(tempfile.gettempdir()) / name).open("ab"))
            try:
                lock(file, LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING)
            except exceptions.AlreadyLocked:
                raise BadInput(
                    f"{device}: another worker of this machine trains on it, and one process takes most "
                    "of its memory; name each worker its GPU (CUDA_VISIBLE_DEVICES=0), or let them share it "
                    "(XLA_PYTHON_CLIENT_MEM_FRACTION=0.45)"
                ) from None
        yield
