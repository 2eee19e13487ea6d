"""The engine of several processes of this machine, each a worker with its share of the chunks and cores.

A worker is this module as a program, `python -m`, with the run, the worker's index and their number. It ends
with 0 when its share is done, 1 where it had to stop, and 2 for bad input; its last line says why.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time

import jax

from jaxneuron.runner.dispatch import devices
from jaxneuron.runner.prepare import prepare, program_of
from jaxneuron.runner.work import Progress, Stopped
from jaxneuron.runner.worker import worker
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study

FRUITLESS_STARTS = 3  # of one worker, without a chunk done, before the sweep gives up
SECONDS_TO_END = 10
SECONDS_BETWEEN_LOOKS = 0.2
STOPPED, BAD_INPUT, INTERRUPTED = 1, 2, 130

log = logging.getLogger(__name__)


class Workers:
    """So many processes of this machine; BadInput on one with GPUs, all of which one process drives."""

    def __init__(self, number: int) -> None:
        if number < 1:
            raise BadInput(f"--workers: is {number}; it must be at least 1")
        self.number = number

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Have workers train and write all that is missing; one that dies is started again."""
        program = program_of(study, location, overwrite=overwrite)
        if jax.default_backend() != "cpu":
            raise BadInput(
                f"--workers: are for CPUs, and this process drives all of {', '.join(map(str, devices()))}; "
                "leave it out"
            )
        prepare(program, location, overwrite=overwrite, processes=self.number)
        with contextlib.suppress(BadInput), location.lock():  # workers of another sweep may hold it
            location.remove_leftovers()
        store = Store(location)
        total = program.num_neurons
        workers = running = [_Worker(store, index, self.number) for index in range(self.number)]
        try:
            while running := [worker for worker in running if not worker.is_done()]:
                progress(store.chunking.num_neurons(store.marked()), total)
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            for worker in workers:
                worker.process.terminate()
            for worker in workers:
                worker.wait()
        progress(store.chunking.num_neurons(store.marked()), total)


class _Worker:
    """The process of one worker, started again when it dies."""

    def __init__(self, store: Store, index: int, of: int) -> None:
        self.store, self.index, self.of = store, index, of
        self.fruitless_starts = 0
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115, as `wait` closes it
        self._start()

    def is_done(self) -> bool:
        """Whether its share is done; BadInput or Stopped where it cannot be."""
        code = self.process.poll()
        if code is None:
            return False
        lines = self._printed()
        last = lines.pop() if code and lines else "it printed nothing"
        for line in lines:
            log.warning(line)
        if code == 0:
            return True
        if code == STOPPED:
            raise Stopped(last)
        if code == BAD_INPUT:
            raise BadInput(last)
        self.fruitless_starts = 1 + (0 if self._num_done() > self.num_done else self.fruitless_starts)
        name = f"worker {self.index} of {self.of}"
        if self.fruitless_starts == FRUITLESS_STARTS:
            raise Stopped(
                f"{self.store.location}: {name} ended {FRUITLESS_STARTS} times before it had done a chunk, "
                f"at last with code {code} ({last}); what is done is kept"
            )
        log.warning(f"{name} ended with code {code} and is started again: {last}")
        self._start()
        return False

    def wait(self) -> None:
        """Wait until the process has ended, and kill it where it does not."""
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
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, self.store.location.name, str(self.index), str(self.of)],
            env=os.environ | {"JAX_PLATFORMS": "cpu"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.stderr,
        )

    def _num_done(self) -> int:
        return sum(number % self.of == self.index for number in self.store.marked())

    def _printed(self) -> list[str]:
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace").splitlines()


def main(run: str, index: int, of: int) -> int:
    """Train one worker's share of the run on its share of the cores; returns the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    if hasattr(os, "sched_setaffinity"):  # before JAX starts its threads
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[index::of] or [cores[index % len(cores)]])
    try:
        worker(run, index, of)
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)  # chunks under way are in threads that Python would wait for
    except (BadInput, Stopped) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT if isinstance(error, BadInput) else STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
