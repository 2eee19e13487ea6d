"""Names from data files for eyes, without what cannot be written, cut where they are very long; numbers."""

import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # not for `status`, which is quick
    from jaxneuron.study.study import Training as StudyTraining

LONGEST_NAME, MOST_NAMES = 40, 3


def printable(text: str) -> str:
    """Text without what no font and no file can hold: control characters, and halves of characters."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cs") else c for c in text
    )


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name from a data file, cut where it is very long."""
    name = printable(name)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def number_in_words(value: float) -> str:
    """A number with four digits; in words where it is none."""
    return f"{value:.4g}" if math.isfinite(value) else "not finite"


def columns_in_words(inputs: Sequence[str], target: str) -> str:
    """'income → foodexp'; of many inputs the first few."""
    shown = [shortened(name) for name in inputs[:MOST_NAMES]] + ["…"] * (len(inputs) > MOST_NAMES)
    return f"{', '.join(shown)} → {shortened(target)}"


def steps_in_words(training: "StudyTraining") -> str:
    """'1,000 steps of sgd', 'sgd without end, by jumps'."""
    by = ", by jumps" if training.method == "jumps" else ""
    if math.isinf(training.num_steps):
        return f"{training.optimizer} without end{by}"
    return f"{training.num_steps:,} steps of {training.optimizer}{by}"
