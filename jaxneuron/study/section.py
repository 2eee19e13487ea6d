"""A table of a study.toml: frozen, strict about types and keys, and wrong in one line."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from jaxneuron.study.bad_input import BadInput, nearest, shown

# pydantic's tags of the kinds of data, of files and of a teacher's weight: they are no keys of a study.toml.
KINDS = ("Table", "Synthetic", "Arrays", "File", "Files", "Numbers", "UnitVector")

# pydantic's words for these speak of Python's types.
WANTED = {
    "string_type": "a string in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "too_short": "a list of at least one",
}


class Kind(NamedTuple):
    """What the values of a type are called where a key is described; it stands beside the type."""

    words: str


class Section(BaseModel):
    """A table of a study.toml. What does not fit raises BadInput, from a file and from Python alike."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, /, **fields: Any) -> None:
        try:
            super().__init__(**{key: _without_numpy(value) for key, value in fields.items()})
        except ValidationError as error:
            raise BadInput(explain(error, list(type(self).model_fields))) from None

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is long, such as an axis of ten thousand values, is cut."""
        for name, value in super().__repr_args__():
            yield name, value if isinstance(value, Section) else _Text(shown(value))


class _Text(str):
    """A text that stands in a repr as it is."""

    __repr__ = str.__str__


def _without_numpy(value: Any) -> Any:
    """NumPy's whole numbers as Python's own, which pydantic asks for."""
    return int(value) if isinstance(value, np.integer) else value


def explain(error: ValidationError, known_keys: list[str]) -> str:
    """The first thing wrong: where, what, and what would be right."""
    # A misspelt key often leaves another one missing, and is the cause.
    first = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    where = ".".join(str(part) for i, part in enumerate(first["loc"]) if i == 0 or part not in KINDS)
    value, cause = first["input"], first.get("ctx", {}).get("error")
    match first["type"]:
        case "value_error" if isinstance(cause, BadInput) or not where:
            # A table inside this one has said where; so has a check of the table as a whole.
            return f"{where}.{cause}".removeprefix(".")
        case "value_error":
            wrong = str(cause)
        case "extra_forbidden":
            wrong = f"unknown key{nearest(where, known_keys)}"
        case "missing":
            wrong = "is missing"
        case "no_data" if isinstance(value, Mapping):
            wrong = first["msg"]
        case "no_data" | "model_type" | "dict_type" | "model_attributes_type":
            wrong = f"is {shown(value)}; it must be a table"
        case kind:
            wanted = WANTED.get(kind) or first["msg"].removeprefix("Input should be ")
            wanted = wanted.replace("greater than or equal to", "at least")
            wanted = wanted.replace("less than or equal to", "at most")
            wrong = f"is {shown(value)}; it must be {wanted}"
    return f"{where}: {wrong}"
