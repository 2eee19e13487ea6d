"""The results of a run as rows of tables: neurons by fate, the best cells, and deaths."""

from typing import Any

import numpy as np

from jaxneuron.analysis.axes import shown_values, swept_in_words
from jaxneuron.analysis.best import best_cells
from jaxneuron.analysis.deaths import Contrast, Deaths
from jaxneuron.analysis.in_words import half_life_in_words, share_in_words, values_in_words
from jaxneuron.analysis.intervals import Share, share_of
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate

BEST, SHOWN_VALUES = 10, 9
MOST_ROWS = 40  # of many data sets there are cells of each one


def fate_rows(run: Run) -> list[dict[str, Any]]:
    """A row for each fate: its count, share and interval, and its rule."""
    counts = run.pooled("fate_count").values
    shares = share_of(counts, np.full(counts.shape, counts.sum()))
    return [
        {
            "name": fate.name,
            "label": fate.label,
            "rule": fate.rule,
            "count": f"{counts[fate]:,.0f}",
            "width": f"{100 * float(shares.share[fate]):.4f}%",
            **_interval(shares, fate),
        }
        for fate in Fate
    ]


def best_rows(run: Run) -> dict[str, Any]:
    """The head and the rows of a table of the best cells."""
    cells = best_cells(run, BEST).head(MOST_ROWS)
    head = ["cell", *(str(run.cells[name].attrs["long_name"]) for name in run.swept)] if run.swept else []
    places = [swept_in_words(run, name, cells[name].tolist()) for name in run.swept]
    rows = [
        {
            "place": [f"{row.cell:.0f}", *(place[i] for place in places)],
            "loss": _number(row.final_loss),
            "range": f"{_number(row.final_loss_min)}–{_number(row.final_loss_max)}",
            "converged": f"{row.converged:.0%}",
            "interval": f"{100 * row.converged_low:.0f}–{100 * row.converged_high:.0f} %",
        }
        for i, (_, row) in enumerate(cells.iterrows())
    ]
    return {"head": head, "rows": rows, "as_good": run.num_as_good(), "cells": run.design.num_cells}


def death_rows(deaths: Deaths) -> dict[str, Any]:
    """Rows of deaths along an axis, with half-lives where they are known, and what makes the difference."""
    shown = shown_values(len(deaths.neurons), SHOWN_VALUES)
    names = deaths.axis.in_words(shown, 4) if deaths.axis else ["all neurons"]
    return {
        "can_die": deaths.can_die,
        "label": deaths.axis.label if deaths.axis else "",
        "rows": [_death_row(deaths, int(i), name) for i, name in zip(shown, names, strict=True)],
        "phase": deaths.half_life is not None,
        "caption": _caption(deaths, len(deaths.neurons) - len(shown)),
        "contrasts": [_contrast_row(contrast) for contrast in deaths.contrasts],
        "any": bool(deaths.dead.number.sum()),
    }


def _caption(deaths: Deaths, left_out: int) -> str:
    parts = [f"{left_out} values between are left out."] if left_out else []
    parts.append("Grey: 95 % intervals (Wilson 1927).")
    if deaths.weighting:
        parts.append(f"Pooled {deaths.weighting}.")
    if (found := deaths.half_life) is not None:
        steps = f"{found.first_step:,} to {found.last_step:,}"
        parts.append(f"Half-life of deaths at steps {steps}, intervals by the profile likelihood.")
    return " ".join(parts)


def _death_row(deaths: Deaths, i: int, name: str) -> dict[str, Any]:
    found = deaths.half_life
    parts = {"born": deaths.fate(Fate.born_dead), "died": deaths.fate(Fate.died), "dead": deaths.dead}
    row: dict[str, Any] = {name: _interval(share, i) for name, share in parts.items()}
    row["value"] = name
    if found is not None:
        ends = map(half_life_in_words, (found.low[i], found.high[i]))
        nobody = bool(np.isnan(found.half_life[i]))
        row["half_life"] = "nobody at risk" if nobody else half_life_in_words(found.half_life[i])
        row["half_life_interval"] = "" if nobody else "–".join(ends)
    return row


def _contrast_row(contrast: Contrast) -> dict[str, Any]:
    difference, low, high = (100 * value for value in contrast.difference)
    fewest_at, most_at = values_in_words((contrast.fewest_at, contrast.most_at), 4)
    return {
        "label": contrast.label,
        "fewest": f"{float(contrast.fewest.share):.1%}",
        "fewest_at": fewest_at,
        "most": f"{float(contrast.most.share):.1%}",
        "most_at": most_at,
        "difference": f"{difference:.1f} %",
        "interval": f"{low:.1f}–{high:.1f} %",
    }


def _interval(share: Share, i: int) -> dict[str, str]:
    value, interval = share_in_words(share, i)
    return {"share": value, "interval": f"{interval} %"}


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "∞"
