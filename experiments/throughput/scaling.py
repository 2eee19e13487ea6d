"""The same peers over numbers of examples, neurons, steps and inputs; and each in a fresh process."""

import dataclasses
from collections.abc import Callable, Sequence
from statistics import median

from experiments.throughput import fresh_process
from experiments.throughput.peers import Peer
from experiments.throughput.side_by_side import rested, timed
from experiments.throughput.work import Work, make_data

RUNS = 3
LIMIT_SECONDS = 5.0  # of a single run; a peer that would take longer drops out of the axis
# Peers whose curves are drawn; the variants of `ours` are besides.
SCALED = ("numpy_vectorised", "textbook_jax", "torch_compiled", "numba_examples", "numba_prefix_sums")
COLD = ("textbook_jax", "torch_compiled", "numba_examples")


@dataclasses.dataclass(frozen=True)
class Axis:
    """What is varied, the values it takes, and the work that is otherwise done."""

    field: str
    values: tuple[int, ...]
    work: Work

    def works(self) -> list[Work]:
        return [dataclasses.replace(self.work, **{self.field: value}) for value in self.values]


@dataclasses.dataclass(frozen=True)
class Point:
    """The median of a peer's runs at one value of an axis."""

    peer: str
    field: str
    work: Work
    prepare_seconds: float
    seconds: tuple[float, ...]
    median: float


AXES = (
    Axis("num_examples", (10, 100, 1000, 10_000, 100_000, 1_000_000), Work()),
    Axis("num_neurons", (1000, 10_000, 100_000, 1_000_000, 10_000_000), Work(num_steps=100)),
    Axis("num_steps", (10, 100, 1000, 10_000, 100_000), Work()),
    Axis("num_inputs", (1, 4, 16, 64, 256, 784), Work(num_neurons=1024, num_examples=1024, num_steps=100)),
)
TINY_AXES = (
    Axis("num_examples", (16, 128), Work(num_neurons=256, num_steps=20)),
    Axis("num_neurons", (64, 256), Work(num_examples=16, num_steps=20)),
    Axis("num_steps", (10, 20), Work(num_neurons=256, num_examples=16)),
    Axis("num_inputs", (1, 16), Work(num_neurons=256, num_examples=128, num_steps=20)),
)
COLD_WORK = Work()
MEMORY_WORK = Work(num_examples=1024, num_steps=10)  # memory does not grow with the steps


def along(
    axis: Axis, peer: Peer, runs: int = RUNS, limit: float = LIMIT_SECONDS, say: Callable[[str], None] = print
) -> list[Point]:
    """A peer along an axis, from small to large, up to the last value that runs within the limit."""
    points: list[Point] = []
    for work in axis.works():
        if not peer.can(work):
            continue
        # Linear growth is assumed only to foresee a run far beyond the limit, and twice it is allowed for.
        if points and points[-1].median * work.products / points[-1].work.products > 2 * limit:
            break
        try:
            train, prepare_seconds = timed(lambda work=work: peer.prepare(work, make_data(work)))
            seconds = [rested(train)[1]]
            if seconds[0] > limit:
                break
            seconds += [rested(train)[1] for _ in range(runs - 1)]
        except Exception as error:  # out of memory, say: the point is missing, what was measured is kept
            say(f"  {peer.NAME}, {axis.field} {getattr(work, axis.field)}: {type(error).__name__}")
            break
        points.append(Point(peer.NAME, axis.field, work, prepare_seconds, tuple(seconds), median(seconds)))
        say(f"  {peer.NAME}, {axis.field} {getattr(work, axis.field)}: {median(seconds):.3g} s")
    return points


def in_fresh_processes(
    peers: Sequence[Peer], work: Work, say: Callable[[str], None] = print
) -> list[fresh_process.Fresh]:
    """Each peer in a process of its own; those that fail are left out."""
    found = []
    for peer in peers:
        if not peer.can(work):
            continue
        fresh = fresh_process.measure(peer, work)
        if fresh is None:
            say(f"  {peer.NAME}: failed, or took too long")
        else:
            found.append(fresh)
            say(f"  {peer.NAME}: {fresh.seconds_to_params:.1f} s, {fresh.peak_bytes / 2**20:.0f} MiB")
    return found
