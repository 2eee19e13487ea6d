"""The progress of a sweep: a bar in a notebook or on a terminal, and elsewhere a line for every tenth."""

import contextlib
import datetime
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jaxneuron.study.counted import counted

Progress = Callable[[int, int], None]  # numbers of neurons: done, total

SECONDS_BETWEEN_UPDATES = 0.2  # of a notebook, whose page is sent each of them


def progress_bar() -> contextlib.AbstractContextManager[Progress]:
    """What shows progress where this process is watched, until the context ends."""
    if _is_in_notebook():
        return contextlib.nullcontext(_in_notebook())
    return _on_terminal() if sys.stderr.isatty() else contextlib.nullcontext(_in_tenths())


@contextlib.contextmanager
def _on_terminal() -> Iterator[Progress]:
    from rich import progress
    from rich.console import Console

    columns = progress.BarColumn(), progress.MofNCompleteColumn(), "neurons"
    times = progress.TimeElapsedColumn(), progress.TimeRemainingColumn()
    # stdout is not redirected here, as it is elsewhere while Ray is silenced.
    bar = progress.Progress(*columns, *times, console=Console(stderr=True), redirect_stdout=False)
    task = bar.add_task("training", total=None)

    def show(done: int, total: int) -> None:
        bar.start()  # not before: a study that is refused shows no bar
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()


def _in_tenths() -> Progress:
    """A line for every tenth, with the time that is left."""
    printed, began, kept = -1, 0.0, 0

    def show(done: int, total: int) -> None:
        nonlocal printed, began, kept
        tenth = 10 * done // total
        if printed < 0 or tenth < printed:  # another round begins
            printed, began, kept = -1, time.monotonic(), done  # what was there takes no time
        if tenth > printed:
            printed, left = tenth, ""
            if kept < done < total:
                seconds = (total - done) * (time.monotonic() - began) / (done - kept)
                left = f", {datetime.timedelta(seconds=round(seconds))} (h:mm:ss) left"
            sys.stderr.write(f"{done:,} of {counted(total, 'neuron')}{left}\n")
            sys.stderr.flush()

    return show


class _Bar(NamedTuple):
    """A bar for a notebook; a text where it shows no HTML."""

    done: int
    total: int
    seconds: float

    def __repr__(self) -> str:
        return f"{self.done:,} of {counted(self.total, 'neuron')}, {self.seconds:.0f} s"

    def _repr_html_(self) -> str:
        return f'<progress value="{self.done}" max="{self.total}"></progress> {self!r}'


def _is_in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this process, and not IPython's own terminal."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython and ipython.get_ipython(), "kernel")


def _in_notebook() -> Progress:
    from IPython.display import display  # pyright: ignore[reportMissingImports]

    began = time.monotonic()
    shown: Any = None
    updated = began

    def show(done: int, total: int) -> None:
        nonlocal shown, updated
        now = time.monotonic()
        bar = _Bar(done, total, now - began)
        if shown is None:
            shown = display(bar, display_id=True)
        elif done == total or now - updated > SECONDS_BETWEEN_UPDATES:
            shown.update(bar)
            updated = now

    return show
