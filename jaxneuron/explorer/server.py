"""The server of the living map, on this machine."""

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study

HOST, PORT = "127.0.0.1", 8000
SECONDS_TO_START, SECONDS_TO_END, SECONDS_BETWEEN_LOOKS = 30.0, 5.0, 0.5


@contextlib.contextmanager
def serving(
    study: Study | None = None, *, host: str = HOST, port: int | None = None, hosts: Sequence[str] = ()
) -> Iterator[str]:
    """Serve the living map of a study, by default of Engel's data, for as long as the context lasts.

    Args:
        study: what the page begins with.
        host: the address to listen at: only this machine unless another is given.
        port: where; if not given 8000, or one that is free.
        hosts: names besides localhost by which browsers may ask for it.

    Yields:
        The address of the page, with the token without which nothing is answered.

    Raises:
        BadInput: it cannot listen there, or what serves is not installed.
    """
    try:
        import uvicorn

        from jaxneuron.explorer.application import Explorer
        from jaxneuron.explorer.safety import Guarded
    except ImportError:
        raise BadInput("explore needs a server: pip install 'jaxneuron[explore]'") from None
    from jaxneuron.explorer.beginnings import beginning_of
    from jaxneuron.explorer.known_data import KnownData

    known, token = KnownData(), secrets.token_urlsafe(16)
    explorer = Explorer(beginning_of(study, known), known)
    with _listening(host, port) as listener:
        config = uvicorn.Config(
            Guarded(explorer.application(), token, hosts),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
            lifespan="off",
        )
        server = uvicorn.Server(config)
        # Signals belong to the main thread, which waits.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        begun = time.monotonic()
        while not server.started and thread.is_alive() and time.monotonic() - begun < SECONDS_TO_START:
            time.sleep(0.01)
        name = "127.0.0.1" if host in ("0.0.0.0", "::", HOST) else host
        try:
            yield f"http://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}/{token}/"
        finally:
            with _silent(logging.getLogger("uvicorn.error")):  # about what it leaves in the middle
                server.should_exit = True
                thread.join(SECONDS_TO_END)


def wait_for_interrupt() -> None:
    """Wait until Ctrl-C, which is looked for now and then: the system may have it wake another thread."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(SECONDS_BETWEEN_LOOKS)


@contextlib.contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Nothing is logged by it while this lasts."""

    def nothing(record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens; where no port is asked for and the usual one is taken, at one that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wrong = ""
    for each in (PORT, 0) if port is None else (port,):
        # Of a socket that does not say that it speaks TCP, asyncio lets small parts wait for 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if os.name == "posix":  # elsewhere it would take a port from who has it
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, each))
            listener.listen(128)
            return listener
        except (OSError, OverflowError) as error:
            listener.close()
            wrong = getattr(error, "strerror", None) or str(error)
    where = f"--host: {host}, port {PORT if port is None else port}"
    raise BadInput(f"{where} cannot be listened at ({wrong}); give another")
