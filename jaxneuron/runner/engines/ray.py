"""The engine of a Ray cluster, or of a Ray that is started on this machine: an actor for each device."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from jaxneuron.population.kept import num_cores
from jaxneuron.runner.engines.crew import Crew
from jaxneuron.runner.work import Progress, work
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import is_run
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study

SECONDS_TO_ANSWER = 20
QUIET = {"log_to_driver": False, "logging_level": "ERROR"}
# Whoever reaches Ray's ports can have it run code: so nobody does but this machine.
THIS_MACHINE_ONLY = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}


class Ray:
    """Actors of a Ray cluster: so many, or one for each GPU, or where there are none for each CPU.

    `address` is HOST:PORT of its head node, or "auto" for one that was started on this machine; without it
    the one of a Ray job is taken, and otherwise a Ray is started here. All machines must see the run and the
    data under the same paths, and be of one kind. BadInput where Ray is not installed or no cluster answers.
    """

    def __init__(self, address: str | None = None, actors: int | None = None) -> None:
        if address not in (None, "auto") and not re.fullmatch(r"[^:/\s]+:\d{1,5}", address):
            raise BadInput(f"--address: is {address!r}; it must be HOST:PORT of the head node, or auto")
        if actors is not None and actors < 1:
            raise BadInput(f"--workers: is {actors}; it must be at least 1")
        self.address, self.actors = address, actors

    def sweep(self, study: Study, location: Location, overwrite: bool, progress: Progress) -> None:
        """Have actors train and write all that is missing; this process takes no device."""
        name = str(location.folder or location.name)
        with _cluster(self.address, self.actors) as ray, Crew(ray, self.actors, name) as crew:
            host = crew.prepare(study, overwrite)
            if not is_run(location):
                raise BadInput(
                    f"{location}: was made on {host} and is not here; a run must be on a file system that "
                    "all machines see, or in an object store"
                )
            with location.lock():
                location.remove_leftovers()
                store = Store(location, "r+")
                work(store, range(store.chunking.num_chunks), crew.work, progress)


@contextlib.contextmanager
def _cluster(address: str | None, actors: int | None) -> Iterator[Any]:
    """Ray, connected to the cluster, and disconnected afterwards; unless the caller had connected to one."""
    # It sends statistics of its use otherwise.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        remedy = "pip install 'jaxneuron[ray]'"
        raise BadInput(f"--engine ray: needs Ray, which is not installed; {remedy}") from None
    if ray.is_initialized():
        yield ray
        return
    if address := address or os.environ.get("RAY_ADDRESS"):
        _check_address(address)
    # Ray would have SIGTERM end this process at once, with a page about where it was.
    handler = signal.getsignal(signal.SIGTERM)
    if address:
        ray.init(address, **QUIET)
    else:
        ray.init("local", num_cpus=max(num_cores(), actors or 1), **THIS_MACHINE_ONLY, **QUIET)
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """BadInput where no cluster answers: Ray itself would end this process after two minutes."""
    status = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", address]
    try:
        ended = subprocess.run(status, capture_output=True, text=True, timeout=SECONDS_TO_ANSWER)
    except subprocess.TimeoutExpired:
        raise BadInput(
            f"--address: no Ray cluster answers at {address} within {SECONDS_TO_ANSWER} seconds; "
            "start one with `ray start --head`"
        ) from None
    if ended.returncode:
        reason = (ended.stderr.strip() or ended.stdout.strip() or "no reason given").splitlines()[-1]
        raise BadInput(f"--address: the Ray cluster at {address} cannot be used ({reason})")
