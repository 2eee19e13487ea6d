"""Markers: what each piece of a run says of itself when it is written.

A marker names the run that it is of, and holds checksums of the files that were written before it. One that
is damaged, of another run or of another piece is not there.
"""

import datetime
import json
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import zarr

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.skeleton import Skeleton, array_of

MARKERS_AT_A_TIME = 1000
PROCESS = f"{os.getpid()} on {socket.gethostname()}"


class Marker(NamedTuple):
    """What a piece of a run says of itself when it is done."""

    fingerprint: str  # of the study, its data and numerics
    chunk: int  # its number
    neurons: int
    seconds: float  # since the chunk before it, or since its process began to compile
    finished: str  # when, in UTC
    checksums: dict[str, str]  # of the files that it wrote, by array
    process: str = ""  # that trained it: its number, and the machine's name
    run: str = ""  # the checksum of the run's root, which is told of no other run


class Markers:
    """The markers of the pieces of one kind, of chunks of work or of sums: an array of texts."""

    def __init__(self, skeleton: Skeleton, root: zarr.Group, path: str, to_write: zarr.Group | None) -> None:
        self._location, self._path = skeleton.location, path
        self._array = array_of(root, path)
        self._to_write = None if to_write is None else array_of(to_write, path)
        self._run = "" if skeleton.is_older else skeleton.attrs["checksum"]
        self._fingerprint = skeleton.attrs["fingerprint"]
        self.number = self._array.shape[0]  # of the pieces

    def listed(self) -> set[int]:
        """The pieces that have a marker, sound or not: quickly found, however many there are."""
        return {int(key) for key in self._location.chunks_of(self._path)}

    def has(self, number: int) -> bool:
        """Whether a piece has a sound marker now; another process may have written it."""
        return self._location.may_have(self._path, number) and self._one(number) is not None

    def read(self, there: Sequence[int]) -> dict[int, Marker]:
        """The sound markers of these pieces, each of which has one."""
        batches = (there[i : i + MARKERS_AT_A_TIME] for i in range(0, len(there), MARKERS_AT_A_TIME))
        found = (marker for batch in batches for marker in self._some(batch))
        return {marker.chunk: marker for marker in found if marker is not None}

    def write(self, number: int, neurons: int, seconds: float, checksums: dict[str, str]) -> Marker:
        """Say that a piece is done, and what its files are."""
        assert self._to_write is not None
        marker = Marker(
            fingerprint=self._fingerprint,
            chunk=number,
            neurons=neurons,
            seconds=round(seconds, 3),
            finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            checksums=checksums,
            process=PROCESS,
            run=self._run,
        )
        self._to_write[number] = json.dumps(marker._asdict())
        return marker

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove the markers of pieces, which are then missing."""
        assert self._to_write is not None
        for number in numbers:
            self._to_write[number] = ""

    def _some(self, numbers: Sequence[int]) -> Iterator[Marker | None]:
        try:
            texts = np.asarray(self._array.oindex[np.array(numbers)])
        except BadInput:
            raise
        except Exception:  # one of them is damaged
            yield from map(self._one, numbers)
        else:
            yield from (self._parsed(n, str(text)) for n, text in zip(numbers, texts, strict=True))

    def _one(self, number: int) -> Marker | None:
        try:
            return self._parsed(number, str(self._array[number]))
        except BadInput:  # it cannot be read, which says nothing of what it is
            raise
        except Exception:  # a damaged one: zarr and its codecs fail in many ways
            return None

    def _parsed(self, number: int, text: str) -> Marker | None:
        try:
            marker = Marker(**json.loads(text))
        except (ValueError, TypeError):  # none, or one with other fields
            return None
        is_own = (marker.fingerprint, marker.run, marker.chunk) == (self._fingerprint, self._run, number)
        return marker if is_own else None
