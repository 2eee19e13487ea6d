"""The work of a run: training chunks that are missing on the devices of this process, and writing them."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jaxneuron.runner.dispatch import Device, chunks_in_flight, devices, share_out
from jaxneuron.runner.program import Program
from jaxneuron.store.room import check_room
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import MOST_LISTED
from jaxneuron.study.counted import are, counted

Progress = Callable[[int, int], None]  # numbers of neurons: done, total
Train = Callable[[Sequence[int]], Iterator[int]]  # numbers of chunks: all to train, each when it is written

log = logging.getLogger(__name__)


class Stopped(RuntimeError):
    """A sweep that had to stop before its end. What it had written is kept; its message is one line."""


def ignore(done: int, total: int) -> None:
    """The progress of whoever does not ask for it."""


def missing_of(store: Store, numbers: Iterable[int]) -> list[int]:
    """The chunks among these that are missing or damaged; the log warns of the damaged ones."""
    missing, damaged = store.examine(numbers)
    if damaged:
        log.warning(f"{store.location}: {described(damaged)}; trained again")
        store.forget(damaged)
    return missing


def work(store: Store, numbers: Iterable[int], train: Train, progress: Progress) -> None:
    """Have those of these chunks trained and written that are missing.

    The process that finds all chunks written adds up the cells that were trained in parts. Raises Stopped
    where a file cannot be written.
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
        kept = f"{done:,} of {counted(total, 'neuron')} {are(total)} kept"
        raise Stopped(
            f"{store.location}: cannot be written ({error.strerror or error}); {kept}, and the same sweep "
            "resumes there"
        ) from error


def train_and_write(store: Store, program: Program, numbers: Sequence[int]) -> Iterator[int]:
    """Train these chunks on the devices of this process; yields the number of each as soon as it is written,
    here or by another process in the meantime. Raises BadInput where there is no room."""
    check_room(store.location, program.sizes, share=len(numbers) / store.chunking.num_chunks)

    def train_on(device: Device) -> Callable[[int], Any]:
        return lambda number: None if store.is_marked(number) else program.train_chunk(number, device)

    began = time.monotonic()
    trainers = {device: train_on(device) for device in devices()}
    with contextlib.closing(share_out(trainers, numbers, chunks_in_flight())) as results:
        for number, found in results:
            now = time.monotonic()
            if found is not None:
                store.write(number, found, seconds=now - began)
            began = now
            yield number


def described(damaged: Mapping[int, str]) -> str:
    """'2 chunks are damaged: 3 (cells/fate_count), 7 (neurons/fate)'."""
    listed = [f"{number} ({path})" for number, path in damaged.items()]
    more = [f"… ({len(listed) - MOST_LISTED} more)"] if len(listed) > MOST_LISTED else []
    number = f"{counted(len(damaged), 'chunk')} {are(len(damaged))}"
    return f"{number} damaged: {', '.join(listed[:MOST_LISTED] + more)}"
