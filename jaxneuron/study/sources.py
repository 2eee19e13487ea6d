"""Where a study's examples come from: the forms of its [data] table."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import AfterValidator, Discriminator, Field, Strict, Tag, field_validator, model_validator

from jaxneuron.neuron.draws import STANDARD_NORMAL
from jaxneuron.population.axes import Axis
from jaxneuron.study.path import expanded
from jaxneuron.study.quantity import Quantity, num_values
from jaxneuron.study.section import Section

Scale = Literal["standard", "none"]
Names = Annotated[tuple[str, ...], Strict(False), Field(min_length=1)]
Numbers = Annotated[tuple[float, ...], Strict(False), Field(min_length=1)]
# Files and weights have two forms each, told apart by the type, so that an error speaks of one form alone.
Files = Annotated[
    Annotated[str, AfterValidator(expanded), Tag("File")]
    | Annotated[Names, AfterValidator(lambda files: tuple(map(expanded, files))), Tag("Files")],
    Discriminator(lambda file: "Files" if isinstance(file, (list, tuple)) else "File"),
]
MOST_DATASETS = 2**16
MOST_NUMBERS = 2**32


class Table(Section):
    """Columns of a CSV, Parquet or NPZ file; a relative path starts at the study file's folder.

    Each of several files is a data set; they have the same columns and equally many rows.
    """

    place: ClassVar[str] = "[data] with file"

    file: Files
    inputs: Names
    target: str
    scale: Scale = "standard"

    @model_validator(mode="after")
    def _check(self) -> Self:
        for i, name in enumerate(self.inputs):
            if name in self.inputs[:i]:
                raise ValueError(f"inputs: names {name!r} twice; each column counts once")
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """The files, also where it is one."""
        return (self.file,) if isinstance(self.file, str) else self.file

    @property
    def num_datasets(self) -> int:
        """The number of data sets."""
        return len(self.files)


class Arrays(Section):
    """Examples written out: a row of inputs, or one number, and a target for each."""

    place: ClassVar[str] = "[data] with x and y"

    x: Any = Field(repr=False)
    y: Any = Field(repr=False)
    scale: Scale = "none"

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

    num_datasets: ClassVar[int] = 1


class UnitVector(Section):
    """A direction drawn uniformly: a vector of norm 1 with a number of components."""

    place: ClassVar[str] = "[data] teacher.weight"

    unit_vector: int = Field(ge=1, le=2**20)


Weight = Annotated[
    Annotated[Numbers, Tag("Numbers")] | Annotated[UnitVector, Tag("UnitVector")],
    Discriminator(lambda weight: "UnitVector" if isinstance(weight, (Mapping, UnitVector)) else "Numbers"),
]


class Teacher(Section):
    """A neuron that makes the data: y = relu(weight · x + bias) + noise, one draw of x and noise a seed.

    Of several data sets each has draws of its own, and a direction of its own where the weight is drawn.
    """

    place: ClassVar[str] = "[data] teacher"

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

    place: ClassVar[str] = "[data] with teacher"

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
