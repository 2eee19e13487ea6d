"""The header of a CSV file: where it is, how its fields are separated, and which columns are asked for."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jaxneuron.study.bad_input import BadInput, nearest
from jaxneuron.study.tables.numbers import NUMBER

SEPARATORS = (",", ";", "\t", "|")
SPACE = " "  # any run of spaces and tabs, where none of the others is there
SHOWN = {"\t": "tab", SPACE: "space"}
EXCELS = re.compile(r'"?sep=([^"])"?', re.IGNORECASE)  # a line by which Excel is told the separator
LONGEST_SHOWN = 120


class Header(NamedTuple):
    """The names of a file's columns, and where its rows begin."""

    names: tuple[str, ...]
    separator: str
    columns: tuple[int, ...]  # the places of those asked for
    end: int  # the number of lines up to the rows

    def __str__(self) -> str:
        return understood(self.names, self.separator)


def understood(names: Sequence[str], separator: str) -> str:
    """'its header was read as x, y (separator ;)', cut where it is long."""
    listed = ", ".join(names)
    listed = listed if len(listed) <= LONGEST_SHOWN else f"{listed[:LONGEST_SHOWN]}…"
    single = f"separator {SHOWN.get(separator, separator)}"
    return f"its header was read as {listed} ({single if len(names) > 1 else 'one column'})"


def reader(lines: Iterable[str], separator: str, *, strict: bool = True) -> Any:
    """Python's reader of the rows in lines; strict, it refuses text after a closing quote.

    It does not take runs of spaces and tabs for one separator, so these become one space each.
    """
    if separator == SPACE:
        lines = (line.strip().replace("\t", " ") + line[len(line.rstrip("\r\n")) :] for line in lines)
    return csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict)


def find_header(path: Path, lines: Sequence[str], asked: Sequence[str], separator: str | None) -> Header:
    """The header among the first lines of a file; BadInput where none has the names that are asked for.

    Blank lines before it do not count, nor do lines that begin with #, unless one of them is the header. A
    first line such as sep=; is Excel's, and says the separator.
    """
    first, comments, excels = _beginning(lines)
    separator = separator or excels
    for comment in comments:
        if found := _fitting(path, lines, comment, asked, [separator] if separator else SEPARATORS):
            return found
    if first == len(lines):
        raise BadInput(f"{path}: has no header; the first line of a CSV file names its columns")
    found = _found(path, lines, first, asked, separator)
    if found is None and comments:
        # NumPy writes the names behind a #, before rows of as many fields.
        bare = [*lines]
        bare[comments[-1]] = lines[comments[-1]].lstrip("# \t")
        found = _found(path, bare, comments[-1], asked, separator)
        row = found and _fields(lines, first, found.separator)
        found = found._replace(end=first) if found and row and len(row[0]) == len(found.names) else None
    if found is None:
        raise _without_names(path, lines, first, asked, separator)
    return found


def names_in(path: Path, lines: Sequence[str]) -> list[str]:
    """The names in the first lines of a file of which no names are known yet: the fields of the first line
    that is neither blank nor a comment, by the separator that makes most of it. Where these are numbers, the
    comment before it names them."""
    first, comments, excels = _beginning(lines)
    if first == len(lines):
        raise BadInput(f"{path}: has no header; the first line of a CSV file names its columns")
    separators = [excels] if excels else SEPARATORS
    names = _most_fields(lines, first, separators)
    if comments and all(NUMBER.fullmatch(name) for name in names):
        said = _most_fields([lines[comments[-1]].lstrip("# \t")], 0, separators)
        names = said if len(said) == len(names) else names
    if all(NUMBER.fullmatch(name) for name in names):
        raise BadInput(f"{path}: begins with numbers; a header must name the columns")
    return names


def _beginning(lines: Sequence[str]) -> tuple[int, list[int], str | None]:
    """(the first line that is neither blank nor a comment, the comments before it, the separator that is said
    to Excel); as many as there are lines where all are."""
    comments, separator = [], None
    for number, line in enumerate(lines):
        if excels := EXCELS.fullmatch(line.rstrip("\r\n")):
            separator = separator or excels[1]
        elif line.strip().startswith("#"):
            comments.append(number)
        elif line.strip():
            return number, comments, separator
    return len(lines), comments, separator


