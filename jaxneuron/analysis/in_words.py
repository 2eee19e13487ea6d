"""Numbers, names and settings as words for figures, tables and pages."""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxneuron.analysis.rest import at_rest_in_words
from jaxneuron.population.quadtree import shape_at
from jaxneuron.study.counted import counted

if TYPE_CHECKING:  # not for `status`, which is quick
    from jaxneuron.analysis.intervals import Share
    from jaxneuron.analysis.refinement import Refinement
    from jaxneuron.analysis.run import Run
    from jaxneuron.study.sections import Training as StudyTraining

LONGEST_NAME, MOST_NAMES = 40, 3
# What is counted beside the fates, by the name of its count: digits of its share in per cent, and what it is.
COUNTS = {
    "fixed_count": (1, "fixed: their params no longer change by a bit"),
    "cycling_count": (3, "cycling: they go round for ever"),
    "undecided_count": (3, "undecided: their active examples changed too often, or too late, to be followed"),
}


def printable(text: str) -> str:
    """Text without what no font and no file can hold: control characters, and halves of characters."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cs") else c for c in text
    )


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name from a data file, printable and cut where it is very long."""
    name = printable(name)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def columns_in_words(inputs: Sequence[str], target: str) -> str:
    """'income → foodexp'; of many inputs the first few."""
    shown = [shortened(name) for name in inputs[:MOST_NAMES]] + ["…"] * (len(inputs) > MOST_NAMES)
    return f"{', '.join(shown)} → {shortened(target)}"


def steps_in_words(training: "StudyTraining") -> str:
    """'1,000 steps of sgd', 'sgd without end, by jumps'."""
    by = ", by jumps" if training.method == "jumps" else ""
    optimizer = one_of(training.optimizer)
    if math.isinf(training.num_steps):
        return f"{optimizer} without end{by}"
    return f"{counted(int(training.num_steps), 'step')} of {optimizer}{by}"


def one_of(value: Any) -> str:
    """A value, or the values of a list: 'relu or tanh', '8, 16 or 32'."""
    *others, last = value if isinstance(value, (list, tuple)) else [value]
    return f"{', '.join(map(str, others))} or {last}" if others else str(last)


def part_in_words(run: "Run") -> str:
    """'so far, 1,024 of 4,096 neurons (25.0 %)'; '' of a run that is whole."""
    done, total = run.neurons_done, run.attrs["num_neurons"]
    return (
        "" if run.is_whole else f"so far, {done:,} of {counted(total, 'neuron')} ({100 * done / total:.1f} %)"
    )


def number_in_words(value: float) -> str:
    """A number with four digits, or 'not finite'."""
    return f"{value:.4g}" if math.isfinite(value) else "not finite"


def values_in_words(
    values: Iterable[float | str], least: int = 5, among: Iterable[float | str] | None = None
) -> list[str]:
    """Values with so many digits, at least `least`, that different ones look different, among themselves or
    among others; names as they are."""
    values = list(values)
    if any(isinstance(value, str) for value in values):
        return [str(value) for value in values]
    digits = digits_of(values if among is None else among, least)
    return [f"{value:.{digits}g}" for value in values]


def digits_of(values: Iterable[Any], least: int) -> int:
    """The significant digits with which no two of some values look alike, and none like a 1 that it is not:
    a momentum of 0.9999999 is no momentum of 1."""
    ordered = np.unique([*values, 1.0])
    gaps = np.diff(ordered[np.isfinite(ordered)])
    sizes = np.maximum(np.abs(ordered[1:]), np.abs(ordered[:-1]))[: len(gaps)]
    closest = float(np.min(gaps / sizes, initial=1.0))
    return min(max(least, math.ceil(-math.log10(closest)) + 1), 17)


def loss_in_words(loss: float, smallest: float, largest: float, run: "Run") -> str:
    """A quantile or the mean of a cell's losses, as exactly as their histogram gives it.

    It is exact where the smallest and the largest loss of the cell are alike, and within half a bin
    elsewhere; in the first bin, which begins at 0, there is only an upper bound.
    """
    if not math.isfinite(loss):
        return "∞"
    first_bin_end = float(run.cells.final_loss_bin.values[1])
    if largest <= 1.001 * smallest:
        return f"{loss:.5g}"
    return f"< {min(largest, first_bin_end):.2g}" if loss < first_bin_end else f"≈ {loss:.2g}"


def counts_in_words(run: "Run") -> list[str]:
    """'12.3% are fixed: …' or 'none are …', for all that the run counts of its neurons beside their fates."""
    total = float(run.pooled("fate_count").sum())
    lines = [f"{run.weighting}; {refined_in_words(run.refinement)}"] if run.refinement else []
    for name, (digits, what) in COUNTS.items():
        if name in run.cells:
            count = float(run.pooled(name))
            lines.append(f"{f'{count / total:.{digits}%}' if count else 'none'} are {what}")
    return [*lines, *filter(None, [at_rest_in_words(run)])]


def share_in_words(share: "Share", i: int | tuple[()] = ()) -> tuple[str, str]:
    """('27.92 %', '24.52–31.59'): one of several shares, and its 95 % interval in per cent."""
    value, low, high = (100 * float(part[i]) for part in (share.share, share.low, share.high))
    return f"{value:.2f} %", f"{low:.2f}–{high:.2f}"


def half_life_in_words(steps: float) -> str:
    """A number of steps, whole where they are many."""
    return "∞" if math.isinf(steps) else f"{steps:,.0f}" if steps >= 100 else f"{steps:.3g}"


def refined_in_words(refinement: "Refinement | None") -> str:
    """'63 cells and 1,908 more where they differ, to level 4: 1 of 6.4 that a grid as fine has'."""
    if refinement is None:
        return ""
    of_grid, number = math.prod(refinement.num), len(refinement.chosen.levels)
    times = math.prod(shape_at(refinement.num, refinement.level)) / number
    return (
        f"{counted(of_grid, 'cell')} and {number - of_grid:,} more where they differ, to level "
        f"{refinement.level}: 1 of {times:,.{1 if times < 100 else 0}f} that a grid as fine has"
    )
