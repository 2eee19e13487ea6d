"""Tables of a run for a terminal: fates, best cells, and what a study takes."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jaxneuron.analysis.in_words import counts_in_words
from jaxneuron.neuron.fate import Fate
from jaxneuron.store.room import size
from jaxneuron.study.counted import counted
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.terminal.plain import duration, plain_table

if TYPE_CHECKING:  # tables of one neuron name its fate, too, and do not wait for what reads runs
    from jaxneuron.analysis.run import Run
    from jaxneuron.runner.plan import OtherMethod, Plan


def fate_table(run: "Run") -> Table:
    """The share of all neurons that met each fate."""
    counts = run.pooled("fate_count").values
    table = plain_table("fate", "neurons", "share", title="Fates")
    table.add_column("which is", style="dim")
    for fate in Fate:
        share = counts[fate] / counts.sum()
        table.add_row(fate_name(fate), f"{counts[fate]:,.0f}", f"{share:.2%}", fate.rule)
    table.caption = "\n".join(counts_in_words(run))
    return table


def fate_name(fate: Fate) -> Text:
    """In its colour, as far as that is seen on black and on white."""
    return Text(fate.label, style=f"bold {FATE_COLOURS[fate]}" if fate != Fate.born_dead else "bold")


def plan_table(plan: "Plan", devices: Sequence[int]) -> RenderableType:
    """The work of a study, and its time on each of some numbers of devices."""
    measured = np.array(plan.chunk_seconds)
    slowest, quickest = _seconds(measured.max()), _seconds(measured.min())
    in_flight = counted(plan.chunks_in_flight, "chunk")
    rows = {
        "neurons": f"{plan.num_neurons:,} in {counted(plan.num_cells, 'cell')}",
        "neuron-steps": "without end"
        if math.isinf(plan.num_steps)
        else f"{plan.neuron_steps:.3g} ({plan.num_steps:,} each)",
        "chunks of work": f"{plan.num_chunks:,} of {counted(plan.chunk_size, 'neuron')}",
        "memory": f"about {size(plan.needs.memory)} a process",
        "disk": f"about {size(plan.needs.disk)}, {counted(plan.num_objects, 'file')}",
        "measured on": f"{plan.num_devices} × {plan.device}, {in_flight} at a time each",
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


def _other_method(plan: "Plan", other: "OtherMethod") -> str:
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
