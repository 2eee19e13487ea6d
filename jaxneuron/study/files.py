"""Columns of data files: the [data] table of a study whose examples are in files."""

import io
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Strict, Tag, field_validator, model_validator

from jaxneuron.study.bad_input import BadInput, shown
from jaxneuron.study.path import expanded
from jaxneuron.study.section import Kind, Section
from jaxneuron.study.tables.dialect import NAMED_SEPARATORS, Dialect

Scale = Literal["standard", "none"]
Names = Annotated[tuple[str, ...], Strict(False), Field(min_length=1), Kind("list of strings")]


def check_distinct(inputs: Sequence[str]) -> None:
    """ValueError where an input is named twice."""
    for i, name in enumerate(inputs):
        if name in inputs[:i]:
            raise ValueError(f"inputs: names {name!r} twice; each column counts once")


def _as_paths(files: Any) -> Any:
    """Files as their paths, in the ways in which people write them: ~/data.csv, file:///data.csv, a Path."""
    if isinstance(files, (list, tuple)):
        return [_as_paths(file) for file in files]
    return expanded(files) if isinstance(files, (str, os.PathLike)) else files


# Told apart by the type, so that an error speaks of one form alone.
Files = Annotated[
    Annotated[str, Tag("File")] | Annotated[Names, Tag("Files")],
    Discriminator(lambda file: "Files" if isinstance(file, (list, tuple)) else "File"),
    Kind("string, or list of strings"),
    BeforeValidator(_as_paths),
]


class Table(Section, place="[data] with file"):
    """Columns of a CSV, Parquet or NPZ file; a relative path starts at the study file's folder.

    Each of several files is a data set; they have the same columns. How their text is to be read is found in
    them, as far as it is not said.
    """

    file: Files
    """A CSV, Parquet or NPZ file. A relative path starts at the study file's folder, and ~ is the home
    folder. Several files with the same columns are several data sets, of any length; they are named by
    their files."""
    inputs: Names
    """The columns of the inputs, each named once."""
    target: str
    """The column of the target."""
    scale: Scale = "standard"
    """ "standard" gives each input the mean 0 and the standard deviation 1, and the target the standard
    deviation 1; "none" leaves all as it is."""
    separator: str | None = None
    """What stands between the fields of a row: a character, tab, or space for runs of spaces and tabs. If
    not given it is found in the header."""
    decimal: Literal[".", ","] | None = None
    """. or ,. If not given it is a point, or a comma where commas can be nothing else."""
    thousands: Literal[",", ".", "'", " "] | None = None
    """What stands between each three digits: ,, ., ' or a space."""
    encoding: str = "utf-8"
    """The encoding of the text, such as cp1252 or latin-1. A byte order mark decides by itself."""
    missing: Literal["refuse", "drop"] = "refuse"
    """ "refuse" names the rows in which a value is missing; "drop" leaves them out, and says which."""
    missing_values: Annotated[tuple[str, ...], Strict(False), Kind("list of strings")] = ()
    """Texts that stand for a missing value, besides the empty text, NA and the like; in Parquet and NPZ
    also numbers."""

    @field_validator("separator")
    @classmethod
    def _check_separator(cls, separator: str | None) -> str | None:
        character = NAMED_SEPARATORS.get(separator or "", separator)
        if character is not None and (len(character) != 1 or character.isalnum() or character in '"\r\n+-.#'):
            named = ", ".join(f'"{name}"' for name in NAMED_SEPARATORS)
            raise ValueError(f'is {shown(separator)}; it must be one character, such as ";", or {named}')
        return separator

    @field_validator("encoding")
    @classmethod
    def _check_encoding(cls, encoding: str) -> str:
        try:
            io.TextIOWrapper(io.BytesIO(), encoding)
        except (LookupError, ValueError):
            raise ValueError(
                f'is {shown(encoding)}, which is no encoding of text; "utf-8", "cp1252" and "utf-16" are some'
            ) from None
        return encoding

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_distinct(self.inputs)
        if self.thousands is not None and self.thousands == self.decimal:
            raise ValueError(f'thousands: is "{self.thousands}", as decimal is; they must differ')
        for i, file in enumerate(self.files):
            if file in self.files[:i]:
                raise ValueError(f"file: has {file!r} twice; each data set counts once")
        return self

    @property
    def dialect(self) -> Dialect:
        """How the text of the files is to be read."""
        said = Dialect(**{name: getattr(self, name) for name in Dialect._fields})
        return said._replace(separator=NAMED_SEPARATORS.get(said.separator or "", said.separator))

    @property
    def files(self) -> tuple[str, ...]:
        """The files, also where it is one."""
        return (self.file,) if isinstance(self.file, str) else self.file

    @property
    def num_datasets(self) -> int:
        """The number of data sets."""
        return len(self.files)

    @property
    def labels(self) -> tuple[str, ...]:
        """A label for each file: as much of the end of its path as tells all of them apart."""
        parts = [Path(file).parts for file in self.files]
        ends = (
            [str(Path(*each[-number:])) for each in parts] for number in range(1, max(map(len, parts)) + 1)
        )
        return tuple(next((labels for labels in ends if len(set(labels)) == len(labels)), self.files))

    @cached_property  # which pydantic leaves alone: it is neither compared nor written
    def expected(self) -> tuple["Table", tuple[str | None, ...]] | None:
        """The table that a run had, and the hash of each of its data sets; None of what is in no run yet."""
        return None

    def expecting(self, hashes: Iterable[str | None]) -> Self:
        """The same table, of a run whose data sets have these hashes: None where that is not known."""
        copy = self.model_copy()
        vars(copy)["expected"] = (self, tuple(hashes))
        return copy

    def check_unchanged(self, hashes: Iterable[str]) -> None:
        """BadInput where a data set is not the one that the run had any more."""
        if self.expected is None or self != self.expected[0]:  # such as other columns of the same file
            return
        for file, found, expected in zip(self.files, hashes, self.expected[1], strict=True):
            if expected not in (None, found):
                raise BadInput(f"{file}: has changed since the run was swept")
