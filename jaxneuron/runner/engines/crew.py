"""The actors of a sweep on a Ray cluster: called for, given chunks, and replaced when they die."""

import logging
import math
import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any

from jaxneuron.runner.engines.actor import Actor
from jaxneuron.runner.work import Stopped
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study

CHUNKS_IN_FLIGHT = 2  # of each actor: one is trained, and the next one is there when it ends
SECONDS_TO_BEGIN = 60.0
SECONDS_BETWEEN_COUNTS = 5.0  # of the cluster's devices, which may have become more
MOST_TRIES = 10  # of one chunk
FRUITLESS_STARTS = 5  # of actors, one after another, before the sweep gives up

log = logging.getLogger(__name__)


class Crew:
    """The actors, and what each of them has been asked."""

    def __init__(self, ray: Any, wanted: int | None, name: str, kind: type[Actor] = Actor) -> None:
        self.ray, self.wanted, self.name, self.kind = ray, wanted, name, kind
        self.ready: dict[Any, list[int]] = {}  # actors that have opened the run, and their chunks under way
        self.opening: set[Any] = set()
        self.asked: dict[Any, tuple[Any, int | None]] = {}  # by what will answer: actor, chunk or None
        self.waiting = deque[int]()
        self.tries, self.fruitless_starts = Counter[int](), 0
        self.looked, self.began = -math.inf, time.monotonic()

    def __enter__(self) -> "Crew":
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
                if answer not in self.asked:  # of an actor that has just been replaced
                    continue
                actor, number = self.asked.pop(answer)
                try:
                    self._answer(answer)
                except self.ray.exceptions.RayError as error:
                    self._replace(actor, error)
                    continue
                if number is None:
                    self.opening.remove(actor)
                    self.ready[actor] = []
                    self.fruitless_starts = 0
                else:
                    self.ready[actor].remove(number)
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
        device, _ = self._devices
        # The next chunk is prepared while a GPU trains one; a core does one thing at a time.
        options = {"num_gpus": 1, "max_concurrency": CHUNKS_IN_FLIGHT} if device == "GPU" else {"num_cpus": 1}
        platform = None if device == "GPU" else "cpu"
        return self.ray.remote(self.kind).options(**options).remote(os.getcwd(), platform)

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
        """Give chunks to those who have few, first one to each.

        A chunk with which an actor has died is given alone: if this one dies too, that chunk is to blame.
        """
        for few in range(CHUNKS_IN_FLIGHT):
            for actor, numbers in self.ready.items():
                if not self.waiting or len(numbers) != few:
                    continue
                is_suspect = any(self.tries[number] for number in (*numbers, self.waiting[0]))
                if numbers and is_suspect:
                    continue
                number = self.waiting.popleft()
                numbers.append(number)
                self.asked[actor.work.remote(number)] = actor, number

    def _answer(self, answer: Any) -> Any:
        """What was answered; RayError where the actor died or failed, BadInput or OSError where all would."""
        try:
            return self.ray.get(answer)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, BadInput | OSError):
                raise error.cause from None
            raise

    def _replace(self, actor: Any, error: Exception) -> None:
        """Give back what an actor had that came to nothing; another one will be called for.

        What it had written and could not tell is not trained again: whoever is given it looks.
        """
        numbers = self.ready.pop(actor, [])
        self.opening.discard(actor)
        self.asked = {answer: asked for answer, asked in self.asked.items() if asked[0] is not actor}
        self.ray.kill(actor)
        self.waiting.extendleft(reversed(numbers))
        self.tries.update(numbers)
        self.fruitless_starts += not numbers
        hopeless = [f"chunk {number}" for number in numbers if self.tries[number] == MOST_TRIES]
        if self.fruitless_starts == FRUITLESS_STARTS:
            hopeless = ["beginning"]
        if hopeless:
            raise Stopped(f"{self.name}: {hopeless[0]} failed time and again, at last: {_line(error)}")
        log.warning(f"an actor failed and is replaced: {_line(error)}")
        self.looked = -math.inf


def _line(error: Exception) -> str:
    """The first line of an error of Ray's, which may be a page."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