def _most_fields(lines: Sequence[str], first: int, separators: Sequence[str]) -> list[str]:
    """The fields of a row by the separator that makes most of it; by spaces where none of them is there."""
    rows = [row[0] for separator in separators if (row := _fields(lines, first, separator))]
    best = [field.strip() for field in max(rows, key=len, default=[lines[first]])]
    return lines[first].split() if len(best) == 1 else best


def _found(
    path: Path, lines: Sequence[str], first: int, asked: Sequence[str], separator: str | None
) -> Header | None:
    """The line as a header, by the separator that is said or by one that is found."""
    if separator:
        return _fitting(path, lines, first, asked, [separator])
    is_tsv = ".tsv" in [suffix.lower() for suffix in path.suffixes]
    found = _fitting(path, lines, first, asked, ["\t"]) if is_tsv else None
    found = found or _fitting(path, lines, first, asked, SEPARATORS)
    if found is None and not any(character in lines[first] for character in ",;|"):
        return _fitting(path, lines, first, asked, [SPACE])
    return found


def _fields(lines: Sequence[str], first: int, separator: str) -> tuple[list[str], int] | None:
    """The fields of the row that begins in a line, and how many lines it takes; None of a malformed one."""
    rows = reader(lines[first:], separator)
    try:
        fields = next(rows, [])
    except csv.Error:
        return None
    return fields, rows.line_num


def _fitting(
    path: Path, lines: Sequence[str], first: int, asked: Sequence[str], separators: Sequence[str]
) -> Header | None:
    """The line as a header, where a separator makes fields of it that have all names; of one that has none of
    the separators it is one field. BadInput where two separators do."""
    found: dict[tuple[str, ...], Header] = {}
    for separator in separators:
        row = _fields(lines, first, separator)
        if row is None:
            continue
        names = tuple(name.strip() for name in row[0])
        places = [_place(name, row[0], names) for name in asked]
        if None not in places and names not in found:
            found[names] = Header(names, separator, tuple(p for p in places if p is not None), first + row[1])
    if len(found) > 1:
        by = " and ".join(SHOWN.get(header.separator, header.separator) for header in found.values())
        raise BadInput(
            f"{path}: its header can be read with the separators {by}; separator = "
            f"{_said(separators[0])}, say, decides"
        )
    for header in found.values():
        for name in asked:
            if (number := header.names.count(name.strip())) > 1:
                raise BadInput(f"{path}: has {number} columns {name!r}; their names must differ; {header}")
        return header
    return None


def _place(name: str, fields: Sequence[str], stripped: Sequence[str]) -> int | None:
    """Where a column is: its name is looked for as it is, then without the spaces around it."""
    for names in (fields, stripped):
        if name in names:
            return names.index(name)
    return stripped.index(name.strip()) if name.strip() in stripped else None


def _said(separator: str) -> str:
    return f'"{SHOWN.get(separator, separator)}"'


def _without_names(
    path: Path, lines: Sequence[str], first: int, asked: Sequence[str], separator: str | None
) -> BadInput:
    """What is wrong with a header that has not all names, as it is best understood, and what may help."""
    rows = {s: row for s in [separator or SEPARATORS[0], *SEPARATORS] if (row := _fields(lines, first, s))}
    if not rows:
        wrong = "text follows a closing quote in its header, or a quote there is not closed"
        return BadInput(f"{path}: {wrong} (line {first + 1})")
    best = separator if separator in rows else max(rows, key=lambda s: len(rows[s][0]))
    names = [name.strip() for name in rows[best][0]]
    missing = next((name for name in asked if name.strip() not in names), asked[0])
    message = f"{path}: has no column {missing!r}{nearest(missing, names)}; {understood(names, best)}"
    other = separator and next(
        (s for s in (*SEPARATORS, SPACE) if s != separator and _fitting(path, lines, first, asked, [s])), None
    )
    if other:
        message += f"; separator = {_said(other)} would find them"
    elif all(NUMBER.fullmatch(name) for name in names):
        message += "; a header must name the columns"
    return BadInput(message)
