"""The phase diagram: share of neurons by fate and the median final loss, over what is swept."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure

from jaxneuron.neuron.fate import Fate
from jaxneuron.population.design import DATASET, POINT
from jaxneuron.population.summary import quantile
from jaxneuron.study.run import Run
from jaxneuron.view.axes import MapAxis, map_axis
from jaxneuron.view.canvas import as_text, save
from jaxneuron.view.palette import FATE_COLOURS, FATE_LABELS

LINEAR_ACTIVATIONS = ("relu", "leaky_relu", "identity")  # slope 1 where all examples are active


@dataclasses.dataclass(frozen=True)
class PhaseDiagram:
    """The numbers of a phase diagram.

    In a grid `shares[fate]` and `final_loss` have dims (*axes in order); among points they have the one
    dim of the points, as do the values of each axis. `pooled` is what neurons are pooled over: what a grid
    sweeps besides the axes, and data sets; `others` is what points differ in besides the axes.
    `stability_limit` is a learning rate, of several data sets the smallest.
    """

    axes: tuple[MapAxis, ...]
    shares: Mapping[Fate, np.ndarray]
    final_loss: np.ndarray
    is_grid: bool
    pooled: tuple[str, ...]
    others: tuple[str, ...]
    stability_limit: float | None
    title: str


def phase_diagram(run: Run) -> PhaseDiagram:
    """The phase diagram over the first two things that are swept, the learning rate before all others."""
    swept = [name for name in run.swept if name != DATASET]
    names = tuple(swept[:2])
    is_grid, has_datasets = POINT not in run.dims, DATASET in run.dims
    kept = names if is_grid else (POINT,)
    counts = run.pooled("fate_count", kept)
    total = counts.sum("fate")
    data = run.attrs["data"]
    others = tuple(map_axis(run, name).label for name in swept[2:])
    return PhaseDiagram(
        axes=tuple(map_axis(run, name) for name in names),
        shares={fate: (counts.isel(fate=fate) / total).values for fate in Fate},
        final_loss=_median_loss(run, kept),
        is_grid=is_grid,
        pooled=(*(["data sets"] if has_datasets else []), *(others if is_grid else ())),
        others=() if is_grid else others,
        stability_limit=_stability_limit(run),
        title=f"{', '.join(data['inputs'])} → {data['target']}: {run.attrs['num_neurons']:,} neurons, "
        f"{run.study.training.num_steps:,} steps of {run.study.training.optimizer}",
    )


def _median_loss(run: Run, kept: tuple[str, ...]) -> np.ndarray:
    """The median final loss along the dims that are kept."""
    rest = [dim for dim in run.dims if dim not in kept]
    if not rest:  # the histograms of all cells need not be in memory at once
        return run.final_loss().values
    cells = run.cells
    return quantile(
        run.pooled("final_loss_count", kept).values,
        cells.final_loss_min.min(rest).values,
        cells.final_loss_max.max(rest).values,
        np.append(cells.final_loss_bin.values, np.inf),
        probability=0.5,
    )


def _stability_limit(run: Run) -> float | None:
    """2/λ_max, where it means something: plain full-batch gradient descent on a locally quadratic loss."""
    study = run.study
    plain = study.training.optimizer == "sgd" and study.training.batch_size is None
    linear = study.neuron.activation in LINEAR_ACTIVATIONS and study.sweep.weight_decay is None
    return run.attrs["data"]["stability_limit"] if plain and linear else None


def draw_phase_diagram(diagram: PhaseDiagram, path: Path) -> None:
    """Write the diagram as PNG, SVG or PDF, by the path's ending."""
    figure = Figure(figsize=(11, 6.8), layout="constrained", dpi=150)
    hows = {"pooled over": diagram.pooled, "which differ too in": diagram.others}
    remarks = [f" ({how} {', '.join(names)})" for how, names in hows.items() if names]
    figure.suptitle(as_text("".join([diagram.title, *remarks])), fontsize=12)
    if not diagram.axes:
        _draw_bars(figure, diagram)
    elif len(diagram.axes) == 1:
        _draw_curves(figure, diagram)
    else:
        _draw_maps(figure, diagram)
    save(figure, path)


