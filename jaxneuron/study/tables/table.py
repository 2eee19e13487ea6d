"""A table: the named columns of a file as numbers, whatever its kind."""

import contextlib
import functools
import itertools
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jaxneuron.study.bad_input import BadInput, named_rows
from jaxneuron.study.tables.columns import check_numbers
from jaxneuron.study.tables.csv import HEADER_LINES, read_csv
from jaxneuron.study.tables.dialect import Dialect
from jaxneuron.study.tables.header import names_in
from jaxneuron.study.tables.npz import read_npz
from jaxneuron.study.tables.numbers import Column, Kind
from jaxneuron.study.tables.parquet import open_parquet, read_parquet
from jaxneuron.study.tables.text import COMPRESSIONS, only_member, open_text

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".dat")
READERS = {".parquet": read_parquet, ".npz": read_npz}


class Columns(dict[str, np.ndarray]):
    """The columns of a table by name, in float64; and notes of what a reader should know of them."""

    notes: tuple[str, ...] = ()


def read_table(path: Path, names: Sequence[str], dialect: Dialect | None = None) -> Columns:
    """The named columns of a CSV, Parquet or NPZ file.

    Args:
        path: of the file: .csv, .tsv, .txt or .dat, also with .gz, .bz2, .xz, .zip or .zst behind it;
            .parquet or .npz.
        names: of the columns; others do not matter.
        dialect: how text is to be read, as far as it is not found.

    Returns:
        Arrays [rows] by name, all finite or infinite numbers, without the rows that are to be dropped.

    Raises:
        BadInput: there is no such file or column, a row is malformed, a value is missing, or is no number.
    """
    dialect = dialect or Dialect()
    ending = ending_of(path)
    header, notes = "", []
    with _read_as(path, ending):
        if ending in READERS:
            columns = READERS[ending](path, names, dialect)
        else:
            columns, header, notes = read_csv(path, names, _with_decimal(dialect))
    if not len(columns[0].kinds):
        raise BadInput(f"{path}: has no rows; training needs at least one example")
    for column in columns:
        check_numbers(path, column, header)
    missing = {column.name: column.kinds == Kind.MISSING for column in columns}
    return _without_missing(path, columns, missing, dialect, notes)


def names_of_columns(path: Path) -> list[str]:
    """The names of the columns of a CSV, Parquet or NPZ file, in its order, for whoever has yet to choose
    among them; BadInput where there are none.

    Of text it is the line that a reader would take for the header, cut by the separator that makes most of
    it.
    """
    ending = ending_of(path)
    with _read_as(path, ending):
        if ending == ".parquet":
            with open_parquet(path) as file:
                return list(file.schema_arrow.names)
        if ending == ".npz":
            # NumPy leaves a file open that it cannot read.
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
                return list(arrays.files)
        with open_text(path, "utf-8") as text:
            lines = list(itertools.islice(text, HEADER_LINES))
        return names_in(path, lines)


@contextlib.contextmanager
def _read_as(path: Path, ending: str) -> Iterator[None]:
    """BadInput where a file is not of the kind that its ending says."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:  # each library fails in ways of its own on a file of other content
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise BadInput(f"{path}: cannot be read as {ending[1:].upper()}: {first_line}") from None


def ending_of(path: Path) -> str:
    """The ending that says what kind of file it is; BadInput where there is none of these kinds."""
    known = ", ".join((*TEXT_ENDINGS, *READERS))
    if not os.path.exists(path):  # False, too, where the name is too long to be one
        raise BadInput(f"{path}: there is no such file; it must be a CSV, Parquet or NPZ file")
    if not path.is_file():
        raise BadInput(f"{path}: is not a file ending in {known}")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: is empty; it must be a CSV, Parquet or NPZ file")
    if path.suffix.lower() not in COMPRESSIONS:
        ending, endings = path.suffix.lower(), (*TEXT_ENDINGS, *READERS)
    else:
        ending, endings = _compressed(path).suffix.lower(), TEXT_ENDINGS
    if ending not in endings:
        behind = f"; text also with {', '.join(COMPRESSIONS)} behind it"
        raise BadInput(f"{path}: is not a file ending in {known}{behind}")
    return ending


def _compressed(path: Path) -> Path:
    """The name of what is compressed in a file; of a ZIP file that does not say it, that of the one in it."""
    inner = path.with_suffix("")
    if path.suffix.lower() != ".zip" or inner.suffix.lower() in TEXT_ENDINGS:
        return inner
    try:
        with zipfile.ZipFile(path) as files:
            return Path(only_member(path, files))
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput(f"{path}: cannot be read ({error}); is it whole?") from None


def _with_decimal(dialect: Dialect) -> Dialect:
    """Where points separate thousands, commas separate decimals, and the other way round."""
    decimal = {".": ",", ",": "."}.get(dialect.thousands or "", dialect.decimal)
    return dialect._replace(decimal=dialect.decimal or decimal)


def _without_missing(
    path: Path,
    columns: Sequence[Column],
    missing: dict[str, np.ndarray],
    dialect: Dialect,
    notes: list[str],
) -> Columns:
    """The columns without the rows that miss a value; BadInput where these are not to be dropped."""
    if dialect.missing == "refuse":
        for name, is_missing in missing.items():
            if rows := named_rows(is_missing):
                raise BadInput(
                    f"{path}: column {name!r} is missing {rows}; fill or remove them, or leave these rows "
                    'out by missing = "drop"'
                )
    is_dropped = functools.reduce(np.logical_or, missing.values())
    if rows := named_rows(is_dropped):
        of = " or ".join(repr(name) for name, is_missing in missing.items() if is_missing.any())
        if is_dropped.all():
            raise BadInput(f"{path}: has no row without a missing value in {of}; training needs one example")
        notes = [*notes, f"{path}: {rows} are left out, as they miss {of}"]
    found = Columns({column.name: column.values[~is_dropped] for column in columns})
    found.notes = tuple(notes)
    return found
