"""Sharing out chunks: each device has a few in flight, and takes the next one when it is free."""

import itertools
import logging
import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import jax

# A jax.Device, which type checkers do not take for a type.
Device = Any
Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger(__name__)


def default_chunk_size(platform: str, num_neurons: int) -> int:
    """Neurons of a chunk: enough chunks to share among a CPU's cores, and for a device to be filled by one.

    A larger chunk is filled better by the neurons that still move when the others have finished.
    """
    if platform != "cpu":
        return 2**22
    return min(max(2 ** math.ceil(math.log2(max(num_neurons, 1) / 16)), 2**12), 2**18)


def devices() -> list[Device]:
    """The devices of this process that a sweep runs on: all of the first one's kind, whose bits are alike."""
    first, *others = jax.local_devices()
    return [first, *(device for device in others if device.device_kind == first.device_kind)]


def chunks_in_flight() -> int:
    """Of each device: a CPU's core runs one chunk at a time; another device prepares the next one while it
    trains one."""
    if jax.default_backend() != "cpu":
        return 2
    return max(1, num_cores() // len(devices()))


def num_cores() -> int:
    """The processor's cores that this process may use."""
    # Only some systems say which.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_out(
    functions: Mapping[Device, Callable[[Item], Result]], items: Iterable[Item], in_flight: int
) -> Generator[tuple[Item, Result], None, None]:
    """(item, its result) as they come, from functions of which each runs on a device of its own.

    Each has `in_flight` calls under way, and no more results than that and one wait to be taken. A function
    that is slow holds up its own items and no others. One that fails is not called again, and its items go
    to the others; the error of the last one is raised. When the caller stops, no further call begins, and the
    results of those under way are dropped.
    """
    waiting, returned = iter(items), deque[Item]()
    under_way: dict[Future[Result], tuple[Device, Item]] = {}
    pools = {device: ThreadPoolExecutor(in_flight) for device in functions}

    def next_item() -> Iterable[Item]:
        return (returned.popleft(),) if returned else itertools.islice(waiting, 1)

    def feed(device: Device) -> None:
        for item in next_item():
            under_way[pools[device].submit(functions[device], item)] = device, item

    try:
        for _ in range(in_flight + 1):
            for device in functions:
                feed(device)
        working = set(functions)
        while under_way:
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                device, item = under_way.pop(future)
                error = future.exception()
                if error is None:
                    if device in working:
                        feed(device)
                    yield item, future.result()
                    continue
                if device in working:
                    log.warning(f"{device} failed and is left out: {error}")
                    working.remove(device)
                if not working:
                    raise error
                returned.append(item)
                for other in working:  # those that had nothing left to do
                    feed(other)
    finally:
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
