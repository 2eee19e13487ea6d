"""Where a study's examples come from: the forms of its [data] table."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Discriminator, Field, PlainSerializer, PlainValidator, Strict, Tag, model_validator

from jaxneuron.neuron.draws import STANDARD_NORMAL
from jaxneuron.population.axes import Axis
from jaxneuron.study.arrays import as_numbers
from jaxneuron.study.files import Names, Scale, Table, check_distinct
from jaxneuron.study.quantity import Quantity, num_values
from jaxneuron.study.section import Kind, Section

Array = Annotated[Any, PlainValidator(as_numbers), PlainSerializer(lambda array: array.tolist())]
Numbers = Annotated[tuple[float, ...], Strict(False), Field(min_length=1)]
AS_OF_FILES = 'As for files: "standard" or "none".'
MOST_DATASETS = 2**16
MOST_NUMBERS = 2**32


def _names_of(values: Any) -> list[str] | None:
    """The names of a DataFrame's columns, or of a Series; None of what has none, or has numbers for names."""
    columns = getattr(values, "columns", None)
    names = [getattr(values, "name", None)] if columns is None else list(columns)
    return [str(name) for name in names] if all(isinstance(n, str) and n for n in names) else None


class Arrays(Section, place="[data] with x and y"):
    """Examples written out: a row of inputs, or one number, and a target for each; kept as arrays."""

    x: Annotated[Array, Kind("list of numbers, or of rows")] = Field(repr=False)
    """The inputs: a number for each example, or a row of equally many."""
    y: Annotated[Array, Kind("list of numbers")] = Field(repr=False)
    """The target of each example."""
    inputs: Names | None = None
    """The names of the inputs; in Python those of a DataFrame's columns."""
    target: str | None = None
    """The name of the target; in Python that of a Series."""
    scale: Scale = Field(default="none", description=AS_OF_FILES)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Arrays):
            return False
        return all(np.array_equal(value, getattr(other, name)) for name, value in self)

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
            check_distinct(self.inputs)
            if len(self.inputs) != number:
                raise ValueError(f"inputs: has {len(self.inputs)} names, and x has {number} inputs")
        return self

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "examples", len(self.y)
        yield from super().__repr_args__()

    num_datasets: ClassVar[int] = 1


class UnitVector(Section, place="[data] teacher.weight"):
    """A direction drawn uniformly: a vector of norm 1 with a number of components."""

    unit_vector: int = Field(ge=1, le=2**20)
    """The number of components of a direction that is drawn uniformly, for as many inputs."""


Weight = Annotated[
    Annotated[Numbers, Tag("Numbers")] | Annotated[UnitVector, Tag("UnitVector")],
    Discriminator(lambda weight: "UnitVector" if isinstance(weight, (Mapping, UnitVector)) else "Numbers"),
    Kind("list of numbers, or table"),
]


class Teacher(Section, place="[data] teacher"):
    """A neuron that makes the data: y = relu(weight · x + bias) + noise, one draw of x and noise a seed.

    Of several data sets each has draws of its own, and a direction of its own where the weight is drawn.
    """

    weight: Weight
    """A weight for each input; or { unit_vector = 5 }, a direction in five dimensions, drawn
    uniformly."""
    bias: float = 0.0
    """The teacher's bias."""
    noise: float = Field(default=0.0, ge=0.0)
    """The standard deviation of the normal noise that is added to the target."""
    inputs: Quantity = STANDARD_NORMAL
    """The distribution of every input of every example; or, with one input, an axis: the inputs
    themselves."""
    num_examples: int | None = Field(default=None, ge=1, le=2**28)
    """How many examples there are; needed unless inputs is an axis."""
    seed: int = Field(default=0, ge=0)
    """The seed of the inputs, of the noise, and of a drawn weight."""
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


class Synthetic(Section, place="[data] with teacher"):
    """Data made by a teacher."""

    teacher: Teacher
    """A neuron that makes the data: a table of its own."""
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
