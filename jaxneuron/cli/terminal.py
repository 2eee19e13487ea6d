"""What commands print to: tables and lines, JSON, the log, and the progress of a sweep.

Names in what is printed come from files; `visible` makes them text, whatever they hold.
"""

import contextlib
import json
import logging
import math
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from jaxneuron.study.bad_input import visible
from jaxneuron.study.counted import are, counted
from jaxneuron.view.progress import Progress, progress_bar

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


class VisibleLog(logging.Formatter):
    """Messages of the log, each on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(" ".join(super().format(record).splitlines()))


class _Visible:
    """Something that rich prints, such as a table."""

    def __init__(self, printed: Any) -> None:
        self._printed = printed

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        for segment in console.render(self._printed, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def print_items(*items: Any, blank: bool = False) -> None:
    """Print tables and lines, one below the other; with `blank` an empty line after each."""
    from rich.console import Console
    from rich.text import Text

    from jaxneuron.view.terminal.plain import WIDTH

    # In a narrow terminal the tables keep their width, too.
    width = max(WIDTH, Console().width if sys.stdout.isatty() else 0)
    # Nothing in a text is markup: a file or a column may be named [b].
    console = Console(width=width, markup=False, emoji=False)
    for item in items:
        item = Text(item) if isinstance(item, str) else item
        console.print(_Visible(item), soft_wrap=isinstance(item, Text))
        if blank:
            console.print()


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


quiet_option = click.option(
    "--quiet", is_flag=True, help="Print nothing but warnings and errors: no progress, no results."
)


def print_log(quiet: bool) -> None:
    """Have what the package logs printed, each message a line; what is no warning only if not quiet."""
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleLog("%(message)s"))
    logging.basicConfig(handlers=[handler], force=True)
    logging.getLogger("jaxneuron").setLevel(logging.WARNING if quiet else logging.INFO)


@contextlib.contextmanager
def working(what: str, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """On a terminal, a line that says what is done and for how long, until it is; the function that is given
    changes what it says. Nowhere else anything is printed."""
    if quiet or not sys.stderr.isatty():
        yield lambda what: None
        return
    from rich import progress
    from rich.console import Console

    what_is_done = progress.TextColumn("{task.description}", markup=False)
    columns = progress.SpinnerColumn("line"), what_is_done, progress.TimeElapsedColumn()
    with progress.Progress(*columns, console=Console(stderr=True, markup=False), transient=True) as line:
        task = line.add_task(what, total=None)
        yield lambda what: line.update(task, description=what)


@contextlib.contextmanager
def resumable(line: Sequence[str], quiet: bool) -> Iterator[Progress]:
    """The progress of what a command line trains; Ctrl-C says how much is kept, and what resumes it."""
    kept = "what was there is kept"

    def progress(done: int, total: int) -> None:
        nonlocal kept
        kept = f"{done:,} of {counted(total, 'neuron')} {are(total)} kept"
        show(done, total)

    try:
        with contextlib.nullcontext(lambda done, total: None) if quiet else progress_bar() as show:
            yield progress
    except KeyboardInterrupt:
        raise click.Abort(f"{kept}; to resume: {shlex.join(line)}") from None
