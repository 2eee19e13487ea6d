"""The lock of a run on a local disk: a file that names its holder.

Imported late: portalocker looks for a folder for temporary files, and a full disk has none.
"""

import contextlib
import io
import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from portalocker import LockFlags, exceptions
from portalocker import lock as lock_file

from jaxneuron.study.bad_input import BadInput

LONGEST_NAME = 500  # bytes
PATIENCE = 0.5  # seconds: who looks for a holder locks the file for a moment

log = logging.getLogger(__name__)


@contextlib.contextmanager
def hold(path: Path, run: str, *, shared: bool, name: str) -> Iterator[None]:
    """Hold the lock of a run, alone or with others who share it; BadInput where somebody else does."""
    try:
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise BadInput(f"{run}: cannot be written to ({error.strerror})") from None
    with file:
        try:
            _acquire(file, LockFlags.SHARED if shared else LockFlags.EXCLUSIVE)
        except exceptions.AlreadyLocked:
            raise BadInput(
                f"{run}: is being swept by {holder(path) or 'another process'}; wait until it has ended"
            ) from None
        except exceptions.LockException as error:
            log.warning(
                f"{run}: its file system has no locks ({error.args[-1]}): nothing keeps a second process "
                "from doing the same work, or from replacing the run; start no other one"
            )
        with contextlib.suppress(OSError):  # of a full disk: the lock holds without a name
            file.truncate(0)  # not by the path, where another run may be meanwhile
            file.write(f"{name}{name and ', '}process {os.getpid()} on {socket.gethostname()}".encode())
        try:
            yield
        finally:
            if not shared:  # a shared one names the process that took it last
                with contextlib.suppress(OSError):
                    file.truncate(0)


def _acquire(file: io.FileIO, kind: LockFlags) -> None:
    """Lock the file, waiting a moment for whoever only looks for a holder."""
    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            return lock_file(file, kind | LockFlags.NON_BLOCKING)
        except exceptions.AlreadyLocked:
            if time.monotonic() >= patient_until:
                raise
            time.sleep(PATIENCE / 50)


def holder(path: Path) -> str | None:
    """Who holds a lock, if somebody does."""
    named = ""
    try:
        with path.open("r+b") as file:
            named = file.read(LONGEST_NAME).decode("utf-8", "replace")
            if named:
                lock_file(file, LockFlags.NON_BLOCKING | LockFlags.EXCLUSIVE)
    except exceptions.AlreadyLocked:
        return named
    except (OSError, exceptions.LockException):
        return None  # there is no lock, or nobody can write to what this process may not write to
    return None  # whoever is named has died
