"""Doing the work of a run: training what is missing on the devices of this process, and writing it."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from jaxneuron.neuron.train import Trained
from jaxneuron.population.summary import Summary
from jaxneuron.runner.dispatch import chunks_in_flight, devices, share_out
from jaxneuron.runner.setup import ChunkTrainer, Setup
from jaxneuron.store.room import check_room
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import MOST_LISTED

Progress = Callable[[int, int], None]  # numbers of neurons: done, total
Train = Callable[[Sequence[int]], Iterator[int]]  # chunks of work: those to do, each when it is written

log = logging.getLogger(__name__)


class Stopped(RuntimeError):
    """A sweep that could not go on: what is done is kept. Its message is one line."""


def missing_of(store: Store, numbers: Iterable[int]) -> list[int]:
    """The chunks of work among these that are to be done; the log warns of those that are damaged."""
    missing, damaged = store.examine(numbers)
    if damaged:
        log.warning(f"{store.location}: {described(damaged)}; trained again")
        store.forget(damaged)
    return missing


def work(store: Store, numbers: Iterable[int], train: Train, progress: Progress) -> None:
    """Have what is missing of these chunks of work trained and written; Stopped tells that writing failed.

    Whoever finds the run whole in the end adds up what was trained in parts.
    """
    numbers = list(numbers)
    missing = missing_of(store, numbers)
    total = store.chunking.num_neurons(numbers)
    done = total - store.chunking.num_neurons(missing)
    progress(done, total)
    try:
        for number in train(missing) if missing else ():
            done += store.chunking[number].num_neurons
            progress(done, total)
        if store.is_trained():
            store.add_up()
    except OSError as error:
        raise Stopped(
            f"{store.location}: cannot be written ({error.strerror or error}); {done:,} of {total:,} neurons "
            "are kept, and the same sweep resumes there"
        ) from error


def train_and_write(store: Store, setup: Setup, numbers: Sequence[int]) -> Iterator[int]:
    """Each of these chunks of work as soon as it is written, by the devices of this process, or by another
    process in the meantime; BadInput where there is no room."""
    check_room(store.location, setup.sizes, share=len(numbers) / store.chunking.num_chunks)
    trainers = {
        device: partial(_train_unless_marked, store, train)
        for device, train in setup.trainers(devices()).items()
    }
    began = time.monotonic()
    with contextlib.closing(share_out(trainers, numbers, chunks_in_flight())) as results:
        for number, found in results:
            now = time.monotonic()
            if found is not None:
                trained, summary = found
                store.write(number, summary, trained, seconds=now - began)
            began = now
            yield number


def _train_unless_marked(store: Store, train: ChunkTrainer, number: int) -> tuple[Trained, Summary] | None:
    return None if store.is_marked(number) else train(number)


def described(damaged: Mapping[int, str]) -> str:
    """'2 chunks are damaged: 3 (cells/fate_count), 7 (neurons/fate)'."""
    listed = [f"{number} ({path})" for number, path in damaged.items()]
    more = [f"… ({len(listed) - MOST_LISTED} more)"] if len(listed) > MOST_LISTED else []
    number = "1 chunk is" if len(damaged) == 1 else f"{len(damaged)} chunks are"
    return f"{number} damaged: {', '.join(listed[:MOST_LISTED] + more)}"
