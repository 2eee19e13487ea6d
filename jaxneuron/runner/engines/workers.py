"""The engine of several processes of this machine, each a worker with its share of the chunks and cores."""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import jax

from jaxneuron.population.dispatch import devices
from jaxneuron.runner.engines import worker_process
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.runner.work import Progress, Stopped
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study

FRUITLESS_STARTS = 3  # of one worker, without a chunk done, before the sweep gives up
SECONDS_TO_END = 10
SECONDS_BETWEEN_LOOKS = 0.2

log = logging.getLogger(__name__)


class Workers:
    """So many processes of this machine; BadInput on one with GPUs, all of which one process drives."""

    def __init__(self, number: int) -> None:
        if number < 1:
            raise BadInput(f"--workers: is {number}; it must be at least 1")
        self.number = number

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Have workers train and write all that is missing; one that dies is started again."""
        program = Program(study)
        if jax.default_backend() != "cpu":
            raise BadInput(
                f"--workers: are for CPUs, and this process drives all of {', '.join(map(str, devices()))}; "
                "leave it out"
            )
        prepare(program, location, overwrite=overwrite, processes=self.number)
        with contextlib.suppress(BadInput), location.lock():  # other workers may be at work
            location.remove_leftovers()
        store = Store(location)
        total = store.chunking.num_neurons(range(store.chunking.num_chunks))
        workers = [_Worker(store, index, self.number) for index in range(self.number)]
        try:
            while [worker for worker in workers if worker.is_at_work()]:
                progress(store.chunking.num_neurons(store.marked()), total)
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            for worker in workers:
                worker.process.terminate()
            for worker in workers:
                worker.end()
        progress(store.chunking.num_neurons(store.marked()), total)


class _Worker:
    """The process of one worker, started again when it dies."""

    def __init__(self, store: Store, index: int, of: int) -> None:
        self.store, self.index, self.of = store, index, of
        self.fruitless_starts, self.is_done = 0, False
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115, as `end` closes it
        self._start()

    def __str__(self) -> str:
        return f"worker {self.index} of {self.of}"

    def is_at_work(self) -> bool:
        """Whether it has not ended its share; BadInput or Stopped where it cannot."""
        code = self.process.poll()
        if code is None or self.is_done:
            return not self.is_done
        *told, last = self._told() or ["it said nothing"]
        for line in told:
            log.warning(line)
        match code:
            case 0:
                self.is_done = True
                return False
            case worker_process.STOPPED:
                raise Stopped(last)
            case worker_process.BAD_INPUT:
                raise BadInput(last)
        self.fruitless_starts = 1 + (0 if self._num_done() > self.num_done else self.fruitless_starts)
        if self.fruitless_starts == FRUITLESS_STARTS:
            raise Stopped(
                f"{self.store.location}: {self} ended {FRUITLESS_STARTS} times before it had done a chunk, "
                f"at last with code {code} ({last}); what is done is kept"
            )
        log.warning(f"{self} ended with code {code} and is started again: {last}")
        self._start()
        return True

    def end(self) -> None:
        """Wait for the process that was told to end."""
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.stderr.close()

    def _start(self) -> None:
        self.num_done = self._num_done()
        self.stderr.seek(0)
        self.stderr.truncate()
        share = self.store.location.name, str(self.index), str(self.of)
        with _on_cores(self.index, self.of):
            self.process = subprocess.Popen(
                [sys.executable, "-m", worker_process.__name__, *share],
                env=os.environ | {"JAX_PLATFORMS": "cpu"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self.stderr,
            )

    def _num_done(self) -> int:
        return sum(number % self.of == self.index for number in self.store.marked())

    def _told(self) -> list[str]:
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace").splitlines()


@contextlib.contextmanager
def _on_cores(index: int, of: int) -> Iterator[None]:
    """Have processes that are started here run on their share of the cores, where the system knows shares."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[index::of] or [cores[index % len(cores)]])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
