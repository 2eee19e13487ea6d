"""CSV files and their like: every row has the fields of the header, or the file is refused."""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.tables.dialect import Dialect
from jaxneuron.study.tables.header import SPACE, Header, find_header, reader
from jaxneuron.study.tables.numbers import Column, Kind
from jaxneuron.study.tables.text import open_text

HEADER_LINES = 2**12  # among which the header is looked for
ROWS_AT_A_TIME = 2**16
LISTED = 3
LINE_END = re.compile(r"\r\n|\r|\n")


class Span(NamedTuple):
    """The lines of a row that takes more than one."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def read_csv(path: Path, names: Sequence[str], dialect: Dialect) -> tuple[list[Column], str, list[str]]:
    """The named columns, the header as it was understood, and notes; BadInput where a row is malformed.

    Where nothing is said of decimals, it is read again with decimal commas if it has numbers that need them.
    """
    with open_text(path, dialect.encoding) as text:
        first = list(itertools.islice(text, HEADER_LINES))
        header = find_header(path, first, names, dialect.separator)
        columns = [Column(name, dialect) for name in names]
        rows = _Rows(path, header)
        for batch in rows.batches(itertools.chain(first[header.end :], text)):
            for column, place in zip(columns, header.columns, strict=True):
                column.add([row[place] for row in batch])
    rows.check_lengths()
    if rows.spans:
        with open_text(path, dialect.encoding) as text:
            _check_spans(path, text, rows.spans, header, dialect)
    kinds = {kind for column in columns for kind in column.examples}
    if dialect.decimal is None and header.separator != ",":
        if Kind.DECIMAL_COMMA in kinds:
            return read_csv(path, names, dialect._replace(decimal=","))
        _check_groups(path, columns, header)
    decimal = ", decimal commas" if dialect.decimal == "," else ""
    return columns, f"{header}{decimal}", [rows.note] if rows.spans else []


class _Rows:
    """The rows of a file in batches, each row of the header's length; others are counted."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path, self.header = path, header
        self.spans: list[Span] = []
        self._number = 0
        self._wrong: Counter[int] = Counter()  # rows by their numbers of fields, where these are wrong
        self._first_wrong: list[str] = []
        self._num_open_ends = 0  # of these, rows with nothing behind one separator more

    def batches(self, lines: Iterator[str]) -> Iterator[list[list[str]]]:
        """Yield lists of rows of fields."""
        length, rows = len(self.header.names), reader(lines, self.header.separator)
        while True:
            before = rows.line_num
            try:
                batch = list(itertools.islice(rows, ROWS_AT_A_TIME))
            except csv.Error as error:
                raise self._malformed(error, self.header.end + rows.line_num) from None
            if not batch:
                return
            if set(map(len, batch)) != {length} or rows.line_num - before != len(batch):
                batch = self._sound(batch, self.header.end + before + 1)
            self._number += len(batch)
            yield batch

    def _sound(self, batch: list[list[str]], line: int) -> list[list[str]]:
        """The rows of a batch that have the header's length; blank lines are no rows."""
        length, sound = len(self.header.names), []
        for row in batch:
            more = sum(len(LINE_END.findall(field)) for field in row)
            if more:
                self.spans.append(Span(line, line + more))
            if len(row) == length:
                sound.append(row)
            elif len(row) > 1 or any(field.strip() for field in row):
                self._wrong[len(row)] += 1
                if len(self._first_wrong) < LISTED:
                    self._first_wrong.append(f"line {line} has {len(row)}")
                self._num_open_ends += len(row) == length + 1 and not row[-1].strip()
            line += 1 + more
        return sound

    @property
    def note(self) -> str:
        """What is said of rows that take several lines."""
        number = len(self.spans)
        listed = ", ".join(map(str, self.spans[:LISTED])) + (", …" if number > LISTED else "")
        rows = "1 row takes" if number == 1 else f"{number} rows take"
        return f"{self.path}: {rows} several lines, as a quoted field has line ends (lines {listed})"

    def check_lengths(self) -> None:
        """BadInput where there is a row that has not the length of the header."""
        if not self._wrong:
            return
        length, num_wrong = len(self.header.names), self._wrong.total()
        number = self._number + num_wrong
        if self._wrong[length + 1] == number:
            if self._num_open_ends == number:
                wrong = "every row is longer than its header, by a separator at its end; end it so, too"
            else:
                wrong = (
                    "every row is longer than its header, by one field, as write.table of R leaves it; name "
                    "the first column, too (in R: col.names = NA)"
                )
        else:
            listed = self._first_wrong + (["…"] if num_wrong > LISTED else [])
            wrong = (
                f"{num_wrong} of {number} rows do not have the header's {length} fields: "
                f"{', '.join(listed)}; every row must have as many"
            )
        raise BadInput(f"{self.path}: {wrong}; {self.header}")

    def _malformed(self, error: csv.Error, line: int) -> BadInput:
        if "expected after" in str(error):
            wrong = f"line {line}: text follows a closing quote; a quote in a quoted field is written twice"
        elif "end of data" in str(error):
            wrong = "a quoted field does not end before the file does; a lone quote may be the cause"
        elif "field limit" in str(error):
            wrong = f"line {line}: a field is endless; a lone quote before may be the cause"
        else:
            wrong = f"line {line}: {error}"
        return BadInput(f"{self.path}: {wrong}; {self.header}")


def _check_spans(
    path: Path, text: Iterator[str], spans: Sequence[Span], header: Header, dialect: Dialect
) -> None:
    """BadInput where a quoted field holds a line that would be a row: a lone quote may have swallowed it."""
    numbered = enumerate(text, start=1)
    for span in spans:
        for number, line in numbered:
            if number > span.first and _is_row(line, header, dialect):
                raise BadInput(
                    f"{path}: lines {span} are one row, as a quoted field has line ends, and line {number} "
                    f"would be a row by itself; a lone quote may be the cause; {header}"
                )
            if number == span.last:
                break


def _is_row(line: str, header: Header, dialect: Dialect) -> bool:
    """Whether a line has as many fields as the header, and numbers, or nothing, where they are asked for."""
    bare = line.rstrip("\r\n")
    splits = [bare.split(None if header.separator == SPACE else header.separator)]
    splits += list(reader([line], header.separator, strict=False))
    return any(
        len(fields) == len(header.names) and _are_numbers([fields[i] for i in header.columns], dialect)
        for fields in splits
    )


def _are_numbers(texts: Sequence[str], dialect: Dialect) -> bool:
    column = Column("", dialect)
    column.add(texts)
    return Kind.NO_NUMBER not in column.kinds


def _check_groups(path: Path, columns: Sequence[Column], header: Header) -> None:
    """BadInput where a comma, or among semicolons a point, may separate decimals as well as thousands."""
    for column in columns:
        if (text := column.examples.get(Kind.ONE_GROUP)) is not None:
            number = text.strip()
            raise BadInput(
                f"{path}: column {column.name!r} has {number!r}, which is {number.replace(',', '.')} with "
                f'decimal = "," and {number.replace(",", "")} with thousands = ","; say which; {header}'
            )
    if header.separator != ";" or columns[0].dialect.decimal or columns[0].dialect.thousands:
        return
    has_points = [column for column in columns if column.has_point]
    if has_points and not any(column.has_clear_point for column in columns):
        raise BadInput(
            f"{path}: every number with a point in column {has_points[0].name!r} has three digits behind it, "
            'and fields are separated by semicolons, as where points separate thousands; say decimal = "." '
            f'or thousands = "."; {header}'
        )
