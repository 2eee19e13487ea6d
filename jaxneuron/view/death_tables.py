"""Tables of deaths for a terminal."""

import numpy as np
from rich.table import Table

from jaxneuron.view.deaths import Contrast, Deaths
from jaxneuron.view.intervals import Share, share_of
from jaxneuron.view.tables import plain_table

SHOWN_VALUES = 12


def deaths_table(deaths: Deaths) -> Table:
    """Born dead and died at some values along the axis."""
    axis = deaths.axis
    parts = (deaths.born_dead, deaths.died, deaths.dead)
    label = axis.label if axis else ""
    table = plain_table(label, "neurons", "born dead", "died", "dead in all", title="Deaths")
    if axis:
        for i in shown_values(len(deaths.neurons), SHOWN_VALUES):
            shares = (_percent(share, i) for share in parts)
            table.add_row(f"{axis.values[i]:.5g}", f"{deaths.neurons[i]:,}", *shares)
    total = deaths.neurons.sum()
    table.add_row("all", f"{total:,}", *(_percent(share_of(share.number.sum(), total)) for share in parts))
    left_out = len(deaths.neurons) - SHOWN_VALUES
    more = f"{SHOWN_VALUES} of {len(deaths.neurons)} values; " if left_out > 0 else ""
    table.caption = f"{more}in brackets: 95 % intervals in per cent (Wilson 1927)"
    return table


def contrasts_table(contrasts: tuple[Contrast, ...]) -> Table:
    """What is swept, and how many neurons are dead at the best and at the worst of its values."""
    table = plain_table(
        "what makes the difference",
        *("fewest dead", "at", "most dead", "at", "difference", "halves deaths"),
        title="What is swept, pooled over all else",
    )
    for contrast in sorted(contrasts, key=lambda contrast: -contrast.difference[0]):
        apart, low, high = (100 * value for value in contrast.difference)
        table.add_row(
            contrast.label,
            _percent(contrast.fewest),
            f"{contrast.fewest_at:.5g}",
            _percent(contrast.most),
            f"{contrast.most_at:.5g}",
            f"{apart:.2f} ({low:.2f}–{high:.2f})",
            "yes" if contrast.halves else "no",
        )
    table.caption = "dead: born dead or died; differences in per cent with 95 % intervals (Newcombe 1998)"
    return table


def shown_values(number: int, most: int) -> np.ndarray:
    """Which of so many values are shown: all, or some that are evenly spaced, the first and the last too."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(int))


def _percent(share: Share, i: int | None = None) -> str:
    value, low, high = (100 * float(v if i is None else v[i]) for v in share[1:])
    return f"{value:.2f} % ({low:.2f}–{high:.2f})"
