"""The figures: the planes, a sequence of zooms, the shares by scale, and the artefacts by zoom."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from experiments.fractal_edge.cases import CASES
from experiments.fractal_edge.fates import End, Plane, ends_of
from experiments.fractal_edge.zooms import ZOOM, cells, zoom
from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import FATE_COLOURS

COLOURS = {
    End.diverged: FATE_COLOURS[Fate.diverged],
    End.dead: FATE_COLOURS[Fate.died],
    End.converged: FATE_COLOURS[Fate.converged],
    End.cycles: FATE_COLOURS[Fate.unsettled],
    End.undecided: "#ffffff",
}
LABELS = {
    "init_weight": "initial weight",
    "init_bias": "initial bias",
    "learning_rate": "learning rate",
    "target_scale": "scale of the targets",
}
PIXELS = 300
WAYS = {"boxes": ("o", "boxes of 64 points"), "pairs": ("s", "pairs"), "growth": ("^", "growth of nudges")}


def draw_planes(path: Path) -> None:
    """The ends in the planes of all cases."""
    figure = Figure(figsize=(11, 6), layout="constrained", dpi=150)
    axes = figure.subplots(2, 4).ravel()
    for ax, case in zip(axes, CASES.values(), strict=True):
        _draw_ends(ax, case.plane, np.zeros(2), 1)
        (across, left, right), (up, low, high) = case.plane.across, case.plane.up
        ax.set_xticks([0, 1], [f"{left:g}", f"{right:g}"])
        ax.set_yticks([0, 1], [f"{low:g}", f"{high:g}"])
        ax.set_xlabel(LABELS[across], labelpad=-8)
        ax.set_ylabel(LABELS[up], labelpad=-12)
        ax.set_title(case.plane.name, fontsize=9)
    figure.legend(handles=_patches(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path)


def draw_zooms(path: Path, number: int = 9) -> None:
    """Windows of sides 1 to 10⁻⁸ on the boundary of two cases."""
    figure = Figure(figsize=(11, 5.6), layout="constrained", dpi=150)
    rows = figure.subplots(2, 5)
    for name, axes in zip(("three", "engel"), rows, strict=True):
        plane = CASES[name].plane
        corners = zoom(partial(ends_of, plane), number, np.random.default_rng(7)).astype(float)
        for ax, depth in zip(axes, range(0, number, 2), strict=True):
            _draw_ends(ax, plane, corners[depth], float(ZOOM) ** -depth)
            ax.set_xticks([])
            ax.set_yticks([])
            ax.set_title("1" if depth == 0 else f"$10^{{-{depth}}}$", fontsize=9)
        axes[0].set_ylabel(plane.name)
    figure.legend(handles=_patches(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path)


def draw_dimensions(cases: dict[str, Any], path: Path) -> None:
    """The shares by scale, with what their slopes say."""
    figure = Figure(figsize=(11, 5.6), layout="constrained", dpi=150)
    axes = figure.subplots(2, 4, sharey=True).ravel()
    for ax, case in zip(axes, cases.values(), strict=True):
        for name, share in case["shares"].items():
            if name not in case["dimension"]:
                continue
            value, low, high = case["dimension"][name]
            marker, label = WAYS[name]
            found = np.where(np.array(share) > 0, share, np.nan)
            text = f"{label}: D = {value:.3f} ({low:.3f}, {high:.3f})"
            ax.loglog(case["scales"], found, marker, markersize=3, label=text)
        ax.set_title(case["name"], fontsize=9)
        ax.legend(frameon=False, fontsize=6, loc="lower right")
        ax.set_xlabel("ε, in sides of the plane")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[::4]:
        ax.set_ylabel("share that meets the boundary")
    figure.savefig(path)


def draw_precision(found: dict[str, Any], path: Path) -> None:
    """The share of wrong cells by the side of the window."""
    figure = Figure(figsize=(8, 3.4), layout="constrained", dpi=150)
    for ax, (name, shares) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        for way, marker in (("float32", "o"), ("float64", "s"), ("jumps", "^")):
            ax.semilogx(shares["side"], shares[way], marker + "-", markersize=4, linewidth=0.8, label=way)
        ax.set_title(CASES[name].plane.name, fontsize=9)
        ax.set_xlabel("side of the window, in sides of the plane")
        ax.invert_xaxis()
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize=8)
    figure.axes[0].set_ylabel("share of cells with another end")
    figure.savefig(path)


def _draw_ends(ax: Axes, plane: Plane, corner: np.ndarray, side: float) -> None:
    ends = ends_of(plane, cells(corner, side, PIXELS)).reshape(PIXELS, PIXELS)
    colours = ListedColormap([COLOURS[end] for end in End])
    ax.imshow(
        ends,
        cmap=colours,
        vmin=-0.5,
        vmax=len(End) - 0.5,
        origin="lower",
        extent=(0, 1, 0, 1),
        interpolation="none",
    )


def _patches() -> list[Patch]:
    return [Patch(color=COLOURS[end], label=end.name) for end in list(End)[:-1]]
