"""A study.toml to begin with, whose comments are the descriptions of its keys."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from jaxneuron.study.keys import TABLES, keys
from jaxneuron.study.toml import as_toml

WIDTH = 100
# A thousand cells of a few neurons: enough for a map, and trained in seconds.
RATES = {"log": [0.001, 10.0], "num": 32}
BIASES = {"linear": [-2.0, 2.0], "num": 32}
REPLICATES = 16


def first_tables(file: str, inputs: Sequence[str], target: str) -> dict[str, dict[str, Any]]:
    """The tables of a study that sweeps learning rates and initial biases on a file of data."""
    return {
        "data": {"file": file, "inputs": inputs, "target": target, "scale": "standard"},
        "neuron": {"activation": "relu", "init_weight": {"normal": [0.0, 1.0]}},
        "training": {"optimizer": "sgd", "num_steps": 1000},
        "sweep": {"learning_rate": RATES, "init_bias": BIASES, "replicates": REPLICATES, "seed": 0},
    }


def template(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a study.toml with these tables."""
    head = "A study for `jaxneuron sweep`. `jaxneuron keys` says what each key may be."
    return "\n".join([_comment(head), *(_table(name, given) for name, given in tables.items())]) + "\n"


def _table(name: str, given: Mapping[str, Any]) -> str:
    """A table with the keys that are given, each below its description, and the names of the others."""
    heading = next(heading for heading, (prefix, _) in TABLES.items() if prefix == name)
    known = {key.name.removeprefix(f"{name}."): key.meaning for key in keys() if key.table == heading}
    lines = ["", f"[{name}]"]
    for key, value in given.items():
        lines += [_comment(known[key]), f"{key} = {as_toml(value)}"]
    if others := [key for key in known if key not in given]:
        lines.append(_comment(f"Other keys: {', '.join(others)}."))
    return "\n".join(lines)


def _comment(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)
