"""The engine of a Ray cluster, or of a Ray that is started on this machine: an actor for each device."""

import contextlib
import logging
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any

from jaxneuron.population.dispatch import num_cores
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.engines.actor import Actor
from jaxneuron.study.location import Location
from jaxneuron.study.skeleton import is_run
from jaxneuron.study.store import Store
from jaxneuron.study.study import Study
from jaxneuron.study.work import Progress, Stopped, missing_of, num_neurons

CHUNKS_IN_FLIGHT = 2  # of each actor: one is trained, and the next one is there when it ends
SECONDS_TO_ANSWER = 20
SECONDS_TO_BEGIN = 60.0
SECONDS_BETWEEN_COUNTS = 5.0  # of the cluster's devices, which may have become more
MOST_TRIES = 10  # of one chunk
FRUITLESS_STARTS = 5  # of actors, one after another, before the sweep gives up

log = logging.getLogger(__name__)


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
        """Have actors train and write all that is missing. This process only looks on and takes no device."""
        name = str(location.folder or location.name)
        with _cluster(self.address, self.actors) as ray, _Crew(ray, self.actors, name) as crew:
            host = crew.prepare(study, overwrite)
            if not is_run(location):
                raise BadInput(
                    f"{location}: was made on {host} and is not here; a run must be on a file system that "
                    "all machines see, or in an object store"
                )
            with location.lock():
                location.remove_leftovers()
                store = Store(location, "r+")
                everything = range(store.chunking.num_chunks)
                missing, total = missing_of(store, everything), num_neurons(store, everything)
                done = total - num_neurons(store, missing)
                progress(done, total)
                for number in crew.work(missing):
                    done += store.chunking[number].num_neurons
                    progress(done, total)
                store.add_up()


