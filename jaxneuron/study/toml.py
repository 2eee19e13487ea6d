"""Values as a study.toml says them. The standard library reads TOML, and does not write it."""

import json
import math
from collections.abc import Mapping
from typing import Any


def document(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables with their keys, a line each."""
    parts = (
        "\n".join([f"[{name}]", *(f"{key} = {as_toml(value)}" for key, value in table.items())])
        for name, table in tables.items()
    )
    return "\n\n".join(parts) + "\n"


def as_toml(value: Any) -> str:
    """A string, number, truth, list or table of these, in one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {as_toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, str):  # JSON's escapes are TOML's, which has one letter more to escape
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value)
