"""What was found, as tables: for a terminal, and as CSV."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from rich.table import Table
from scipy.stats import quantile_test

from experiments.half_life.decay import (
    BEYOND_END,
    FIRST_BEYOND,
    FIRST_STEP,
    Decay,
    Exponential,
    half_life_of,
    half_lives_beyond_end,
    hazard_of,
)
from experiments.half_life.variations import Variation
from jaxneuron import Fate
from jaxneuron.analysis.intervals import CONFIDENCE, Share

SCALED_EDGES = np.array([0.0, 1.0, 1.2, 1.4, 1.5, 1.6, 1.7, 1.8, 2.0, 2.2, 2.8])


def cells_frame(decay: Decay) -> pd.DataFrame:
    """A row for each data set and rate; the half-life is of those that did not converge."""
    found = half_life_of(decay, decay.moving)
    dataset, rate = np.indices(decay.neurons.shape)
    columns = {
        "dataset": dataset,
        "limit": np.broadcast_to(decay.limit[:, None].round(4), dataset.shape),
        "learning_rate": decay.rate[rate].round(4),
        **{fate.name: decay.by_fate[..., fate] for fate in (Fate.converged, Fate.died, Fate.unsettled)},
        "half_life": found.half_life.round(1),
        "low": found.low.round(1),
        "high": found.high.round(1),
        "p_value": found.p_value.round(4),
    }
    return pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})


def hazards_frame(decay: Decay, dataset: int) -> pd.DataFrame:
    """The hazard over time for each rate, of one data set and of all: a row for each bin of steps."""
    frames = []
    for name, of in ((str(dataset), np.arange(len(decay.limit)) == dataset), ("all", True)):
        for i, rate in enumerate(decay.rate):
            cells = (np.arange(len(decay.rate)) == i) & np.reshape(of, (-1, 1))
            edges, found = hazard_of(decay, np.broadcast_to(cells, decay.neurons.shape))
            columns = {"first_step": edges[:-1], "last_step": edges[1:] - 1}
            columns |= {field: [f"{v:.3g}" for v in values] for field, values in found._asdict().items()}
            frames.append(pd.DataFrame({"dataset": name, "learning_rate": round(rate, 4), **columns}))
    return pd.concat(frames)


def variations_frame(found: list[Variation]) -> pd.DataFrame:
    """A row for each data set."""
    frames = (
        pd.DataFrame(
            {
                "inputs": one.inputs,
                "examples": one.examples,
                "dataset": np.arange(len(one.end)),
                "limit": one.decay.limit.round(4),
                "end_over_limit": one.end.round(4),
            }
        )
        for one in found
    )
    return pd.concat(frames)


def write(frame: pd.DataFrame, path: Path) -> None:
    """As CSV."""
    frame.to_csv(path, index=False)


def scaled_table(decay: Decay) -> Table:
    """By the rate over the data set's limit: what became of the neurons, and the half-lives of the cells."""
    found = half_life_of(decay, decay.moving)
    table = Table(
        box=None, pad_edge=False, title=f"Rate over the data set's limit; {decay.edges[-1] - 1} steps"
    )
    names = ("rate/limit", "cells", "converged", "died", "unsettled", "no deaths", "none left", "half-life")
    for name in (*names, "10 % – 90 %"):
        table.add_column(name, justify="right")
    for low, high in itertools.pairwise(SCALED_EDGES):
        cells = (decay.scaled >= low) & (decay.scaled < high)
        if not cells.any():
            continue
        by_fate = decay.by_fate[cells].sum(0) / decay.neurons[cells].sum()
        shares = (f"{by_fate[fate]:.4f}" for fate in (Fate.converged, Fate.died, Fate.unsettled))
        values = found.half_life[cells & (decay.scaled > 1)]
        kinds = (f"{np.isinf(values).sum()}", f"{np.isnan(values).sum()}") if len(values) else ("–", "–")
        known = values[~np.isnan(values)]
        quantiles = np.quantile(known, [0.5, 0.1, 0.9], method="nearest") if len(known) else [np.nan] * 3
        middle, few, many = ("–" if np.isnan(quantile) else f"{quantile:.0f}" for quantile in quantiles)
        table.add_row(f"{low:.1f} – {high:.1f}", f"{cells.sum()}", *shares, *kinds, middle, f"{few} – {many}")
    table.caption = (
        f"no deaths, none left: cells in which none died after step {FIRST_STEP}, or none was left to; "
        "half-lives in steps, of those that did not converge"
    )
    return table


def hazard_table(decay: Decay, rows: list[tuple[str, np.ndarray]]) -> Table:
    """The hazard over time, of some cells each: in every bin of steps, with its interval."""
    table = Table(box=None, pad_edge=False, title="Hazard of death per step, in 10⁻⁴, with 95 % intervals")
    for name in ("steps", *(name for name, _ in rows)):
        table.add_column(name, justify="right")
    found = [hazard_of(decay, cells) for _, cells in rows]
    edges = found[0][0]
    for i, (first, after) in enumerate(itertools.pairwise(edges)):
        texts = []
        for _, one in found:
            value, low, high = (1e4 * values[i] for values in one)
            texts.append("–" if np.isnan(value) else f"{value:.3g} ({low:.2g}–{high:.2g})")
        table.add_row(f"{first} – {after - 1}", *texts)
    return table


def exponential_table(rows: list[tuple[str, Exponential]]) -> Table:
    """In how many cells the test refuses a constant hazard."""
    table = Table(box=None, pad_edge=False, title="Is it exponential? Cells in which the test says no")
    for name in ("neurons", "from step", "cells", "at 5 %", "at 1 %"):
        table.add_column(name, justify="left" if name == "neurons" else "right")
    for name, row in rows:
        shares = (_percent(share) for share in (row.refused_at_5, row.refused_at_1))
        table.add_row(name, f"{row.first_step}", f"{row.cells}", *shares)
    return table


def variations_table(found: list[Variation]) -> Table:
    """Where the phase without deaths ends, over the limit, and the half-life a little beyond."""
    table = Table(box=None, pad_edge=False, title="End of the phase without deaths, over the limit")
    names = ("inputs", "examples", "limit 2/λ", "median end", "smallest", "largest", "data sets with none")
    for name in (*names, "half-life beyond"):
        table.add_column(name, justify="right")
    for one in found:
        # A phase that does not end in sight ends late.
        ends = np.where(np.isnan(one.end), np.inf, one.end)
        numbers = np.median(one.decay.limit), np.median(ends), ends.min(), ends.max()
        texts = (f"{number:.2f}" if np.isfinite(number) else "–" for number in numbers)
        beyond = half_lives_beyond_end(one.decay)
        low, high = quantile_test(beyond, p=0.5).confidence_interval(CONFIDENCE)
        half = f"{np.median(beyond):.0f} ({low:.0f}–{high:.0f})"
        none = f"{np.isinf(ends).sum()} of {len(ends)}"
        table.add_row(f"{one.inputs}", f"{one.examples}", *texts, none, half)
    low, high = BEYOND_END
    table.caption = f"half-life: the median of cells at {low} to {high} ends, from step {FIRST_BEYOND} on"
    return table


def _percent(share: Share) -> str:
    value, low, high = (100 * float(v) for v in share[1:])
    return f"{value:.0f} % ({low:.0f}–{high:.0f})"
