"""Values that a command line sets in place of those of a study.toml: `--set sweep.replicates=4`."""

import tomllib
from collections.abc import Sequence
from typing import Any, NamedTuple

from jaxneuron.study.bad_input import BadInput, nearest, shown
from jaxneuron.study.keys import keys

TABLES = ("data", "neuron", "training", "sweep")
# What begins a value of TOML that is not a number or a truth; another word that is no TOML is a string.
BEGINNINGS = ("[", "{", '"', "'")


class Setting(NamedTuple):
    """A key with the names of its tables before it, and its value."""

    key: str
    value: Any


def read_setting(text: str) -> Setting:
    """The setting of `KEY=VALUE`, where the value is TOML, or a word that needs no quotes."""
    key, equals, value = (part.strip() for part in text.partition("="))
    parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts) or not value:
        raise BadInput(f"--set: is {shown(text)}; it must be KEY=VALUE, such as sweep.replicates=4")
    if parts[0] not in TABLES:
        known = list(dict.fromkeys(found.name for found in keys()))
        if names := [name for name in known if name.split(".")[-1] == key]:
            raise BadInput(f"--set {key}: is in a table; did you mean {' or '.join(map(repr, names))}?")
        raise BadInput(f"--set {key}: is no key of a study{nearest(key, known)}")
    return Setting(".".join(parts), _value(key, value))


def apply(tables: dict[str, Any], settings: Sequence[Setting]) -> None:
    """Put the settings into the tables of a study.toml, the later ones over the earlier ones."""
    for key, value in settings:
        *path, last = key.split(".")
        table: Any = tables
        for depth, name in enumerate(path, start=1):
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                where = ".".join(path[:depth])
                raise BadInput(f"--set {key}: {where} is {shown(table)}, which has no keys")
        table[last] = value


def is_of(settings: Sequence[Setting], message: str) -> bool:
    """Whether a message that begins with a key speaks of what one of the settings has set."""
    where = message.partition(": ")[0] + "."
    return any(f"{key}.".startswith(where) or where.startswith(f"{key}.") for key, _ in settings)


def _value(key: str, text: str) -> Any:
    try:
        found = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError) as error:
        if not text.startswith(BEGINNINGS):
            return text
        raise BadInput(f"--set {key}: is {shown(text)}, which is not valid TOML ({error})") from None
    if len(found) > 1:
        raise BadInput(f"--set {key}: is {shown(text)}; it must be one value")
    return found["value"]
