"""What was found, as tables: for a terminal, and as CSV."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from rich.table import Table

from experiments.activations.compare import Row
from experiments.activations.outcomes import OUTCOMES, Outcomes
from jaxneuron.analysis.intervals import Share

LABELS = ("data", "steps", "rates", "activation")


def outcomes_table(rows: Sequence[Row]) -> Table:
    """A row for each activation, data set and range of rates; shares in per cent."""
    table = _table("What became of the neurons, in per cent with 95 % intervals", *OUTCOMES)
    for row in rows:
        outcomes = (_percent(Share(*(values[i] for values in row.outcomes))) for i in range(len(OUTCOMES)))
        table.add_row(*_labels(row), *outcomes)
    return table


def losses_table(rows: Sequence[Row]) -> Table:
    """The same rows: final losses, and what became of those that are dead under ReLU."""
    table = _table(
        "What it costs", "median loss", "lowest loss", "within 1 % of the lowest of all", "rescued"
    )
    for row in rows:
        median = f"{row.median.value:.5f} ({row.median.low:.5f}–{row.median.high:.5f})"
        table.add_row(
            *_labels(row), median, f"{row.best:.5f}", _percent(row.best_of_all), _percent(row.rescued)
        )
    table.caption = "rescued: trained, of those that are dead under relu"
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, title=title)
    for name in (*LABELS, *columns):
        table.add_column(name, justify="left" if name in LABELS and name != "steps" else "right")
    return table


def _labels(row: Row) -> tuple[str, ...]:
    return row.data, f"{row.num_steps}", row.rates, row.activation


def rows_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """The same as columns of numbers."""

    def flat(name: str, values: tuple[np.ndarray, ...] | tuple[float, ...]) -> dict[str, float]:
        ends = (f"{name}_low", f"{name}_high")
        return {key: float(f"{value:.6g}") for key, value in zip((name, *ends), values, strict=True)}

    return pd.DataFrame(
        {
            "data": row.data,
            "steps": row.num_steps,
            "rates": row.rates,
            "activation": row.activation,
            "neurons": int(row.outcomes.number.sum()),
            **{
                key: value
                for i, name in enumerate(OUTCOMES)
                for key, value in flat(name, tuple(v[i] for v in row.outcomes[1:])).items()
            },
            **flat("median_loss", row.median),
            "best_loss": float(f"{row.best:.6g}"),
            **flat("best_of_all", row.best_of_all[1:]),
            **flat("rescued", row.rescued[1:]),
        }
        for row in rows
    )


def rates_frame(found: Mapping[str, Sequence[Outcomes]]) -> pd.DataFrame:
    """The number of neurons by outcome, for each data set, activation and learning rate."""
    return pd.DataFrame(
        {
            "data": data,
            "activation": one.activation,
            "learning_rate": float(f"{rate:.6g}"),
            **{name: int((outcome == i).sum()) for i, name in enumerate(OUTCOMES)},
        }
        for data, outcomes in found.items()
        for one in outcomes
        for rate, outcome in zip(one.learning_rate, one.outcome, strict=True)
    )


def _percent(share: Share) -> str:
    value, low, high = (100 * float(v) for v in share[1:])
    return "–" if np.isnan(value) else f"{value:.1f} ({low:.1f}–{high:.1f})"
