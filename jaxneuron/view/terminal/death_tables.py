"""Tables of deaths for a terminal."""

import numpy as np
from rich.table import Table

from jaxneuron.analysis.axes import shown_values
from jaxneuron.analysis.deaths import SHOWN_FATES, Contrast, Deaths
from jaxneuron.analysis.in_words import half_life_in_words, share_in_words, values_in_words
from jaxneuron.analysis.intervals import Share
from jaxneuron.view.terminal.plain import plain_table

SHOWN_VALUES = 12


def deaths_tables(deaths: Deaths) -> list[Table]:
    """The shares by fate, the half-lives where there are some, and what makes the difference where something
    is swept."""
    tables = [deaths_table(deaths), half_life_table(deaths)]
    tables += [contrasts_table(deaths.contrasts)] if deaths.contrasts else []
    if deaths.weighting and tables[-1] is not None:
        tables[-1].caption = f"{tables[-1].caption}\nin all tables {deaths.weighting}"
    return [table for table in tables if table is not None]


def deaths_table(deaths: Deaths) -> Table:
    """The shares by fate at some values along the axis."""
    axis = deaths.axis
    parts = [*(deaths.fate(fate) for fate in SHOWN_FATES), deaths.dead, deaths.absorbed]
    labels = (*(fate.label for fate in SHOWN_FATES), "dead in all", "dead for good")
    table = plain_table(axis.label if axis else "", "neurons", *labels, title="Deaths")
    if axis:
        shown = shown_values(len(deaths.neurons), SHOWN_VALUES)
        for i, name in zip(shown, axis.in_words(shown), strict=True):
            shares = (_percent(share, i) for share in parts)
            table.add_row(name, f"{deaths.neurons[i]:,.0f}", *shares)
    overall = deaths.overall
    in_all = [*(overall.by_fate.at(fate) for fate in SHOWN_FATES), overall.dead, overall.absorbed]
    table.add_row("all", f"{overall.neurons:,.0f}", *map(_percent, in_all))
    cannot = "" if deaths.can_die else "; no neuron can die whose activation has a slope everywhere"
    table.caption = f"{_left_out(deaths)}in brackets: 95 % intervals in per cent (Wilson 1927){cannot}"
    return table


def half_life_table(deaths: Deaths) -> Table | None:
    """The half-life at some values along the axis, and whether neurons die exponentially."""
    found, axis = deaths.half_life, deaths.axis
    if found is None:
        return None
    table = plain_table(
        axis.label if axis else "", "died", "half-life (steps)", "exponential?", title="Half-life"
    )
    shown = shown_values(len(deaths.neurons), SHOWN_VALUES)
    for i, name in zip(shown, axis.in_words(shown) if axis else ["all"], strict=True):
        value, low, high = (half_life_in_words(float(v[i])) for v in (found.half_life, found.low, found.high))
        half_life = "nobody at risk" if np.isnan(found.half_life[i]) else f"{value} ({low}–{high})"
        test = "" if np.isnan(found.p_value[i]) else f"p = {found.p_value[i]:.2g}"
        table.add_row(name, f"{found.deaths[i]:,.1f}".removesuffix(".0"), half_life, test)
    table.caption = (
        f"{_left_out(deaths)}of deaths at steps {found.first_step:,} to {found.last_step:,}; in brackets: "
        "95 % intervals (profile likelihood); p: chi-square test that the hazard is constant"
    )
    return table


def contrasts_table(contrasts: tuple[Contrast, ...]) -> Table:
    """The swept quantities, with the share of dead neurons at the best and at the worst value of each."""
    table = plain_table(
        "what makes the difference",
        *("fewest dead", "at", "most dead", "at", "difference", "halves deaths"),
        title="Swept quantities, each pooled over all others",
    )
    for contrast in sorted(contrasts, key=lambda contrast: -contrast.difference[0]):
        difference, low, high = (100 * value for value in contrast.difference)
        fewest_at, most_at = values_in_words((contrast.fewest_at, contrast.most_at))
        table.add_row(
            contrast.label,
            _percent(contrast.fewest),
            fewest_at,
            _percent(contrast.most),
            most_at,
            f"{difference:.2f} ({low:.2f}–{high:.2f})",
            "yes" if contrast.halves else "no",
        )
    table.caption = "dead: born dead or died; differences in per cent with 95 % intervals (Newcombe 1998)"
    return table


def _left_out(deaths: Deaths) -> str:
    number = len(deaths.neurons)
    return f"{SHOWN_VALUES} of {number} values; " if number > SHOWN_VALUES else ""


def _percent(share: Share, i: int | tuple[()] = ()) -> str:
    """'27.92 % (24.52–31.59)'."""
    return "{} ({})".format(*share_in_words(share, i))
