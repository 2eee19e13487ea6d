"""The devices of this process, and how chunks are shared out among them: whichever is free takes the next."""

import logging
import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import jax

from jaxneuron.population.kept import num_cores

# A jax.Device, which type checkers do not take for a type.
Device = Any
Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger(__name__)


def default_chunk_size(platform: str, num_neurons: int) -> int:
    """Neurons of a chunk: on a CPU few enough that every core gets chunks, elsewhere enough to fill a device.

    A larger chunk is filled better by the neurons that still move when the others have finished.
    """
    if platform != "cpu":
        return 2**22
    return min(max(2 ** math.ceil(math.log2(max(num_neurons, 1) / 16)), 2**12), 2**18)


def devices() -> list[Device]:
    """The devices of this process that a sweep runs on: those of the first one's kind, with the same bits."""
    first, *others = jax.local_devices()
    return [first, *(device for device in others if device.device_kind == first.device_kind)]


def chunks_in_flight() -> int:
    """The chunks that each device has under way: one for each core of a CPU; another device prepares the next
    one while it trains one."""
    if jax.default_backend() != "cpu":
        return 2
    return max(1, num_cores() // len(devices()))


def share_out(
    functions: Mapping[Device, Callable[[Item], Result]], items: Iterable[Item], in_flight: int
) -> Generator[tuple[Item, Result], None, None]:
    """(item, its result) as they come, from functions of which each runs on a device of its own.

    Each has `in_flight` calls under way, and no more results than that and one wait to be taken. A function
    that is slow holds up its own items and no others. One that fails is not called again, and its items go
    to the others; the error of the last one is raised. When the caller stops, no call begins any more, and
    the results of those under way are dropped.
    """
    waiting, working = deque(items), set(functions)
    under_way: dict[Future[Result], tuple[Device, Item]] = {}
    pools = {device: ThreadPoolExecutor(in_flight) for device in functions}

    def feed(device: Device) -> None:
        if waiting and device in working:
            item = waiting.popleft()
            under_way[pools[device].submit(functions[device], item)] = device, item

    try:
        for device in (in_flight + 1) * list(functions):
            feed(device)
        while under_way:
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                device, item = under_way.pop(future)
                if error := future.exception():
                    if device in working:
                        log.warning(f"{device} failed and is left out: {error}")
                        working.remove(device)
                    if not working:
                        raise error
                    waiting.append(item)
                    for other in working:  # one of them may have nothing left to do
                        feed(other)
                else:
                    feed(device)
                    yield item, future.result()
    finally:
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
