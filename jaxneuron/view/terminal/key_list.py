"""Keys of a study.toml as lines of text."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from jaxneuron.study.keys import NOTHING, REQUIRED, Key

WIDTH, INDENT = 100, 4  # in letters
QUANTITY = """A quantity is one of
    0.1                                     a number, the same for all neurons
    [0.01, 0.1, 1.0]                        an axis of these values, which increase
    { linear = [-4, 4], num = 256 }         an axis of evenly spaced values
    { log = [1e-3, 10], num = 256 }         an axis of evenly spaced logarithms
    [0.1, { linear = [2, 3], num = 401 }]   an axis of numbers and ranges, merged
    { uniform = [-1, 1] }                   drawn by each neuron
    { log_uniform = [0.1, 10] }             drawn by each neuron, with a uniform logarithm
    { normal = [0, 1] }                     drawn by each neuron: mean, standard deviation"""


def key_list(keys: Sequence[Key]) -> Iterator[str]:
    """A paragraph for each key, below the heading of its table; and what a quantity is, where one may be.

    Each is printed by itself, as no text that is printed is endless.
    """
    for table, some in groupby(keys, lambda key: key.table):
        yield table
        yield from map(_paragraph, some)
    if any(key.type.startswith("quantity") for key in keys):
        yield QUANTITY


def _paragraph(key: Key) -> str:
    default = key.default if key.default == REQUIRED else f"default: {key.default}"
    if key.default == NOTHING:
        default = "may be left out"
    meaning = textwrap.fill(
        key.meaning,
        WIDTH,
        initial_indent=" " * INDENT,
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{key.name}: {key.type} ({default})\n{meaning}"
