"""What Ctrl-C and SIGTERM do: end the program, as soon as it can be ended."""

import os
import signal
import sys
import threading
from typing import Any, NoReturn

from jaxneuron.cli.exit_codes import INTERRUPTED
from jaxneuron.study.bad_input import visible

SECONDS_TO_HEAR, SECONDS_TO_END = 2.0, 8.0  # a container is killed ten seconds after it was told to end

heard = threading.Event()
_told = threading.Event()


def end_on_signals() -> None:
    """Have SIGTERM, with which containers and batch jobs are ended, do what Ctrl-C does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    sys.unraisablehook = _say_unless_raised_again


def end(kept: str) -> NoReturn:
    """Say what was kept, and end at once: chunks under way are in threads that Python would wait for."""
    sys.stdout.flush()
    os.write(2, f"interrupted: {visible(kept)}\n".encode())
    os._exit(INTERRUPTED)


def _interrupt(*_: Any) -> None:
    # Before JAX is there nothing is under way; and an error in the middle of its import may end in a crash.
    jax = sys.modules.get("jax")
    if jax is None or getattr(jax.__spec__, "_initializing", False):
        end("nothing had begun; the same line starts again")
    if not _told.is_set():
        _told.set()
        threading.Thread(target=_insist, daemon=True).start()
    raise KeyboardInterrupt


def _say_unless_raised_again(error: Any) -> None:
    """Python tells of errors that a callback swallowed; an interrupt comes again."""
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)


def _insist() -> None:
    """Where code that JAX calls back has swallowed the error, raise another one, and end in the end."""
    if not heard.wait(SECONDS_TO_HEAR):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if not heard.wait(SECONDS_TO_END - SECONDS_TO_HEAR):
            end("what is done is kept; the same line goes on")
