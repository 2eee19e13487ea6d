"""How far a run is: done, missing, damaged, how fast, and how long it will still take."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jaxneuron.store.location import Location
from jaxneuron.store.markers import Marker
from jaxneuron.store.rounds import rounds_of
from jaxneuron.store.store import MOST_READ, Findings, Store

RECENT = 20  # chunks that tell how fast it goes


class Round(NamedTuple):
    """The state of a round that refines a run; `damaged` as of a Status."""

    num_chunks: int
    chunks_done: int
    num_neurons: int
    neurons_done: int
    damaged: dict[int, str] | None


class Status(NamedTuple):
    """The state of a run, and of each of the rounds that refine it. `damaged` names the first wrong array of
    each damaged chunk, where chunks were verified. Times are estimates, from some of the chunks where these
    are many.
    """

    num_chunks: int
    chunks_done: int
    num_neurons: int
    neurons_done: int
    sums_missing: int  # sums of cells that are trained in several chunks; they are written when all are done
    damaged: dict[int, str] | None
    training_seconds: float
    neurons_per_second: float | None
    seconds_left: float | None
    swept_by: str | None
    left_behind: list[str]  # beside it, by a process that was killed, or is at work, making a run there
    rounds: list[Round]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to be missing."""
        parts = [self, *self.rounds]
        is_done = all(part.chunks_done == part.num_chunks and not part.damaged for part in parts)
        return is_done and not self.sums_missing


def status(path: str | Path, *, verify: bool = False) -> Status:
    """The state of the run at the path, also while another process sweeps it.

    With `verify`, everything the run holds is read and compared with its checksums. BadInput where there is
    no run.
    """
    location = Location(path)
    store = Store(location)
    num_chunks, num_neurons = store.chunking.num_chunks, store.attrs["num_neurons"]
    found = store.examine(range(num_chunks)) if verify else None
    marked = store.marked()
    markers, training_seconds = store.some_markers(marked)
    done = _done(marked, markers, found)
    neurons_done = store.chunking.num_neurons(done)
    rate = _rate(sorted(markers, key=lambda marker: marker.finished)[-RECENT:])
    return Status(
        num_chunks=num_chunks,
        chunks_done=len(done),
        num_neurons=num_neurons,
        neurons_done=neurons_done,
        sums_missing=store.num_sums_missing(),
        damaged=None if found is None else found.damaged,
        training_seconds=training_seconds,
        neurons_per_second=rate,
        seconds_left=(num_neurons - neurons_done) / rate if rate else None,
        swept_by=location.holder(),
        left_behind=list(map(str, location.left_behind())),
        rounds=[_round(place, verify) for place in rounds_of(location)],
    )


def _round(place: Location, verify: bool) -> Round:
    found = status(place.name, verify=verify)
    return Round(*(getattr(found, name) for name in Round._fields))


def _done(marked: set[int], markers: Sequence[Marker], found: Findings | None) -> set[int]:
    """The chunks of work that are done: verified, or with a sound marker, or of very many with any marker."""
    if found is not None:
        return marked.difference(found.missing)
    return marked if len(marked) > MOST_READ else {marker.chunk for marker in markers}


def _rate(recent: Sequence[Marker]) -> float | None:
    """Neurons a second of all processes that trained the latest chunks."""
    neurons, seconds = defaultdict[str, float](float), defaultdict[str, float](float)
    for marker in recent:
        neurons[marker.process] += marker.neurons
        seconds[marker.process] += marker.seconds
    return sum(n / seconds[process] for process, n in neurons.items() if seconds[process] > 0) or None
