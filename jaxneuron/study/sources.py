"""Where a study's examples come from: the forms of its [data] table."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Discriminator, Field, Strict, Tag, field_validator, model_validator

from jaxneuron.neuron.draws import STANDARD_NORMAL
from jaxneuron.population.axes import Axis
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.quantity import Quantity, num_values
from jaxneuron.study.section import Kind, Section

Scale = Literal["standard", "none"]
Names = Annotated[tuple[str, ...], Strict(False), Field(min_length=1), Kind("list of strings")]
Numbers = Annotated[tuple[float, ...], Strict(False), Field(min_length=1)]
# Files and weights have two forms each, told apart by the type, so that an error speaks of one form alone.
Files = Annotated[
    Annotated[str, Tag("File")] | Annotated[Names, Tag("Files")],
    Discriminator(lambda file: "Files" if isinstance(file, (list, tuple)) else "File"),
    Kind("string, or list of strings"),
]
AS_OF_FILES = 'As of files: "standard" or "none".'
MOST_DATASETS = 2**16
MOST_NUMBERS = 2**32


def _check_distinct(inputs: Sequence[str]) -> None:
    for i, name in enumerate(inputs):
        if name in inputs[:i]:
            raise ValueError(f"inputs: names {name!r} twice; each column counts once")


def _names_of(values: Any) -> list[str] | None:
    """The names of a DataFrame's columns, or of a Series; None of what has none, or has numbers for names."""
    columns = getattr(values, "columns", None)
    names = [getattr(values, "name", None)] if columns is None else list(columns)
    return [str(name) for name in names] if all(isinstance(n, str) and n for n in names) else None


def _as_strings(files: Any) -> Any:
    """Paths as the strings that they are kept as."""
    if isinstance(files, (list, tuple)):
        return [_as_strings(file) for file in files]
    return os.fspath(files) if isinstance(files, os.PathLike) else files


class Table(Section):
    """Columns of a CSV, Parquet or NPZ file; a relative path starts at the study file's folder.

    Each of several files is a data set; they have the same columns and equally many rows.
    """

    file: Annotated[Files, BeforeValidator(_as_strings)] = Field(
        description="A CSV, Parquet or NPZ file. A relative path starts at the study file's folder. Several "
        "files, with the same columns and equally many rows, are several data sets. Parquet needs the extra "
        "parquet; an NPZ file holds an array of one dimension for each column."
    )
    inputs: Names = Field(description="The columns of the inputs, each named once.")
    target: str = Field(description="The column of the target.")
    scale: Scale = Field(
        default="standard",
        description='"standard" gives each input the mean 0 and the standard deviation 1, and the target the '
        'standard deviation 1; "none" leaves all as it is.',
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_distinct(self.inputs)
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """The files, also where it is one."""
        return (self.file,) if isinstance(self.file, str) else self.file

    @property
    def num_datasets(self) -> int:
        """The number of data sets."""
        return len(self.files)

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


class Arrays(Section):
    """Examples written out: a row of inputs, or one number, and a target for each."""

    x: Annotated[Any, Kind("list of numbers, or of rows")] = Field(
        repr=False,
        description="The inputs: a number for each example, or a row of equally many.",
    )
    y: Annotated[Any, Kind("list of numbers")] = Field(repr=False, description="The target of each example.")
    inputs: Names | None = Field(
        default=None, description="The names of the inputs; in Python those of a DataFrame's columns."
    )
    target: str | None = Field(
        default=None, description="The name of the target; in Python that of a Series."
    )
    scale: Scale = Field(default="none", description=AS_OF_FILES)

    @field_validator("x", "y", mode="plain")
    @classmethod
    def _as_lists(cls, value: Any) -> Any:
        try:
            numbers = np.asarray(value)
        except ValueError:  # rows of different lengths
            numbers = np.empty(0, object)
        if numbers.dtype.kind not in "biuf":  # of a string, say, NumPy would make a number
            raise ValueError("must be a list of numbers, or of rows of numbers that are equally long")
        if not np.isfinite(numbers).all():
            raise ValueError("has numbers that are not finite; fill or remove them")
        return numbers.astype(np.float64).tolist()

    @model_validator(mode="before")
    @classmethod
    def _take_names(cls, given: Any) -> Any:
        """The names that x and y themselves have, such as a DataFrame's, unless others are given."""
        if not isinstance(given, Mapping):
            return given
        inputs, target = _names_of(given.get("x")), _names_of(given.get("y"))
        names = {"inputs": inputs, "target": target and target[0]}
        return {key: name for key, name in names.items() if name} | dict(given)

    @model_validator(mode="after")
    def _check(self) -> Self:
        shape = np.shape(self.x)
        number = shape[1] if len(shape) > 1 else 1
        if self.inputs is not None:
            _check_distinct(self.inputs)
            if len(self.inputs) != number:
                raise ValueError(f"inputs: has {len(self.inputs)} names, and x has {number} inputs")
        return self

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "examples", len(self.y)
        yield from super().__repr_args__()

    num_datasets: ClassVar[int] = 1


class UnitVector(Section):
    """A direction drawn uniformly: a vector of norm 1 with a number of components."""

    unit_vector: int = Field(
        ge=1,
        le=2**20,
        description="The number of components of a direction that is drawn uniformly, for as many inputs.",
    )


Weight = Annotated[
    Annotated[Numbers, Tag("Numbers")] | Annotated[UnitVector, Tag("UnitVector")],
    Discriminator(lambda weight: "UnitVector" if isinstance(weight, (Mapping, UnitVector)) else "Numbers"),
    Kind("list of numbers, or table"),
]


class Teacher(Section):
    """A neuron that makes the data: y = relu(weight · x + bias) + noise, one draw of x and noise a seed.

    Of several data sets each has draws of its own, and a direction of its own where the weight is drawn.
    """

    weight: Weight = Field(
        description="A weight for each input; or { unit_vector = 5 }, a direction in five dimensions, drawn "
        "uniformly."
    )
    bias: float = Field(default=0.0, description="The teacher's bias.")
    noise: float = Field(
        default=0.0,
        ge=0.0,
        description="The standard deviation of the normal noise that is added to the target.",
    )
    inputs: Quantity = Field(
        default=STANDARD_NORMAL,
        description="The distribution of every input of every example; or, with one input, an axis: the "
        "inputs themselves.",
    )
    num_examples: int | None = Field(
        default=None,
        ge=1,
        le=2**28,
        description="How many examples there are; needed unless inputs is an axis.",
    )
    seed: int = Field(
        default=0, ge=0, description="The seed of the inputs, of the noise, and of a drawn weight."
    )
    num_datasets: int = Field(
        default=1,
        ge=1,
        le=MOST_DATASETS,
        description=f"How many data sets are made, at most {MOST_DATASETS:,}. Each has draws of its own, and "
        "a direction of its own where the weight is drawn.",
    )

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

    teacher: Teacher = Field(description="A neuron that makes the data: a table of its own.")
    scale: Scale = Field(default="none", description=AS_OF_FILES)

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
