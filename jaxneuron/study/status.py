"""How far a run is: done, missing, damaged, how fast, and how long it will still take."""

from pathlib import Path
from typing import NamedTuple

from jaxneuron.study.location import Location
from jaxneuron.study.store import Store

RECENT = 20  # chunks that tell how fast it goes


class Status(NamedTuple):
    """The state of a run. `damaged` names the first wrong array of each chunk, where chunks were verified."""

    num_chunks: int
    chunks_done: int
    num_neurons: int
    neurons_done: int
    damaged: dict[int, str] | None
    training_seconds: float
    neurons_per_second: float | None
    seconds_left: float | None
    swept_by: str | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to be missing."""
        return self.chunks_done == self.num_chunks and not self.damaged


def status(path: str | Path, *, verify: bool = False) -> Status:
    """The state of the run at the path, also while another process sweeps it.

    With `verify`, everything the run holds is read and compared with its checksums. BadInput where there is
    no run.
    """
    location = Location(path)
    store = Store(location)
    markers = sorted(store.markers.values(), key=lambda marker: marker.finished)
    damaged = store.damaged() if verify else None
    done = [marker for marker in markers if marker.chunk not in (damaged or ())]
    neurons_done, num_neurons = sum(marker.neurons for marker in done), store.attrs["num_neurons"]
    recent = markers[-RECENT:]
    seconds = sum(marker.seconds for marker in recent)
    rate = sum(marker.neurons for marker in recent) / seconds if seconds > 0 else None
    return Status(
        num_chunks=store.chunking.num_chunks,
        chunks_done=len(done),
        num_neurons=num_neurons,
        neurons_done=neurons_done,
        damaged=damaged,
        training_seconds=sum(marker.seconds for marker in markers),
        neurons_per_second=rate,
        seconds_left=(num_neurons - neurons_done) / rate if rate else None,
        swept_by=location.holder(),
    )
