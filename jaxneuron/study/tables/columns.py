"""Columns by name: which there are, and what is no number in them."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jaxneuron.study.arrays import as_float64
from jaxneuron.study.bad_input import BadInput, named_rows, nearest, shown
from jaxneuron.study.tables.dialect import Dialect
from jaxneuron.study.tables.numbers import THOUSANDS, Column, Kind

# What a text that is no number looks like, what is said of it, and what helps; the first that fits.
DATE = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( .*)?|\d{4}[-/]\d{1,2}"
    r"|(\d{1,2}[-. ]+)?[A-Za-z]{3,9}\.?[-, ]+(\d{1,2},? +)?\d{2,4}|\d{4}[- ]?Q[1-4]"
)
LOOKS = (
    (DATE, "holds dates, not numbers,", "give numbers, such as days since the first"),
    (r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[aApP][mM])?", "holds times, not numbers,", "give seconds"),
    (r"[+-]?[\d.,]+ ?%", "holds percentages, not numbers,", "take the % signs off"),
    (r"[+-]?[$€£¥] ?[\d.,]+|[+-]?[\d.,]+ ?[$€£¥]", "holds amounts of money", "take the currency's signs off"),
    (r"0[xob][0-9a-f]+", "has numbers that are not decimal", "write them with the digits 0 to 9"),
    (r"[+-]?[\d.]+d[+-]?\d+", "has exponents as Fortran writes them", "write e for d"),
    (r"[+-]?\d+(_\d+)+", "has numbers with underscores", "take them off"),
    (r"[+-]?inf(inity)?", "is not finite", "fill or remove them"),
    (r"\u2212[\d.,]+", "has minus signs that are not ASCII's", "write -"),
    (r"true|false", "is not a number everywhere", "write 1 and 0"),
)


def check_names(path: Path, names: Sequence[str], known: Sequence[str]) -> None:
    """BadInput where a name is not known, or known more than once."""
    for name in names:
        if name not in known:
            raise BadInput(f"{path}: has no column {name!r}{nearest(name, known)}")
        if (number := list(known).count(name)) > 1:
            raise BadInput(f"{path}: has {number} columns {name!r}; their names must differ")


def of_type(path: Path, name: str, kind: str) -> BadInput:
    """The error for a column of something else than numbers."""
    return BadInput(f"{path}: column {name!r} holds {kind}, not numbers")


def column_of_array(
    path: Path, name: str, array: np.ndarray, is_missing: np.ndarray, dialect: Dialect
) -> Column:
    """A column of numbers, or of their text, that are in an array."""
    column = Column(name, dialect)
    if array.dtype.kind == "U":
        column.add(array.tolist())
        return column
    values, inexact = as_float64(array)
    kinds = np.where(is_missing | np.isnan(values), Kind.MISSING, Kind.NUMBER)
    kinds = np.where(inexact, Kind.INEXACT, kinds)
    column.add_numbers(values, kinds, array)
    return column


def check_numbers(path: Path, column: Column, header: str) -> None:
    """BadInput where something in a column is neither a number nor missing; with what may help."""
    kinds, where = column.kinds, f"; {header}" if header else ""
    are_truths = not np.any((kinds != Kind.TRUTH) & (kinds != Kind.MISSING))
    good = (Kind.NUMBER, Kind.MISSING, *([Kind.TRUTH] if are_truths else []))
    bad = np.isin(kinds, good, invert=True)
    if not bad.any():
        return
    kind = Kind(int(kinds[np.argmax(bad)]))
    text, rows = column.examples[kind].strip(), named_rows(kinds == kind)
    such = f"in {rows}, such as {shown(text)}"
    match kind:
        case Kind.INEXACT:
            wrong = f"has whole numbers that float64 would change, {such}; subtract a number from all of them"
        case Kind.TOO_LARGE:
            wrong = f"is too large for float64 {such}"
        case Kind.TOO_SMALL:
            wrong = f"is too small for float64, which would make 0 of it, {such}"
        case _:
            looks = ((what, helps) for look, what, helps in LOOKS if re.fullmatch(look, text, re.IGNORECASE))
            what, helps = next(looks, ("is not a number", _remedy(text, column.dialect)))
            wrong = f"{what} {such}" + (f"; {helps}" if helps else "")
    raise BadInput(f"{path}: column {column.name!r} {wrong}{where}")


def _remedy(text: str, dialect: Dialect) -> str:
    """'decimal = "," would read it' of a text that another dialect reads as a number, or as missing."""
    remedies = []
    groups = [name for name, characters in THOUSANDS.items() if set(characters) & set(text)]
    for thousands in (None, *groups):
        for decimal in sorted({",", "."} - {thousands}):
            column = Column("", dialect._replace(decimal=decimal, thousands=thousands))
            column.add([text])
            said = [f'decimal = "{decimal}"'] if decimal != (dialect.decimal or ".") else []
            said += [f'thousands = "{thousands}"'] if thousands else []
            if column.dialect != dialect and said and Kind.NUMBER in column.examples:
                remedies.append(" and ".join(said))
    remedies = [one for one in remedies if not any(other != one and other in one for other in remedies)]
    if remedies:
        return f"{' or '.join(remedies)} would read it"
    if not re.search(r"\d", text) and len(text) <= 20:
        return f'if it stands for a missing value, missing_values = ["{text}"]'
    return ""
