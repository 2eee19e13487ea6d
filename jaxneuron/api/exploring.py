"""The living map of a study, from Python."""

import logging
import webbrowser
from pathlib import Path

from jaxneuron.api.reading import Run
from jaxneuron.explorer.server import HOST, serving, wait_for_interrupt
from jaxneuron.study.study import Study, read_study

log = logging.getLogger(__name__)


def explore(
    study: Study | Run | str | Path | None = None,
    *,
    host: str = HOST,
    port: int | None = None,
    open_browser: bool = True,
) -> None:
    """Serve the map of a study on this machine, trained again as one zooms, until it is interrupted.

    Args:
        study: what it begins with: a study, the path of a study.toml, or a run, whose study is taken. If not
            given, Engel's households.
        host: the address to listen at; everybody who can reach another one than 127.0.0.1, and knows the
            address that is printed, can train here.
        port: where; if not given 8000, or one that is free.
        open_browser: whether the page is opened.

    Raises:
        BadInput: it cannot listen there, the study cannot be run, or Starlette and uvicorn are not installed.
    """
    begin = study.grid.study if isinstance(study, Run) else study
    begin = read_study(begin) if isinstance(begin, (str, Path)) else begin
    with serving(begin, host=host, port=port) as address:
        log.warning(f"explore: {address}")  # which is shown whatever log there is
        if open_browser:
            webbrowser.open(address)
        wait_for_interrupt()
