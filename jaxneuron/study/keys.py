"""The reference of a study.toml's keys, made from their declarations: name, type, default and meaning."""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from jaxneuron.neuron.hyperparams import MEANINGS, Hyperparams
from jaxneuron.study.bad_input import BadInput, nearest
from jaxneuron.study.files import Table
from jaxneuron.study.quantity import describe, limits_in_words
from jaxneuron.study.refine import Refine
from jaxneuron.study.section import Kind, Section
from jaxneuron.study.sections import Neuron, Points, Sweep, Training
from jaxneuron.study.sources import Arrays, Synthetic, Teacher, UnitVector
from jaxneuron.study.toml import as_toml

REQUIRED, NOTHING = "required", "none"  # in place of a default

# Each table by its heading, with the name that goes before its keys.
TABLES: Mapping[str, tuple[str, type[Section]]] = {
    "[data], from files": ("data", Table),
    "[data], written out": ("data", Arrays),
    "[data], of a teacher": ("data", Synthetic),
    "[data.teacher]": ("data.teacher", Teacher),
    "[data.teacher.weight]": ("data.teacher.weight", UnitVector),
    "[neuron]": ("neuron", Neuron),
    "[training]": ("training", Training),
    "[sweep]": ("sweep", Sweep),
    "[sweep.points]": ("sweep.points", Points),
    "[sweep.refine]": ("sweep.refine", Refine),
}
WORDS = {str: "string", int: "whole number", float: "number", bool: "true or false"}


class Key(NamedTuple):
    """A key of a study.toml, in words."""

    table: str  # the heading of its table
    name: str  # with the names of its tables before it
    type: str
    default: str  # as TOML, REQUIRED or NOTHING
    meaning: str


def keys(name: str | None = None) -> list[Key]:
    """The keys of a name, or all: `sweep.learning_rate` and `learning_rate` are one of them, `data` many.

    BadInput where there is none of the name.
    """
    found = list(_all_keys())
    if name is None:
        return found
    wanted = name.strip().removeprefix("[").removesuffix("]").split(".")
    some = [key for key in found if _has(key.name.split("."), wanted)]
    if not some:
        parts = {part for key in found for part in (key.name, *key.name.split("."))}
        raise BadInput(f"{name}: is no key of a study.toml{nearest(name, sorted(parts))}")
    return some


def _has(parts: list[str], wanted: list[str]) -> bool:
    """Whether some parts of a whole name that follow one another are those that are wanted."""
    return any(parts[i : i + len(wanted)] == wanted for i in range(len(parts)))


def _all_keys() -> Iterator[Key]:
    for heading, (prefix, table) in TABLES.items():
        for name, field in table.model_fields.items():
            default, meaning = _default(table, name, field), " ".join((field.description or "").split())
            yield Key(heading, f"{prefix}.{name}", _type(name, field), default, meaning)


def _type(name: str, field: FieldInfo) -> str:
    """'whole number, at least 1'."""
    limits = [f"at least {m.ge:g}" for m in field.metadata if getattr(m, "ge", None) is not None]
    if name in MEANINGS:
        limits = [limits_in_words(MEANINGS[name])]
    return ", ".join(filter(None, [_words(field.annotation, field.metadata), *limits]))


def _words(annotation: Any, metadata: Any = ()) -> str:
    """What the values of a type are called."""
    for kind in metadata:
        if isinstance(kind, Kind):
            return kind.words
    if get_origin(annotation) is Annotated:
        return _words(get_args(annotation)[0], annotation.__metadata__)
    if get_origin(annotation) in (Union, types.UnionType):  # of what may be left out
        return _words(next(some for some in get_args(annotation) if some is not type(None)))
    if get_origin(annotation) is Literal:
        return "string"
    is_table = isinstance(annotation, type) and issubclass(annotation, Section)
    return "table" if is_table else WORDS[annotation]


def _default(table: type[Section], name: str, field: FieldInfo) -> str:
    """The default as a study.toml says it."""
    if field.is_required():
        return REQUIRED
    default = describe(field.default)
    if table is Sweep and default is None:  # what the optimizer or the activation takes then
        default = Hyperparams._field_defaults.get(name)
    return NOTHING if default is None else as_toml(default)
