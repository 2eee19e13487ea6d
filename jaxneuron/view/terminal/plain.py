"""How tables and times look on a terminal."""

import datetime

from rich.table import Table
from rich.text import Text


def plain_table(*columns: str, title: str | None = None) -> Table:
    """A table without lines, its first column to the left and the numbers to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.caption_justify = "left"
    for i, column in enumerate(columns):
        # As Text: a column of a data file may have a name that rich would read as markup.
        table.add_column(Text(column), justify="left" if i == 0 else "right", no_wrap=True)
    return table


def duration(seconds: float) -> datetime.timedelta:
    """As h:mm:ss, days before it where there are any."""
    return datetime.timedelta(seconds=round(seconds))