def _draw_maps(figure: Figure, diagram: PhaseDiagram) -> None:
    grid = figure.subplots(2, 3, sharex=True, sharey=True)
    for fate, axes in zip(Fate, grid.flat, strict=False):
        colours = LinearSegmentedColormap.from_list(fate.name, ["#FFFFFF", FATE_COLOURS[fate]], bad="#E6E6E6")
        mesh = _draw_map(axes, diagram, diagram.shares[fate], cmap=colours, vmin=0, vmax=1)
        bar = figure.colorbar(mesh, ax=axes, pad=0.02, format=lambda share, _: f"{share:.0%}")
        bar.outline.set_visible(False)
        axes.set_title(f"{FATE_LABELS[fate]}: {np.nanmean(diagram.shares[fate]):.1%}")
    axes = grid.flat[len(Fate)]
    positive = diagram.final_loss[np.isfinite(diagram.final_loss) & (diagram.final_loss > 0)]
    if len(positive):
        norm = LogNorm(positive.min(), max(positive.max(), positive.min() * 1.01))
        # A loss of 0 has no logarithm, and is shown as the lowest that has one.
        shown = np.where(np.isfinite(diagram.final_loss), diagram.final_loss.clip(positive.min()), np.nan)
        mesh = _draw_map(axes, diagram, shown, cmap="cividis_r", norm=norm)
        figure.colorbar(mesh, ax=axes, pad=0.02).outline.set_visible(False)
    axes.set_title("median final loss")
    for axes in grid.flat:
        _scale_axes(axes, diagram)
    for axes in grid[-1]:
        axes.set_xlabel(diagram.axes[0].label)
    for axes in grid[:, 0]:
        axes.set_ylabel(diagram.axes[1].label)
    _name_limit(figure, grid.flat[0])


def _draw_map(axes: Axes, diagram: PhaseDiagram, values: np.ndarray, **colours):
    x = diagram.axes[0]
    if diagram.is_grid:
        y = diagram.axes[1]
        # Rasterised: as vectors, a mesh of 512 × 512 makes an SVG of 50 MB.
        return axes.pcolormesh(x.edges, y.edges, values.T, rasterized=True, **colours)
    heights = diagram.axes[1].values
    return axes.scatter(x.values, heights, c=values, s=14, edgecolors="#999999", linewidths=0.3, **colours)


def _scale_axes(axes: Axes, diagram: PhaseDiagram) -> None:
    x, *others = diagram.axes
    if x.is_log:
        axes.set_xscale("log")
    if others and others[0].is_log:
        axes.set_yscale("log")
    # Six maps of minor ticks take longer to lay out than all the rest to draw.
    axes.minorticks_off()
    limit = diagram.stability_limit
    if limit is not None and x.name == "learning_rate" and x.values.min() < limit < x.values.max():
        name = rf"$2/\lambda_{{\max}}$ = {limit:.3g}"
        axes.axvline(limit, color="#000000", linewidth=1, linestyle="--", label=name)


def _name_limit(figure: Figure, axes: Axes) -> None:
    lines, labels = axes.get_legend_handles_labels()
    if lines:
        text = f"{labels[0]}, the stability limit where all examples are active"
        figure.legend(lines[:1], [text], loc="outside lower center", frameon=False)


def _draw_curves(figure: Figure, diagram: PhaseDiagram) -> None:
    top, bottom = figure.subplots(2, 1, sharex=True)
    x = diagram.axes[0]
    order = np.argsort(x.values)
    places, marker = x.values[order], "o" if len(order) < 30 else ""
    for fate in Fate:
        shares = diagram.shares[fate][order]
        top.plot(places, shares, color=FATE_COLOURS[fate], marker=marker, label=FATE_LABELS[fate])
    top.set_ylabel("share of neurons")
    top.set_ylim(-0.03, 1.03)
    bottom.plot(places, diagram.final_loss[order], color="#404040", marker=marker)
    if (diagram.final_loss[np.isfinite(diagram.final_loss)] > 0).any():
        bottom.set_yscale("log")
    bottom.set_ylabel("median final loss")
    bottom.set_xlabel(x.label)
    for axes in (top, bottom):
        _scale_axes(axes, diagram)
        axes.spines[["top", "right"]].set_visible(False)
    top.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _draw_bars(figure: Figure, diagram: PhaseDiagram) -> None:
    axes = figure.subplots()
    shares = [float(diagram.shares[fate].ravel()[0]) for fate in Fate]
    bars = axes.barh([FATE_LABELS[f] for f in Fate], shares, color=[FATE_COLOURS[f] for f in Fate])
    axes.bar_label(bars, [f"{share:.2%}" for share in shares], padding=4)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12)
    axes.set_xlabel(f"share of neurons (median final loss {float(diagram.final_loss.ravel()[0]):.4g})")
    axes.spines[["top", "right"]].set_visible(False)
