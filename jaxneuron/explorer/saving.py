"""A picture taken away: its study as study.toml, and a run of it."""

import queue
import threading
from collections.abc import Iterator

from jaxneuron.explorer.known_data import KnownData
from jaxneuron.explorer.messages import message
from jaxneuron.explorer.views import View
from jaxneuron.runner.sweep import sweep
from jaxneuron.store.location import Location
from jaxneuron.study.toml import document

FOLDER = "runs"


def study_toml(view: View, known: KnownData) -> str:
    """The study.toml of which `jaxneuron sweep` makes the cells of the picture, bit by bit."""
    tables = view.study(known).model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return "# A view of `jaxneuron explore`.\n" + document(
        {name: table for name, table in tables.items() if table}
    )


def save_run(view: View, known: KnownData, name: str, stop: threading.Event) -> Iterator[bytes]:
    """Messages of the progress of a sweep of the picture's study into a run of a name; stopped, it is resumed
    when it is asked for again."""
    location = Location(f"{FOLDER}/{name}.zarr")
    study = view.study(known)
    told: queue.SimpleQueue[tuple[int, int] | BaseException | None] = queue.SimpleQueue()

    def progress(done: int, total: int) -> None:
        if stop.is_set():
            raise _Left
        told.put((done, total))

    def work() -> None:
        try:
            sweep(study, location, progress)
            told.put(None)
        except BaseException as error:
            told.put(error)

    threading.Thread(target=work, daemon=True).start()
    while (found := told.get()) is not None:
        if isinstance(found, _Left):
            return
        if isinstance(found, BaseException):
            raise found
        yield message("progress", done=found[0], total=found[1])
    yield message("done", run=location.name)


class _Left(BaseException):
    """Nobody waits for the run any more."""
