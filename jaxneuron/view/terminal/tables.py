"""Tables for a terminal: fates, best cells, a neuron's losses, and one full pass written out."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jaxneuron.analysis.explain import FullPass
from jaxneuron.analysis.fit import shown_rows
from jaxneuron.analysis.in_words import counts_in_words, loss_in_words
from jaxneuron.analysis.rest import at_rest_in_words
from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.plan import OtherMethod, Plan
from jaxneuron.runner.training import Training
from jaxneuron.store.room import size
from jaxneuron.view.palette import FATE_COLOURS
from jaxneuron.view.terminal.plain import duration, plain_table

SHOWN_EXAMPLES = 6
SHOWN_INPUTS = 3


def fate_table(run: Run) -> Table:
    """The share of all neurons that met each fate."""
    counts = run.cells.fate_count.sum(run.dims).values
    table = plain_table("fate", "neurons", "share", title="Fates")
    table.add_column("which is", style="dim")
    for fate in Fate:
        share = counts[fate] / counts.sum()
        table.add_row(_fate_name(fate), f"{counts[fate]:,}", f"{share:.2%}", fate.rule)
    table.caption = "\n".join(counts_in_words(run))
    return table


def _fate_name(fate: Fate) -> Text:
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


def loss_table(training: Training, number: int = 12) -> Table:
    """The loss at some steps of one neuron's training."""
    history = training.history
    names = training.data.inputs
    weights = ["W"] if len(names) == 1 else [f"W {name}" for name in names[:SHOWN_INPUTS]]
    table = plain_table("step", "loss", *weights, "b", "dL/db", "active examples", title="Training")
    if len(names) > SHOWN_INPUTS:
        table.caption = f"the first {SHOWN_INPUTS} of {len(names)} weights"
    for row in shown_rows(training, number):
        at = history.isel(step=int(row))
        shown = at.weight.values[: len(weights)]
        active = f"{int(at.num_active)} of {len(training.data.y)}"
        values = [_number(v, 6) for v in (at.loss, *shown, at.bias, at.grad_bias)]
        table.add_row(f"{int(at.step):,}", *values, active)
    return table


def training_summary(training: Training) -> Text:
    """The fitted neuron and its fate, in two or three lines."""
    data, scaling, fate = training.data, training.data.scaling, training.fate

    def output(weight: np.ndarray, bias: float) -> str:
        terms = [f"{w:.6g}·{name}" for w, name in zip(weight, data.inputs, strict=True)]
        z = " + ".join([*terms, f"{bias:.6g}"]).replace("+ -", "− ")
        return f"{training.study.neuron.activation}({z})"

    lines = [f"{data.target} = {output(training.weight, training.bias)}"]
    if training.study.data.scale != "none":
        weight = training.weight / scaling.x_scale
        in_units = output(weight, float(training.bias - weight @ scaling.x_offset))
        lines[0] += "   in standardised units"
        lines.append(f"{data.target} = {scaling.y_scale:.6g} · {in_units}   in the data's units")
    text = Text("\n".join(lines) + "\n", style="bold").append_text(_fate_name(fate))
    end = (
        f" after {training.num_steps:,} steps: loss {training.loss:.6g}, largest part of the gradient "
        f"{training.gradient_norm:.3g} (tolerance {training.study.training.tolerance:g})"
    )
    if training.death_step >= 0:
        end += f", silent on every example from step {training.death_step:,} on"
    return text.append(end, style="default")


