"""A worker: trains every n-th chunk of a run, beside others that train the rest."""

import contextlib
import os
import random
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jaxneuron.runner.dispatch import devices
from jaxneuron.runner.prepare import check_same
from jaxneuron.runner.program import Program
from jaxneuron.runner.work import Progress, ignore, train_and_write, work
from jaxneuron.store.data_files import study_of
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import check_current, cut_of
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput

# With either of these, whoever starts processes has said how they share a GPU.
SHARED = "XLA_PYTHON_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_PREALLOCATE"


def worker(path: str | Path, index: int, of: int, *, progress: Progress | None = None) -> int:
    """Train those of the chunks index, index + of, index + 2·of, … of the run at the path that are missing.

    A worker that was killed is resumed by starting it again, and one that is started twice shares its chunks
    with itself. The worker that finds all chunks written adds up the cells that were trained in parts.

    Returns the number of its share's neurons. Raises BadInput where there is no run, where this machine gives
    other bits, or where a sweep has locked the run; Stopped where a file cannot be written.
    """
    if not 0 <= index < of:
        raise BadInput(f"--index: is {index}; it must be from 0 to {of - 1}, as --of is {of}")
    location = Location(path)
    store, program = open_to_work(location)
    with location.lock(shared=True, name=f"worker {index} of {of}"), own_gpus():
        numbers = range(index, store.chunking.num_chunks, of)
        train = partial(train_and_write, store, program)
        work(store, _from_anywhere(numbers), train, ignore if progress is None else progress)
    return store.chunking.num_neurons(numbers)


def open_to_work(location: Location) -> tuple[Store, Program]:
    """A run to be resumed, and the program of its study; BadInput where this machine gives other bits."""
    store = Store(location, "r+")
    check_current(location)
    program = Program(study_of(store.attrs, store.root, location), cut=cut_of(store.attrs))
    check_same(location, program)
    return store, program


def _from_anywhere(numbers: range) -> list[int]:
    """The numbers, from a random one of them on: two workers that start together seldom train the same."""
    first = random.randrange(len(numbers)) if numbers else 0
    return [*numbers[first:], *numbers[:first]]


@contextlib.contextmanager
def own_gpus() -> Iterator[None]:
    """Hold the GPUs that this process trains on, of whose memory JAX takes most; BadInput where another
    worker of this machine holds one."""
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
