"""Four cases of born dead that are worked out to six digits, each with a million neurons."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

from experiments.bias.theory import born_dead, born_dead_of_drawn
from experiments.known_answers import standard_errors
from experiments.studies import swept
from jaxneuron import Fate, Study
from jaxneuron.analysis.intervals import Share, share_of

DRAWN = {"normal": [0.0, 1.0]}
# (smallest and largest input, initial bias)
CASES: tuple[tuple[tuple[float, float], Any], ...] = (
    ((-1.0, 1.0), -0.5),
    ((0.5, 2.0), 0.3),
    ((-1.0, 1.0), DRAWN),
    ((0.0, 1.0), DRAWN),
)


class Worked(NamedTuple):
    """What was found in one case, and what is known."""

    inputs: tuple[float, float]
    bias: Any
    found: Share
    known: float
    errors: float


def work_out(folder: Path, replicates: int = 1_000_000) -> list[Worked]:
    """The share born dead in each case; no step need be taken for it."""
    return [_work_out(*case, folder / f"bias-worked-{i}.zarr", replicates) for i, case in enumerate(CASES)]


def _work_out(inputs: tuple[float, float], bias: Any, out: Path, replicates: int) -> Worked:
    tables: dict[str, Any] = {
        "data": {"x": list(inputs), "y": [1.0, 1.0]},
        "training": {"num_steps": 0},
        "sweep": {"learning_rate": 0.1, "init_bias": bias, "replicates": replicates},
    }
    counts = swept(Study(**tables), out).cells.fate_count.values[0]
    found = share_of(counts[Fate.born_dead], counts.sum())
    known = (
        born_dead_of_drawn(np.array(1.0), *inputs) if bias is DRAWN else born_dead(np.array(bias), *inputs)
    )
    return Worked(inputs, bias, found, float(known), float(standard_errors(found.share, known, counts.sum())))


def worked_table(cases: list[Worked]) -> Table:
    """A row a case."""
    table = Table(box=None, pad_edge=False)
    for name in ("inputs", "initial bias", "born dead", "95 % interval", "known", "standard errors"):
        table.add_column(name, justify="left" if name == "inputs" else "right")
    for case in cases:
        bias = "N(0, 1)" if case.bias is DRAWN else f"{case.bias:g}"
        low, high = case.inputs
        _, share, least, most = case.found
        table.add_row(
            *(f"[{low:g}, {high:g}]", bias, f"{share:.6f}", f"{least:.6f}–{most:.6f}"),
            *(f"{case.known:.6f}", f"{case.errors:.1f}"),
        )
    return table
