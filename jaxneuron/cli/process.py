"""The process that a command runs in: its exit codes, its standard streams, and what signals do to it."""

import os
import signal
import sys
import threading
from typing import Any, NoReturn

from jaxneuron.study.bad_input import visible

DONE, INCOMPLETE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
SECONDS_TO_STOP, SECONDS_TO_END = 2.0, 8.0  # a container is killed ten seconds after its SIGTERM

has_stopped = threading.Event()  # the command, of a KeyboardInterrupt
_was_interrupted = threading.Event()


def open_closed_streams() -> None:
    """Open standard streams that a parent has closed (`2>&-`) to nowhere. Otherwise the next file that is
    opened takes their number, and what libraries print is written into it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


def discard_stdout() -> None:
    """Discard what was not printed yet: Python would try again at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def handle_signals() -> None:
    """Have SIGTERM, which ends containers and batch jobs, do what Ctrl-C does: end the program soon."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    sys.unraisablehook = _report_unraisable


def end_interrupted(kept: str) -> NoReturn:
    """Say what was kept, and end at once: chunks under way are in threads that Python would wait for."""
    sys.stdout.flush()
    os.write(2, f"interrupted: {visible(kept)}\n".encode(sys.stderr.encoding, sys.stderr.errors or "strict"))
    os._exit(INTERRUPTED)


def _interrupt(*_: Any) -> None:
    # Before JAX is there nothing is under way; and an error in the middle of its import may end in a crash.
    jax = sys.modules.get("jax")
    if jax is None or getattr(jax.__spec__, "_initializing", False):
        end_interrupted("nothing had begun; the same line starts again")
    if not _was_interrupted.is_set():
        _was_interrupted.set()
        threading.Thread(target=_insist, daemon=True).start()
    raise KeyboardInterrupt


def _report_unraisable(error: Any) -> None:
    """Report errors that a callback swallowed, as Python does; but a KeyboardInterrupt is raised again."""
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)


def _insist() -> None:
    """Where code that JAX calls back has swallowed the error, raise another; end where that is no help."""
    if not has_stopped.wait(SECONDS_TO_STOP):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if not has_stopped.wait(SECONDS_TO_END - SECONDS_TO_STOP):
            end_interrupted("what is done is kept; the same line resumes it")
