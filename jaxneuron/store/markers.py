"""Markers: what each piece of a run records of itself when it is written.

A marker names the run that it is of, and holds checksums of the files that were written before it. One that
is damaged, of another run or of another piece counts as missing.
"""

import datetime
import json
import os
import socket
from collections.abc import Iterable
from typing import Any, NamedTuple

from jaxneuron.store.encode import decoded_text, encoded_text
from jaxneuron.store.skeleton import Skeleton

PROCESS = f"{os.getpid()} on {socket.gethostname()}"


class Marker(NamedTuple):
    """What a piece of a run records of itself when it is done."""

    fingerprint: str  # of the study, its data and numerics
    chunk: int  # its number
    neurons: int
    seconds: float  # since the chunk before it, or since its process began to compile
    finished: str  # when, in UTC
    checksums: dict[str, str]  # of the files that it wrote, by array
    process: str = ""  # that trained it: its number, and the machine's name
    run: str = ""  # the checksum of the run's root, which no other run has


class Markers:
    """The markers of the pieces of one kind, of chunks of work or of sums: an array of texts.

    `known` holds those that were read so far, by the number of the piece.
    """

    def __init__(self, skeleton: Skeleton, path: str, number: int) -> None:
        self._location, self._path = skeleton.location, path
        self._run = "" if skeleton.is_older else skeleton.attrs["checksum"]
        self._fingerprint = skeleton.attrs["fingerprint"]
        self.number = number  # of the pieces
        self.known: dict[int, Marker] = {}

    def listed(self) -> set[int]:
        """The pieces that have a marker, sound or not: quickly found, however many there are."""
        return {int(name) for name in self._location.names_in(f"{self._path}/c") if name.isdecimal()}

    def read(self, numbers: Iterable[int]) -> dict[int, Marker]:
        """The sound markers of these pieces, as they are now: another process may have written some."""
        numbers = list(numbers)
        contents = self._location.read_all(map(self._key, numbers))
        found = {
            number: marker
            for number, content in zip(numbers, contents, strict=True)
            if content is not None and (marker := self._marker_in(content, number)) is not None
        }
        self.known.update(found)
        return found

    def write(self, number: int, neurons: int, seconds: float, checksums: dict[str, str]) -> None:
        """Record that a piece is done, and the checksums of its files."""
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
        self._location.write(self._key(number), encoded_text(json.dumps(marker._asdict())))

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove the markers of pieces, which are then missing."""
        for number in numbers:
            self._location.remove(self._key(number))

    def _key(self, number: int) -> str:
        return f"{self._path}/c/{number}"

    def _marker_in(self, content: Any, number: int) -> Marker | None:
        """The marker in a file; None where it is damaged, or of something else."""
        try:
            marker = Marker(**json.loads(decoded_text(content)))
        except Exception:  # codecs fail in many ways on bytes that are not theirs
            return None
        is_own = (marker.fingerprint, marker.run, marker.chunk) == (self._fingerprint, self._run, number)
        return marker if is_own else None
