"""A table of a study.toml: frozen, strict about types and keys, and wrong in one line."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from jaxneuron.study.bad_input import BadInput, is_near, nearest, shown

# pydantic's tags of the kinds of data, of files and of a teacher's weight: they are no keys of a study.toml.
KINDS = ("Table", "Synthetic", "Arrays", "File", "Files", "Numbers", "UnitVector")

DATA = "[data]"

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

    # The string below a field is its description, which `jaxneuron keys` prints.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
    place: ClassVar[str]  # where its keys belong, for one that is found elsewhere

    def __init_subclass__(cls, *, place: str, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.place = place

    def __init__(self, /, **fields: Any) -> None:
        try:
            super().__init__(**{key: plain(value) for key, value in fields.items()})
        except ValidationError as error:
            raise BadInput(explain(error, type(self))) from None

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is long, such as an axis of ten thousand values, is cut, and what is not said is left out."""
        for name, value in super().__repr_args__():
            if value is not None:
                yield name, value if isinstance(value, Section) else _Text(shown(value))


class _Text(str):
    """A text that stands in a repr as it is."""

    __repr__ = str.__str__


def plain(value: Any) -> Any:
    """A number of NumPy, JAX or the like as one of Python's own, which pydantic asks for."""
    is_number = isinstance(value, np.generic) or (hasattr(value, "__array__") and not np.ndim(value))
    return value.item() if is_number else value


def _unknown(key: str, section: type[Section]) -> str:
    """What is said of a key that a table does not have, but another one may have."""
    hint = nearest(key, section.model_fields)
    others, is_of_data = Section.__subclasses__(), section.place.startswith(DATA)
    not_of_data = [other for other in others if not other.place.startswith(DATA)]
    # A teacher's bias is hardly what is meant by one in [sweep], where there is an init_bias.
    likely = not_of_data if is_near(hint) and not is_of_data else others
    if places := [other.place for other in likely if key in other.model_fields]:
        return f"unknown key; it belongs in {' or '.join(places)}"
    if not is_of_data:
        elsewhere = {name: other.place for other in not_of_data for name in other.model_fields}
        (close,) = difflib.get_close_matches(key, [*section.model_fields, *elsewhere], n=1) or [""]
        if close not in section.model_fields and close in elsewhere:
            return f"unknown key; did you mean {close!r} in {elsewhere[close]}?"
    return f"unknown key{hint}"


def explain(error: ValidationError, section: type[Section]) -> str:
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
            wrong = _unknown(where, section)
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
