"""The figure of deaths: shares along an axis, incidence and hazard at some of its values, and half-lives."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from jaxneuron.analysis.deaths import SHOWN_FATES, Deaths, HalfLives
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.plots.canvas import NARROW, SCREEN, Plot, as_text, draw_band
from jaxneuron.view.plots.incidence import alike, curves_of, described_incidence, draw_curves, name_curves
from jaxneuron.view.plots.shades import colour_bar
from jaxneuron.view.plots.ticks import percent, scale, scale_by_decades, scale_by_shares, scale_by_steps


def draw_deaths(deaths: Deaths, title: str, width: float = SCREEN) -> Plot:
    """The figure of deaths, with a panel for each part that has anything to show."""
    panels = [draw_curves] if deaths.can_die or deaths.axis is None else []
    if not panels or (deaths.axis is not None and len(deaths.neurons) > 1):
        panels.insert(0, _draw_shares)
    if (deaths.hazard.hazard > 0).any():
        panels.append(_draw_hazard)
    if deaths.half_lives is not None and _are_drawn(deaths.half_lives):
        panels.append(_draw_half_lives)
    columns = 1 if width < NARROW or len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    plot = Plot(width, rows * 0.74 * width / columns + 0.6, f"Deaths: {title}", _described(deaths, title))
    with plot.styled():
        plot.name(title, alike(deaths), deaths.weighting)
        all_axes = list(plot.subplots(rows, columns, squeeze=False).flat)
        for draw, axes in zip(panels, all_axes, strict=False):
            draw(axes, deaths)
        for axes in all_axes[len(panels) :]:
            axes.remove()
        if deaths.can_die:
            name_curves(plot, deaths)
    return plot


def _described(deaths: Deaths, title: str) -> str:
    shares = "; ".join(
        f"{fate.label}: {percent(float(deaths.overall.by_fate.share[fate]))}" for fate in SHOWN_FATES
    )
    return f"Deaths of {title}. Of all neurons {shares}. {described_incidence(deaths)}"


def _are_drawn(half_lives: HalfLives) -> bool:
    """Whether there are two values of an axis, and a half-life that is known."""
    return half_lives.half_life.half_life.size > 1 and bool(np.isfinite(half_lives.half_life.half_life).any())


def _draw_shares(axes: Axes, deaths: Deaths) -> None:
    axis = deaths.axis
    assert axis is not None
    for name, share, colour in (
        *((fate.label, deaths.fate(fate), FATE_COLOURS[fate]) for fate in SHOWN_FATES),
        ("dead in all", deaths.dead, "#000000"),
    ):
        if axis.names:  # between which there is nothing
            lengths = share.share - share.low, share.high - share.share
            axes.errorbar(
                axis.values, share.share, yerr=lengths, fmt="o", color=colour, capsize=3, label=name
            )
            continue
        style = "--" if name == "dead in all" else "-"
        axes.plot(axis.values, share.share, color=colour, linestyle=style, label=name)
        draw_band(axes, axis.values, share.low, share.high, colour)
    axes.set_xlabel(as_text(axis.label))
    axes.set_ylabel("share of neurons")
    scale_by_shares(axes)
    scale(axes.xaxis, axis)
    axes.legend()


def _draw_hazard(axes: Axes, deaths: Deaths) -> None:
    edges = np.append(0, deaths.step + 1)
    for i, colour, _ in curves_of(deaths):
        value, low, high = (values[i] for values in deaths.hazard)
        # A hazard of 0 has no place on a scale of decades.
        axes.stairs(np.where(value > 0, value, np.nan), edges, baseline=None, color=colour)
        low, high = (np.append(end, end[-1]) for end in (np.where(value > 0, low, np.nan), high))
        draw_band(axes, edges, low, high, colour, step="post")
    drawn = [i for i, _, _ in curves_of(deaths)]
    shown = np.concatenate([part[drawn] for part in deaths.hazard], axis=None)
    if (shown > 0).any():
        scale_by_decades(axes.yaxis, shown[shown > 0])
    axes.set_ylabel("hazard of death per step")
    scale_by_steps(axes, int(deaths.step[-1]) + 1)


def _draw_half_lives(axes: Axes, deaths: Deaths) -> None:
    assert deaths.half_lives is not None
    x, *others = deaths.half_lives.axes
    found = deaths.half_lives.half_life
    axes.set_title(f"of deaths at steps {found.first_step:,} to {found.last_step:,}")
    if others:
        known = found.half_life[np.isfinite(found.half_life) & (found.half_life > 0)]
        norm = LogNorm(known.min(), max(known.max(), 1.01 * known.min())) if known.size else None
        colours = colormaps["viridis"].with_extremes(bad="#E6E6E6", over="#FFFFFF")
        # Where none has died the half-life is not finite: white. Grey: nobody was left to die.
        shown = np.where(np.isinf(found.half_life), np.finfo(float).max, found.half_life)
        shown = np.where(shown < known.min(initial=np.inf), known.min(initial=np.inf), shown)
        mesh = axes.pcolormesh(x.edges, others[0].edges, shown.T, norm=norm, cmap=colours, rasterized=True)
        axes.spines[:].set_visible(True)
        colour_bar(axes, mesh, "half-life in steps (white: none died)")
        axes.set_ylabel(as_text(others[0].label))
        scale(axes.yaxis, others[0])
    else:
        middle = np.where(np.isfinite(found.half_life), found.half_life, np.nan)
        axes.plot(x.values, middle, color="#404040", marker="o" if len(middle) < 30 else "")
        high = np.where(np.isfinite(found.high), found.high, np.nan)
        draw_band(axes, x.values, found.low, high, "#404040")
        scale_by_decades(axes.yaxis, middle[middle > 0])
        axes.set_ylabel("half-life in steps")
    axes.set_xlabel(as_text(x.label))
    scale(axes.xaxis, x)
