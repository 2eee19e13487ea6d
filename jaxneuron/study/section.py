"""A table of a study.toml: frozen, strict about types and keys, and wrong in one line."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jaxneuron.study.bad_input import BadInput, nearest

KINDS_OF_DATA = ("Table", "Synthetic", "Arrays")


class Section(BaseModel):
    """A table of a study.toml. What does not fit raises BadInput, from a file and from Python alike."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, /, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise BadInput(explain(error, list(type(self).model_fields))) from None


def explain(error: ValidationError, known_keys: list[str]) -> str:
    """The first thing wrong: where, what, and what would be right."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part not in KINDS_OF_DATA)
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
        case "no_data":
            wrong = first["msg"]
        case "model_type" | "dict_type" | "model_attributes_type":
            wrong = f"is {value!r}; it must be a table"
        case _:
            wanted = first["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            wrong = f"is {value!r}; it must be {wanted}"
    return f"{where}: {wrong}"
