"""Tables of a run for a terminal: fates, best cells, and what a study takes."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jaxneuron.analysis.in_words import counts_in_words, loss_in_words
from jaxneuron.analysis.rest import at_rest_in_words
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.plan import OtherMethod, Plan
from jaxneuron.store.room import size
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.terminal.plain import duration, plain_table


def fate_table(run: Run) -> Table:
    """The share of all neurons that met each fate."""
    counts = run.cells.fate_count.sum(run.dims).values
    table = plain_table("fate", "neurons", "share", title="Fates")
    table.add_column("which is", style="dim")
    for fate in Fate:
        share = counts[fate] / counts.sum()
        table.add_row(fate_name(fate), f"{counts[fate]:,}", f"{share:.2%}", fate.rule)
    table.caption = "\n".join(counts_in_words(run))
    return table


def fate_name(fate: Fate) -> Text:
    """In its colour, as far as that is seen on black and on white."""
    return Text(fate.label, style=f"bold {FATE_COLOURS[fate]}" if fate != Fate.born_dead else "bold")


def best_table(run: Run, number: int = 5) -> Table:
    """The cells that train best, and how many are as good as these."""
    labels = (str(run.cells[name].attrs["long_name"]) for name in run.swept)
    table = plain_table(*labels, "median final loss", *(fate.label for fate in Fate), title="Best cells")
    smallest, largest = (run.cells[f"final_loss_{end}"].values.ravel() for end in ("min", "max"))
    for _, row in run.best(number).iterrows():
        median = loss_in_words(row.final_loss, smallest[int(row.cell)], largest[int(row.cell)], run)
        shares = (f"{row[fate.name]:.0%}" for fate in Fate)
        table.add_row(*(f"{row[name]:.5g}" for name in run.swept), median, *shares)
    num_cells = run.design.num_cells
    table.caption = (
        f"{run.num_as_good():,} of {num_cells:,} cells are as good as any: all of their neurons converged to "
        "within 1 % of the lowest loss"
    )
    return table


def interval_table(cells: pd.DataFrame, run: Run, by: str) -> Table:
    """The rows of a run's `best_cells`: shares with the 95 % intervals that a cell's neurons allow."""
    swept = list(cells.columns)[1 : list(cells.columns).index("neurons")]
    labels = (name.replace("_", " ").replace("init ", "initial ") for name in swept)
    loss = f"{by} final loss" if by in ("median", "mean") else f"{by} quantile of final loss"
    table = plain_table("cell", *labels, "neurons", loss, *(fate.label for fate in Fate), title="Best cells")
    for _, row in cells.iterrows():
        shares = (
            f"{row[f.name]:.0%} ({100 * row[f'{f.name}_low']:.0f}–{100 * row[f'{f.name}_high']:.0f})"
            for f in Fate
        )
        values = (f"{row[name]:.5g}" for name in swept)
        table.add_row(
            f"{row.cell:.0f}",
            *values,
            f"{row.neurons:,.0f}",
            loss_in_words(row.final_loss, row.final_loss_min, row.final_loss_max, run),
            *shares,
        )
    table.caption = "in brackets: 95 % intervals of the shares, in per cent (Wilson 1927)"
    if (tied := int(cells.tied.sum())) > 1:
        table.caption += f"; the first {tied:,} are equally good"
    if words := at_rest_in_words(run):
        table.caption += f"\n{words}"
    return table


def plan_table(plan: Plan, devices: Sequence[int]) -> RenderableType:
    """The work of a study, and its time on each of some numbers of devices."""
    measured = np.array(plan.chunk_seconds)
    slowest, quickest = _seconds(measured.max()), _seconds(measured.min())
    rows = {
        "neurons": f"{plan.num_neurons:,} in {plan.num_cells:,} cells",
        "neuron-steps": "without end"
        if math.isinf(plan.num_steps)
        else f"{plan.neuron_steps:.3g} ({plan.num_steps:,} each)",
        "chunks of work": f"{plan.num_chunks:,} of {plan.chunk_size:,} neurons",
        "memory": f"about {size(plan.needs.memory)} a process",
        "disk": f"about {size(plan.needs.disk)}, {plan.num_objects:,} files",
        "measured on": f"{plan.num_devices} × {plan.device}, {plan.chunks_in_flight} chunks at a time each",
        "a chunk": f"{_seconds(np.median(measured))} (median of {len(measured)}; {quickest} to {slowest})",
        "neurons a second": f"{plan.neurons_per_second:,.0f}",
        "to begin": f"{_seconds(plan.seconds_to_begin)} for data, compiling and the first chunk",
    }
    if plan.other is not None:
        rows[f"by {plan.other.method}"] = _other_method(plan, plan.other)
    table = plain_table("", "", title="Plan")
    table.show_header, table.columns[1].justify = False, "left"
    for name, value in rows.items():
        table.add_row(name, value)
    times = plain_table("devices", "time (h:mm:ss)", "device-hours")
    for number in devices:
        seconds = plan.seconds(number)
        times.add_row(f"{number:,}", str(duration(seconds)), f"{number * seconds / 3600:,.3g}")
    return Group(table, Text(), times)


def _other_method(plan: Plan, other: OtherMethod) -> str:
    """'about 120 times faster: 1,234,567 neurons a second (method = "jumps", precision = "float64")'."""
    times = plan.times_faster or 0.0
    compared = f"{times:,.3g} times as fast" if times >= 1 else f"{1 / times:,.3g} times as slow"
    about = "at most about" if other.is_scaled and times < 1 else "about"
    return (
        f"{about} {compared}: {other.neurons_per_second:,.3g} neurons a second "
        f'(method = "{other.method}", precision = "float64")'
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s"
