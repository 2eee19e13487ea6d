"""How tables and times look on a terminal."""

import datetime
import io
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 200  # of tables in a pipe, a file or a notebook: a number is never cut


def plain_table(*columns: str, title: str | None = None) -> Table:
    """A table without lines, its first column to the left and the numbers to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.caption_justify = "left"
    for i, column in enumerate(columns):
        # As Text: a column of a data file may have a name that rich would read as markup.
        table.add_column(Text(column), justify="left" if i == 0 else "right", no_wrap=True)
    return table


def as_text(tables: Iterable[Table]) -> str:
    """Tables as plain text, an empty line between them."""
    written = io.StringIO()
    # In a notebook, rich would show them itself.
    console = Console(file=written, width=WIDTH, color_system=None, force_jupyter=False)
    for table in tables:
        console.print(table)
        console.print()
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()).rstrip()


def duration(seconds: float) -> datetime.timedelta:
    """As h:mm:ss, days before it where there are any."""
    return datetime.timedelta(seconds=round(seconds))
