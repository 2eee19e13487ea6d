"""The figure of deaths: shares along an axis, incidence and hazard at some of its values, and half-lives."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from jaxneuron.view.canvas import as_text, save
from jaxneuron.view.death_tables import SHOWN_FATES, shown_values
from jaxneuron.view.deaths import Deaths, HalfLives
from jaxneuron.view.palette import FATE_COLOURS, FATE_LABELS

SHOWN_CURVES = 7


def draw_deaths(deaths: Deaths, title: str, path: Path) -> None:
    """Write the figure as PNG, SVG or PDF, by the path's ending."""
    panels = [_draw_incidence]
    if deaths.axis is not None and len(deaths.neurons) > 1:
        panels.insert(0, _draw_shares)
    if deaths.hazard is not None:
        panels.append(_draw_hazard)
    if deaths.half_lives is not None and _are_drawn(deaths.half_lives):
        panels.append(_draw_half_lives)
    num_rows, num_columns = (2, 2) if len(panels) > 3 else (1, len(panels))
    size = {(1, 1): (6.5, 4.4), (1, 2): (11, 4.4), (1, 3): (15, 4.4), (2, 2): (11, 8.4)}[
        num_rows, num_columns
    ]
    figure = Figure(figsize=size, layout="constrained", dpi=150)
    figure.suptitle(as_text(title), fontsize=12)
    for draw, axes in zip(panels, figure.subplots(num_rows, num_columns, squeeze=False).flat, strict=True):
        draw(axes, deaths)
    if deaths.axis is not None:
        # One for the curves of incidence and of hazard.
        lines = figure.axes[panels.index(_draw_incidence)].get_lines()
        title = deaths.axis.label
        figure.legend(handles=lines, title=title, loc="outside lower center", ncols=len(lines), frameon=False)
    save(figure, path)


def _are_drawn(half_lives: HalfLives) -> bool:
    """Whether there is anything to draw: two values of an axis, and a half-life that is known."""
    return half_lives.half_life.half_life.size > 1 and bool(np.isfinite(half_lives.half_life.half_life).any())


def _draw_shares(axes: Axes, deaths: Deaths) -> None:
    axis = deaths.axis
    assert axis is not None
    for name, share, colour in (
        *((FATE_LABELS[fate], deaths.fate(fate), FATE_COLOURS[fate]) for fate in SHOWN_FATES),
        ("dead in all", deaths.dead, "#000000"),
    ):
        style = "--" if name == "dead in all" else "-"
        axes.plot(axis.values, share.share, color=colour, linestyle=style, label=name)
        axes.fill_between(axis.values, share.low, share.high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xlabel(axis.label)
    axes.set_ylabel("share of neurons")
    axes.set_ylim(-0.03, 1.03)
    if axis.is_log:
        axes.set_xscale("log")
    _tidy(axes)
    axes.legend(frameon=False)


def _draw_incidence(axes: Axes, deaths: Deaths) -> None:
    steps = np.append(deaths.step, deaths.step[-1] + 1)
    for i, colour, label in _curves(deaths):
        share, low, high = (np.append(values[i], values[i][-1]) for values in deaths.incidence[1:])
        axes.step(steps, share, where="post", color=colour, label=label)
        axes.fill_between(steps, low, high, step="post", color=colour, alpha=0.2, linewidth=0)
    axes.set_ylabel("share that has fallen silent to the end")
    axes.set_ylim(bottom=0)
    _scale_steps(axes, deaths)


def _draw_hazard(axes: Axes, deaths: Deaths) -> None:
    assert deaths.hazard is not None
    edges = np.append(0, deaths.step + 1)
    for i, colour, _ in _curves(deaths):
        value, low, high = (values[i] for values in deaths.hazard)
        # A hazard of 0 has no place on a scale of decades.
        axes.stairs(np.where(value > 0, value, np.nan), edges, baseline=None, color=colour)
        low, high = (np.append(end, end[-1]) for end in (np.where(value > 0, low, np.nan), high))
        axes.fill_between(edges, low, high, step="post", color=colour, alpha=0.2, linewidth=0)
    if (deaths.hazard.hazard > 0).any():
        axes.set_yscale("log")
    axes.set_ylabel("hazard of death per step")
    _scale_steps(axes, deaths)


def _draw_half_lives(axes: Axes, deaths: Deaths) -> None:
    assert deaths.half_lives is not None
    x, *others = deaths.half_lives.axes
    found = deaths.half_lives.half_life
    axes.set_title(f"of deaths at steps {found.first_step:,} to {found.last_step:,}", fontsize=10)
    if others:
        known = found.half_life[np.isfinite(found.half_life) & (found.half_life > 0)]
        norm = LogNorm(known.min(), max(known.max(), 1.01 * known.min())) if known.size else None
        colours = matplotlib.colormaps["viridis_r"].with_extremes(bad="#E6E6E6", over="#FFFFFF")
        # Where none has died the half-life is not finite: white. Grey: nobody was left to die.
        shown = np.where(np.isinf(found.half_life), np.finfo(float).max, found.half_life)
        mesh = axes.pcolormesh(x.edges, others[0].edges, shown.T, norm=norm, cmap=colours, rasterized=True)
        bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02, label="half-life in steps (white: none died)")
        bar.outline.set_visible(False)
        axes.set_ylabel(others[0].label)
        if others[0].is_log:
            axes.set_yscale("log")
    else:
        middle = np.where(np.isfinite(found.half_life), found.half_life, np.nan)
        axes.plot(x.values, middle, color="#404040", marker="o" if len(middle) < 30 else "")
        high = np.where(np.isfinite(found.high), found.high, np.nan)
        axes.fill_between(x.values, found.low, high, color="#404040", alpha=0.2, linewidth=0)
        axes.set_yscale("log")
        axes.set_ylabel("half-life in steps")
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(x.label)
    if x.is_log:
        axes.set_xscale("log")
    axes.minorticks_off()


def _curves(deaths: Deaths) -> Iterator[tuple[int, np.ndarray, str | None]]:
    """(number, colour, label) of the values along the axis that have a curve of their own."""
    shown = shown_values(len(deaths.neurons), SHOWN_CURVES)
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(shown)))
    for i, colour in zip(shown, colours, strict=True):
        yield i, colour, f"{deaths.axis.values[i]:.3g}" if deaths.axis else None


def _scale_steps(axes: Axes, deaths: Deaths) -> None:
    # Step 0 has its place, to the left of step 1.
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(0, deaths.step[-1] + 1)
    axes.set_xlabel("step")
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
