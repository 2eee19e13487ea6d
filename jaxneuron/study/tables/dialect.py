"""The dialect of a table: how its text is to be read, as far as it is said."""

from typing import NamedTuple

# Separators that are said by name, as they cannot be seen.
NAMED_SEPARATORS = {"tab": "\t", "space": " "}


class Dialect(NamedTuple):
    """What is said of a table's text. What is None is found in the file, or is not there."""

    separator: str | None = None  # one character; " " is any run of spaces and tabs
    decimal: str | None = None
    thousands: str | None = None
    encoding: str = "utf-8"
    missing: str = "refuse"  # or "drop"
    missing_values: tuple[str, ...] = ()  # besides those that everybody writes
