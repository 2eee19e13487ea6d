"""The lock of a run on a local disk: a file that says who holds it.

Imported late: portalocker looks for a folder for temporary files, and a full disk has none.
"""

import contextlib
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
PATIENCE = 0.5  # seconds: who looks whether somebody sweeps holds the lock for a moment

log = logging.getLogger(__name__)


@contextlib.contextmanager
def hold(path: Path, run: str, *, shared: bool, name: str) -> Iterator[None]:
    """Hold the lock of a run, alone or with others who share it; BadInput where somebody else does."""
    try:
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise BadInput(f"{run}: cannot be written to ({error.strerror})") from None
    with file:
        kind = LockFlags.SHARED if shared else LockFlags.EXCLUSIVE
        patient_until = time.monotonic() + PATIENCE
        while True:
            try:
                lock_file(file, kind | LockFlags.NON_BLOCKING)
            except exceptions.AlreadyLocked:
                if time.monotonic() < patient_until:
                    time.sleep(PATIENCE / 50)
                    continue
                raise BadInput(
                    f"{run}: is being swept by {holder(path) or 'another process'}; wait until it has ended"
                ) from None
            except exceptions.LockException as error:
                log.warning(
                    f"{run}: its file system has no locks ({error.args[-1]}): nothing keeps a second process "
                    "from doing the same work, or from replacing the run; start no other one"
                )
            break
        with contextlib.suppress(OSError):  # of a full disk: the lock holds without a name
            file.truncate(0)  # not by the path, where another run may be meanwhile
            file.write(f"{name}{name and ', '}process {os.getpid()} on {socket.gethostname()}".encode())
        try:
            yield
        finally:
            if not shared:  # of several the last to come is named
                with contextlib.suppress(OSError):
                    file.truncate(0)


def holder(path: Path) -> str | None:
    """Who holds a lock, if somebody does."""
    try:
        with path.open("rb") as file:
            named = file.read(LONGEST_NAME).decode("utf-8", "replace")
    except OSError:  # there is none
        return None
    if not named:
        return None
    try:
        with path.open("a+") as file:
            lock_file(file, LockFlags.NON_BLOCKING | LockFlags.EXCLUSIVE)
            return None  # it has died
    except exceptions.AlreadyLocked:
        return named
    except (OSError, exceptions.LockException):  # nobody writes to what may not be written to
        return None