def full_pass_table(numbers: FullPass, training: Training) -> RenderableType:
    """One full pass: every example's factors of the chain rule, the gradient, the update."""
    names, num_examples = training.data.inputs, len(numbers.y)
    several = len(names) > 1
    shown = names[:SHOWN_INPUTS]
    weights = ", ".join(_number(value, 6) for value in numbers.weight[:SHOWN_INPUTS])
    more = f" and {len(names) - SHOWN_INPUTS} more" if len(names) > SHOWN_INPUTS else ""
    params = f"W = {weights}{more}, b = {_number(numbers.bias, 6)}"
    intro = Text.assemble(
        (f"One full pass, from step {numbers.step}: {params}\n", "bold"),
        f"  z = W·x + b     ŷ = {training.study.neuron.activation}(z)     L = mean of ½(ŷ − y)²\n",
        "  dL/dW = mean of (ŷ − y) · dŷ/dz · dz/dW     where dz/dW = x\n",
        "  dL/db = mean of (ŷ − y) · dŷ/dz · dz/db     where dz/db = 1",
    )
    table = plain_table(
        "",
        *(f"x {name}" if several else "x" for name in shown),
        *("y", "z", "passes", "ŷ", "ŷ − y", "dŷ/dz"),
        *(f"for W {name}" if several else "for W" for name in shown),
        "for b",
        title="Each example, and its part of the gradient",
    )
    table.padding = (0, 1)
    for i in range(min(num_examples, SHOWN_EXAMPLES)):
        x = numbers.x[i, : len(shown)]
        passed = numbers.error[i] * numbers.slope[i]
        forward = (*x, numbers.y[i], numbers.z[i])
        backward = (numbers.output[i], numbers.error[i], numbers.slope[i], *(passed * x), passed)
        passes = "yes" if numbers.slope[i] != 0 else "no"
        table.add_row(
            str(i + 1), *(_number(v, 4) for v in forward), passes, *(_number(v, 4) for v in backward)
        )
    rest = f"  … and {num_examples - SHOWN_EXAMPLES:,} more; " if num_examples > SHOWN_EXAMPLES else "  "
    passing = int((numbers.slope != 0).sum())
    summary = Text(
        f"{rest}{passing:,} of {num_examples:,} examples pass a gradient; loss {_number(numbers.loss, 6)}"
    )
    return Group(intro, table, summary, _gradient_table(numbers, training))


def _gradient_table(numbers: FullPass, training: Training) -> Table:
    """The gradient over all examples, and the update that the optimizer made of it."""
    settings, names = training.study.training, training.data.inputs
    optimizer, batch_size = settings.optimizer, settings.batch_size
    used = "gradient" if batch_size is None else "batch"
    decay = training.hyperparams.get("weight_decay")
    if optimizer == "sgd":
        rate = training.hyperparams["learning_rate"]
        rule = f"− {rate:g} · {used}" if decay is None else f"− {rate:g} · ({used} + {decay:g} · param)"
    else:
        rule = f"{optimizer} of {used}" + (f", weight decay {decay:g}" if decay is not None else "")
    batch = [] if batch_size is None else [f"batch of {batch_size}"]
    table = plain_table(
        "", "before", "chain rule", "jax.grad", *batch, f"update: {rule}", "after", title="The update"
    )
    at = training.history.isel(step=training.row_of(numbers.step))
    rows = [
        ("W" if len(names) == 1 else f"W {name}", *parts)
        for name, *parts in zip(
            names[:SHOWN_INPUTS],
            numbers.weight,
            numbers.grad_weight,
            np.asarray(numbers.jax_grads.weight),
            at.grad_weight.values,
            np.asarray(numbers.update.weight),
            strict=False,
        )
    ]
    bias_grad = float(numbers.jax_grads.bias) if training.study.neuron.train_bias else 0.0
    update = float(numbers.update.bias)
    rows.append(("b", numbers.bias, numbers.grad_bias, bias_grad, float(at.grad_bias), update))
    for label, before, by_hand, by_jax, by_batch, update in rows:
        values = (before, by_hand, by_jax, *([by_batch] if batch else []), update, before + update)
        table.add_row(Text(label), *(_number(value, 7) for value in values))
    if numbers.next_loss is not None:
        table.caption = f"loss {_number(numbers.loss, 6)} → {_number(numbers.next_loss, 6)}"
    return table


def _number(value: float | np.ndarray, digits: int) -> str:
    return f"{float(value) + 0.0:.{digits}g}"  # + 0.0: a zero has no sign
