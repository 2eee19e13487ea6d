"""Where a study's examples come from: the forms of its [data] table."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from pydantic import Discriminator, Field, Strict, Tag, field_serializer, field_validator, model_validator

from jaxneuron.neuron.draws import STANDARD_NORMAL
from jaxneuron.population.axes import Axis
from jaxneuron.study.arrays import as_numbers
from jaxneuron.study.bad_input import shown
from jaxneuron.study.quantity import Quantity, num_values
from jaxneuron.study.section import Section
from jaxneuron.study.tables.dialect import NAMED_SEPARATORS, Dialect

Scale = Literal["standard", "none"]
Names = Annotated[tuple[str, ...], Strict(False), Field(min_length=1)]
Numbers = Annotated[tuple[float, ...], Strict(False), Field(min_length=1)]
# Files and weights have two forms each, told apart by the type, so that an error speaks of one form alone.
Files = Annotated[
    Annotated[str, Tag("File")] | Annotated[Names, Tag("Files")],
    Discriminator(lambda file: "Files" if isinstance(file, (list, tuple)) else "File"),
]
MOST_DATASETS = 2**16
MOST_NUMBERS = 2**32


class Table(Section):
    """Columns of a CSV, Parquet or NPZ file; a relative path starts at the study file's folder.

    Each of several files is a data set; they have the same columns. How their text is to be read is found in
    them, as far as it is not said.
    """

    file: Files
    inputs: Names
    target: str
    scale: Scale = "standard"
    separator: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", "'", " "] | None = None
    encoding: str = "utf-8"
    missing: Literal["refuse", "drop"] = "refuse"
    missing_values: Annotated[tuple[str, ...], Strict(False)] = ()

    @field_validator("file", mode="before")
    @classmethod
    def _as_paths(cls, file: Any) -> Any:
        is_list = isinstance(file, (list, tuple))
        return [_as_path(one) for one in file] if is_list else _as_path(file)

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
        for i, name in enumerate(self.inputs):
            if name in self.inputs[:i]:
                raise ValueError(f"inputs: names {name!r} twice; each column counts once")
        if self.thousands is not None and self.thousands == self.decimal:
            raise ValueError(f'thousands: is "{self.thousands}", as decimal is; they must differ')
        for i, file in enumerate(self.files):
            if file in self.files[:i]:
                raise ValueError(f"file: has {file!r} twice; each data set counts once")
        return self

    @property
    def dialect(self) -> Dialect:
        """How the text of the files is to be read."""
        return Dialect(
            NAMED_SEPARATORS.get(self.separator or "", self.separator),
            self.decimal,
            self.thousands,
            self.encoding,
            self.missing,
            self.missing_values,
        )

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


def _as_path(file: Any) -> Any:
    """A file as its path, in the ways in which people write one: ~/data.csv, file:///data.csv, a Path."""
    file = os.fspath(file) if isinstance(file, os.PathLike) else file
    if not isinstance(file, str):
        return file
    if file.startswith("file://"):
        file = url2pathname(urlsplit(file).path)
    return os.path.expanduser(file) if file.startswith("~") else file


class Arrays(Section):
    """Examples written out: a row of inputs, or one number, and a target for each; kept as arrays."""

    x: Any = Field(repr=False)
    y: Any = Field(repr=False)
    scale: Scale = "none"

    @field_validator("x", "y", mode="plain")
    @classmethod
    def _as_numbers(cls, value: Any) -> np.ndarray:
        return as_numbers(value)

    @field_serializer("x", "y")
    def _as_lists(self, value: np.ndarray) -> list[Any]:
        return value.tolist()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Arrays) or self.scale != other.scale:
            return False
        return np.array_equal(self.x, other.x) and np.array_equal(self.y, other.y)

    num_datasets: ClassVar[int] = 1


class UnitVector(Section):
    """A direction drawn uniformly: a vector of norm 1 with a number of components."""

    unit_vector: int = Field(ge=1, le=2**20)


Weight = Annotated[
    Annotated[Numbers, Tag("Numbers")] | Annotated[UnitVector, Tag("UnitVector")],
    Discriminator(lambda weight: "UnitVector" if isinstance(weight, (Mapping, UnitVector)) else "Numbers"),
]


class Teacher(Section):
    """A neuron that makes the data: y = relu(weight · x + bias) + noise, one draw of x and noise a seed.

    Of several data sets each has draws of its own, and a direction of its own where the weight is drawn.
    """

    weight: Weight
    bias: float = 0.0
    noise: float = Field(default=0.0, ge=0.0)  # standard deviation
    inputs: Quantity = STANDARD_NORMAL  # drawn for each example; or an axis, the values of one input
    num_examples: int | None = Field(default=None, ge=1, le=2**28)
    seed: int = Field(default=0, ge=0)
    num_datasets: int = Field(default=1, ge=1, le=MOST_DATASETS)

    @property
    def num_inputs(self) -> int:
        """The number of components of the weight."""
        return self.weight.unit_vector if isinstance(self.weight, UnitVector) else len(self.weight)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if isinstance(self.inputs, float):
            raise ValueError(f"inputs: is {self.inputs!r}; it must be a distribution or an axis")
        is_axis = isinstance(self.inputs, Axis)
        if is_axis and self.num_inputs != 1:
            raise ValueError(f"inputs: is an axis, for one input; weight has {self.num_inputs}")
        if is_axis == (self.num_examples is not None):
            wrong = "is given, but an axis of inputs has its own number" if is_axis else "is missing"
            raise ValueError(f"num_examples: {wrong}")
        num_examples = self.num_examples or num_values(self.inputs)
        number = self.num_datasets * self.num_inputs * num_examples
        if number > MOST_NUMBERS:
            raise ValueError(f"num_examples: makes {number} inputs in all; it may make {MOST_NUMBERS}")
        return self


class Synthetic(Section):
    """Data made by a teacher."""

    teacher: Teacher
    scale: Scale = "none"

    @property
    def num_datasets(self) -> int:
        """The number of data sets."""
        return self.teacher.num_datasets


def _kind_of_data(data: Any) -> str | None:
    # The key that decides may be the one that is missing or misspelt.
    keys = {"file": Table, "teacher": Synthetic, "x": Arrays, "inputs": Table, "target": Table, "y": Arrays}
    for key, kind in keys.items():
        if isinstance(data, kind) or (isinstance(data, Mapping) and key in data):
            return kind.__name__
    return None


Data = Annotated[
    Annotated[Table, Tag("Table")]
    | Annotated[Synthetic, Tag("Synthetic")]
    | Annotated[Arrays, Tag("Arrays")],
    Discriminator(
        _kind_of_data,
        custom_error_type="no_data",
        custom_error_message="it names no data; it needs file, teacher, or x and y",
    ),
]
