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
MOST_TRIES = 10  # of one chunk, and of opening the run, one after another, before the sweep gives up
OPENING = -1  # in place of the number of a chunk

log = logging.getLogger(__name__)


class Crew:
    """The actors, and what each of them is doing.

    Ray's own restarts are not used: an actor whose machine is gone would wait with its chunks for another
    one, and of two chunks that die together Ray cannot tell which is to blame.
    """

    def __init__(self, ray: Any, wanted: int | None, name: str, kind: type[Actor] = Actor) -> None:
        self.ray, self.wanted, self.name, self.kind = ray, wanted, name, kind
        self.doing: dict[Any, list[int]] = {}  # each actor's chunks under way, or [OPENING]
        self.asked: dict[Any, tuple[Any, int]] = {}  # the same, by what will answer
        self.waiting = deque[int]()
        self.tries = Counter[int]()  # that came to nothing
        self.counted, self.began = -math.inf, time.monotonic()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self.doing:
            self.ray.kill(actor)

    def prepare(self, study: Study, overwrite: bool) -> str:
        """Have the first actor make the run, whose bits are those of its kind of device; returns the name of
        its machine."""
        actor = self._new_actor()
        try:
            host = self._result(actor.prepare.remote(study, self.name, overwrite))
        except self.ray.exceptions.RayError as error:
            raise Stopped(f"{self.name}: could not be prepared ({_first_line(error)})") from None
        self._have_it_open(actor)
        return host

    def work(self, numbers: Sequence[int]) -> Iterator[int]:
        """Each of these chunks of work when it is written, by whichever actor."""
        self.waiting.extend(numbers)
        while self.waiting or any(number != OPENING for _, number in self.asked.values()):
            self._call_for_actors()
            self._give_chunks()
            answers, _ = self.ray.wait(list(self.asked), timeout=SECONDS_BETWEEN_COUNTS)
            for answer in answers:
                if answer not in self.asked:  # of an actor that has just been replaced
                    continue
                actor, number = self.asked.pop(answer)
                try:
                    self._result(answer)
                except self.ray.exceptions.RayError as error:
                    self._replace(actor, error)
                    continue
                self.doing[actor].remove(number)
                if number == OPENING:
                    self.tries[OPENING] = 0
                else:
                    yield number

    def _call_for_actors(self) -> None:
        """Have as many actors as are wanted, now and then counting whether the cluster has grown."""
        now = time.monotonic()
        if self.doing and now - self.counted < SECONDS_BETWEEN_COUNTS:
            return
        self.counted = now
        wanted = min(self.wanted or max(1, self._devices[1]), len(self.waiting))
        for _ in range(wanted - len(self.doing)):
            self._have_it_open(self._new_actor())
        if now - self.began > SECONDS_TO_BEGIN and all(OPENING in doing for doing in self.doing.values()):
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
        self.doing[actor] = [OPENING]
        self.asked[actor.open.remote(self.name)] = actor, OPENING

    def _give_chunks(self) -> None:
        """Give chunks to the actors that have opened the run and have few, first one to each.

        A chunk with which an actor has died is given alone: if this one dies too, that chunk is to blame.
        """
        for few in range(CHUNKS_IN_FLIGHT):
            for actor, doing in self.doing.items():
                if not self.waiting or len(doing) != few or OPENING in doing:
                    continue
                number = self.waiting[0]
                if doing and any(self.tries[one] for one in (*doing, number)):
                    continue
                doing.append(self.waiting.popleft())
                self.asked[actor.work.remote(number)] = actor, number

    def _result(self, answer: Any) -> Any:
        """What was answered; RayError where the actor died or failed, BadInput or OSError where all would."""
        try:
            return self.ray.get(answer)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, BadInput | OSError):
                raise error.cause from None
            raise

    def _replace(self, actor: Any, error: Exception) -> None:
        """Take back the chunks of an actor that failed; another one will be called for.

        A chunk that it had written and not reported is not trained again: whoever is given it looks.
        """
        doing = self.doing.pop(actor)
        self.asked = {answer: asked for answer, asked in self.asked.items() if asked[0] is not actor}
        self.ray.kill(actor)
        self.tries.update(doing)
        for number in doing:
            if self.tries[number] == MOST_TRIES:
                what = "opening the run" if number == OPENING else f"chunk {number}"
                raise Stopped(f"{self.name}: {what} failed {MOST_TRIES} times, at last: {_first_line(error)}")
        self.waiting.extendleft(number for number in reversed(doing) if number != OPENING)
        log.warning(f"an actor failed and is replaced: {_first_line(error)}")
        self.counted = -math.inf


def _first_line(error: Exception) -> str:
    """The first line of an error of Ray's, which may be a page."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
