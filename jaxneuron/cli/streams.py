"""The standard streams, some of which a parent may have closed (`2>&-`)."""

import os
import sys

NAMES = ("stdin", "stdout", "stderr")


def open_closed_streams() -> None:
    """Let closed streams lead nowhere. Otherwise the next file that is opened takes their number, and what
    libraries print is written into it."""
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


def give_up_stdout() -> None:
    """Let what was not printed yet go nowhere: Python would try again at its end, and say so."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
