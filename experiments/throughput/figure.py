"""One figure from a results file: seconds against the number of examples, and neuron-steps per second."""

import dataclasses
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from experiments.throughput.results import Results
from experiments.throughput.table import peers_of, rate
from experiments.throughput.work import Work

# Okabe and Ito's palette, the pale ones darkened so that names can be read in them; ours have the first.
OURS, *OTHERS = (
    "#0072B2",
    "#D55E00",
    "#404040",
    "#B35C91",
    "#C98400",
    "#009E73",
    "#3A9BD1",
    "#8A5A2B",
    "#8C8C8C",
)
MARKERS = "osD^vPX*"
BAR_EXAMPLES = 1024


@dataclasses.dataclass(frozen=True)
class Curve:
    """A peer's seconds at each number of examples."""

    peer: str
    num_examples: np.ndarray
    seconds: np.ndarray


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The numbers of the figure."""

    curves: tuple[Curve, ...]
    curves_work: Work | None
    rates: dict[str, float]  # neuron-steps per second
    extrapolated: frozenset[str]
    rates_work: Work | None
    peers: tuple[str, ...]  # all of them, in the order of their colours


def comparison(results: Results) -> Comparison:
    """What the figure shows: the axis of the examples, and the ReLU work nearest to BAR_EXAMPLES."""
    points = [point for point in results.scaling if point.field == "num_examples"]
    names = list(dict.fromkeys([*peers_of(results), *(point.peer for point in points)]))
    curves = []
    for name in dict.fromkeys(point.peer for point in points):
        own = [point for point in points if point.peer == name]
        examples = np.array([point.work.num_examples for point in own])
        curves.append(Curve(name, examples, np.array([point.median for point in own])))
    plain = [one for one in results.side_by_side if (one.work.activation, one.work.num_inputs) == ("relu", 1)]
    one = min(plain, key=lambda one: abs(np.log(one.work.num_examples / BAR_EXAMPLES)), default=None)
    measured = one.measured if one else ()
    return Comparison(
        curves=tuple(curves),
        curves_work=points[0].work if points else None,
        rates={m.peer: one.work.neuron_steps / m.median for m in measured},
        extrapolated=frozenset(m.peer for m in measured if m.is_extrapolated(one.work)),
        rates_work=one.work if one else None,
        peers=tuple(names),
    )


def draw(shown: Comparison, path: Path) -> None:
    """Write the figure."""
    figure = Figure(figsize=(9, 4.6), layout="constrained", dpi=200)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    looks = _looks(shown.peers)
    if shown.curves:
        _draw_curves(left, shown, looks)
    if shown.rates:
        _draw_rates(right, shown, looks)
    if shown.curves:
        figure.legend(loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def _looks(peers: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Ours in one blue, told apart by markers; the others a colour each."""
    ours = [name for name in peers if name.startswith("jaxneuron")]
    others = [name for name in peers if name not in ours]
    looks = {name: {"color": OURS, "marker": MARKERS[i % len(MARKERS)]} for i, name in enumerate(ours)}
    return looks | {
        name: {"color": OTHERS[i % len(OTHERS)], "marker": MARKERS[i % len(MARKERS)]}
        for i, name in enumerate(others)
    }


def _draw_curves(axes: Axes, shown: Comparison, looks: dict[str, dict[str, str]]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    for curve in shown.curves:
        look = looks[curve.peer]
        axes.plot(curve.num_examples, curve.seconds, linewidth=1.6, markersize=4, label=curve.peer, **look)
    axes.set_xlabel("examples")
    axes.set_ylabel("seconds")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title(f"{shown.curves_work.size()}, full batches", fontsize=9.5, loc="left")
    axes.grid(color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_rates(axes: Axes, shown: Comparison, looks: dict[str, dict[str, str]]) -> None:
    names = sorted(shown.rates, key=shown.rates.get, reverse=True)
    values = [shown.rates[name] for name in names]
    marks = ["†" if name in shown.extrapolated else "" for name in names]
    bars = axes.barh(names, values, color=[looks[name]["color"] for name in names], height=0.7)
    labels = [f"{rate(value)}{mark}" for value, mark in zip(values, marks, strict=True)]
    axes.bar_label(bars, labels, padding=3, fontsize=8)
    axes.set_xscale("log")
    smallest, largest = min(values), max(values)
    axes.set_xlim(smallest / 3, largest * (largest / smallest) ** 0.25 * 2)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.set_xlabel("neuron-steps per second" + ("; †: extrapolated" if any(marks) else ""), fontsize=9)
    axes.set_title(shown.rates_work.label(), fontsize=9.5, loc="left")
