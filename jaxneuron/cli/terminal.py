"""What commands print to: tables, JSON, the log and a progress bar."""

import contextlib
import json
import logging
import math
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

from jaxneuron.cli.visible import Visible, VisibleLog


def console() -> Any:
    """Where tables are printed; names in them are text, whatever they hold."""
    from rich.console import Console

    class VisibleConsole(Console):
        def print(self, *printed: Any, **how: Any) -> None:
            super().print(*(Visible(self.render_str(p) if isinstance(p, str) else p) for p in printed), **how)

    # In a pipe, a file or a narrow terminal the tables keep their width: a number is never cut.
    return VisibleConsole(width=max(200, Console().width if sys.stdout.isatty() else 0))


def terminal_size() -> tuple[int, int] | None:
    """The columns and lines of the terminal that is printed to; None where it is a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    size = shutil.get_terminal_size()
    return size.columns, size.lines


def print_json(**values: Any) -> None:
    """Print the values as one JSON object, and nothing else."""
    print(json.dumps(_as_json(values), default=str, allow_nan=False))


def _as_json(value: Any) -> Any:
    """The value with null for what is not finite: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_log(quiet: bool) -> None:
    """Have what the package logs printed, each message a line; what is no warning only if not quiet."""
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleLog("%(message)s"))
    logging.basicConfig(handlers=[handler], force=True)
    logging.getLogger("jaxneuron").setLevel(logging.WARNING if quiet else logging.INFO)


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What tells how far a sweep is: a bar on a terminal, otherwise a line for every tenth."""
    if quiet:
        yield lambda done, total: None
    elif not sys.stderr.isatty():
        yield _print_tenths()
    else:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (BarColumn(), MofNCompleteColumn(), "neurons", TimeElapsedColumn(), TimeRemainingColumn())
        # stdout stays whoever's it is: an engine that is silenced has another one meanwhile.
        bar = Progress(*columns, console=Console(stderr=True), redirect_stdout=False)
        task = bar.add_task("training", total=None)

        def show(done: int, total: int) -> None:
            bar.start()  # not before: a study that is refused shows no bar
            bar.update(task, completed=done, total=total)

        try:
            yield show
        finally:
            bar.stop()


def _print_tenths() -> Callable[[int, int], None]:
    said = -1

    def progress(done: int, total: int) -> None:
        nonlocal said
        tenth = 10 * done // total
        if tenth > said:
            said = tenth
            print(f"{done:,} of {total:,} neurons", file=sys.stderr, flush=True)

    return progress
