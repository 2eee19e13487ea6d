"""Keeping the device busy: several chunks under way at a time, results handed out in order."""

import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jax

Item = TypeVar("Item")
Result = TypeVar("Result")


def default_chunk_size(platform: str, num_neurons: int) -> int:
    """Neurons of a chunk: enough chunks to share among a CPU's cores, and for a device to be filled by one.

    A larger chunk is filled better by the neurons that still move when the others have finished.
    """
    if platform != "cpu":
        return 2**22
    return min(max(2 ** math.ceil(math.log2(max(num_neurons, 1) / 16)), 2**12), 2**18)


def chunks_in_flight() -> int:
    """A CPU core runs one chunk at a time; a device prepares the next chunk while it trains one."""
    if jax.default_backend() != "cpu":
        return 2
    # Only some systems say which cores a process may use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], in_flight: int
) -> Generator[tuple[Item, Result], None, None]:
    """(item, function(item)) in the items' order, with `in_flight` calls under way at a time.

    No more than `in_flight` results wait to be taken. When the caller stops, calls under way end
    unheard and no others begin.
    """
    pool = ThreadPoolExecutor(in_flight)
    try:
        waiting = deque()
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) > in_flight:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