class _Crew:
    """The actors, and what each of them has been asked."""

    def __init__(self, ray: Any, wanted: int | None, name: str) -> None:
        self.ray, self.wanted, self.name = ray, wanted, name
        self.ready: dict[Any, set[int]] = {}  # actors that have opened the run, and their chunks under way
        self.opening: set[Any] = set()
        self.asked: dict[Any, tuple[Any, int | None]] = {}  # by what will answer: actor, chunk or None
        self.waiting = deque[int]()
        self.tries, self.fruitless_starts = Counter[int](), 0
        self.looked, self.began = -math.inf, time.monotonic()

    def __enter__(self) -> "_Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for actor in (*self.ready, *self.opening):
            self.ray.kill(actor)

    def prepare(self, study: Study, overwrite: bool) -> str:
        """Have the first actor make the run: it has the kind of device whose bits the run will hold."""
        actor = self._new_actor()
        try:
            host = self._answer(actor.prepare.remote(study, self.name, overwrite))
        except self.ray.exceptions.RayError as error:
            raise Stopped(f"{self.name}: could not be prepared ({_line(error)})") from None
        self._have_it_open(actor)
        return host

    def work(self, numbers: Sequence[int]) -> Iterator[int]:
        """Each of these chunks of work when it is written, by whichever actor."""
        self.waiting.extend(numbers)
        while self.waiting or any(number is not None for _, number in self.asked.values()):
            self._call_for_actors()
            self._ask()
            answers, _ = self.ray.wait(list(self.asked), timeout=SECONDS_BETWEEN_COUNTS)
            for answer in answers:
                actor, number = self.asked.pop(answer)
                try:
                    self._answer(answer)
                except self.ray.exceptions.RayError as error:
                    self._try_again(actor, number, error)
                    continue
                if number is None:
                    self.opening.remove(actor)
                    self.ready[actor] = set()
                    self.fruitless_starts = 0
                else:
                    self.ready.get(actor, set()).discard(number)
                    yield number

    def _call_for_actors(self) -> None:
        """Have as many actors as are wanted, now and then looking whether the cluster has grown."""
        now = time.monotonic()
        missing = len(self.ready) + len(self.opening) == 0
        if now - self.looked < SECONDS_BETWEEN_COUNTS and not missing:
            return
        self.looked = now
        wanted = min(self.wanted or max(1, self._devices[1]), len(self.waiting))
        for _ in range(wanted - len(self.ready) - len(self.opening)):
            self._have_it_open(self._new_actor())
        if not self.ready and now - self.began > SECONDS_TO_BEGIN:
            log.warning(f"{self.name}: no actor has begun so far; is another job on the cluster's devices?")
            self.began = math.inf

    def _new_actor(self) -> Any:
        kind, _ = self._devices
        # The next chunk is prepared while a GPU trains one; a core does one thing at a time.
        options = {"num_gpus": 1, "max_concurrency": CHUNKS_IN_FLIGHT} if kind == "GPU" else {"num_cpus": 1}
        platform = None if kind == "GPU" else "cpu"
        return self.ray.remote(Actor).options(**options).remote(os.getcwd(), platform)

    @property
    def _devices(self) -> tuple[str, int]:
        """The kind of the cluster's devices, in Ray's words, and their number."""
        resources = self.ray.cluster_resources()
        kind = "GPU" if resources.get("GPU", 0) else "CPU"
        return kind, int(resources.get(kind, 0))

    def _have_it_open(self, actor: Any) -> None:
        self.opening.add(actor)
        self.asked[actor.open.remote(self.name)] = actor, None

    def _ask(self) -> None:
        """Give chunks to those who have few, first one to each."""
        for few in range(CHUNKS_IN_FLIGHT):
            for actor, numbers in self.ready.items():
                if self.waiting and len(numbers) == few:
                    number = self.waiting.popleft()
                    numbers.add(number)
                    self.asked[actor.work.remote(number)] = actor, number

    def _answer(self, answer: Any) -> Any:
        """What was answered; RayError where the actor died or failed, BadInput or Stopped where all would."""
        try:
            return self.ray.get(answer)
        except self.ray.exceptions.RayTaskError as error:
            match error.cause:
                case BadInput() | Stopped():
                    raise error.cause from None
                case OSError(strerror=strerror):
                    raise Stopped(
                        f"{self.name}: cannot be written ({strerror}); what is done is kept, and the same "
                        "sweep goes on from there"
                    ) from None
            raise

    def _try_again(self, actor: Any, number: int | None, error: Exception) -> None:
        """Give a chunk back that came to nothing, and replace the actor."""
        if number is None:
            self.fruitless_starts += 1
        else:
            self.waiting.appendleft(number)
            self.tries[number] += 1
        if self.fruitless_starts == FRUITLESS_STARTS or max(self.tries.values(), default=0) == MOST_TRIES:
            what = "opening it" if number is None else f"chunk {number}"
            raise Stopped(f"{self.name}: {what} failed time and again, at last: {_line(error)}")
        if actor in self.ready or actor in self.opening:
            log.warning(f"an actor failed and is replaced: {_line(error)}")
            self.ready.pop(actor, None)
            self.opening.discard(actor)
            self.ray.kill(actor)
            self.looked = -math.inf


@contextlib.contextmanager
def _cluster(address: str | None, actors: int | None) -> Iterator[Any]:
    """Ray, connected to the cluster, and let go afterwards; one that the caller has connected to stays."""
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
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    address = address or os.environ.get("RAY_ADDRESS")
    if address:
        _check_it_answers(address)
        ray.init(address, **quiet)
    else:
        ray.init("local", num_cpus=max(num_cores(), actors or 1), include_dashboard=False, **quiet)
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_it_answers(address: str) -> None:
    """BadInput where no cluster answers: Ray itself would end this process after two minutes."""
    ask = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", address]
    try:
        is_there = subprocess.run(ask, capture_output=True, timeout=SECONDS_TO_ANSWER).returncode == 0
    except subprocess.TimeoutExpired:
        is_there = False
    if not is_there:
        raise BadInput(
            f"--address: no Ray cluster answers at {address} within {SECONDS_TO_ANSWER} seconds; "
            "`ray start --head` begins one"
        )


def _line(error: Exception) -> str:
    """The first line of an error of Ray's, which may be a page."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
