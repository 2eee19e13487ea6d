"""Tables for a terminal: fates, best cells, a neuron's losses, and one full pass written out."""

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jaxneuron.neuron.fate import Fate
from jaxneuron.study.run import Run
from jaxneuron.study.training import Training
from jaxneuron.view.explain import FullPass
from jaxneuron.view.fit import shown_steps
from jaxneuron.view.palette import FATE_COLOURS, FATE_LABELS

EXPLAINED_EXAMPLES = 6
EXPLAINED_INPUTS = 3

FATE_RULES = {
    Fate.diverged: "params or loss not finite, or loss far above its start",
    Fate.born_dead: "silent on every example from step 0 on",
    Fate.died: "active once, then silent to the end",
    Fate.converged: "gradient at most the tolerance",
    Fate.unsettled: "still moving, or oscillating",
}


def fate_table(run: Run) -> Table:
    """What share of all neurons met each fate."""
    counts = run.cells.fate_count.sum(run.dims).values
    table = _table("fate", "neurons", "share", title="Fates")
    table.add_column("which is", style="dim")
    for fate in Fate:
        share = counts[fate] / counts.sum()
        name = Text(
            FATE_LABELS[fate], style=f"bold {FATE_COLOURS[fate]}" if fate != Fate.born_dead else "bold"
        )
        table.add_row(name, f"{counts[fate]:,}", f"{share:.2%}", FATE_RULES[fate])
    return table


def best_table(run: Run, number: int = 5) -> Table:
    """The cells that train best, and how many are as good."""
    labels = (str(run.cells[name].attrs["long_name"]) for name in run.swept)
    table = _table(*labels, "median final loss", title="Best cells")
    for fate in Fate:
        table.add_column(FATE_LABELS[fate], justify="right")
    cells = run.best(None)
    for _, row in cells.head(number).iterrows():
        shares = (f"{row[fate.name]:.0%}" for fate in Fate)
        table.add_row(*(f"{row[name]:.5g}" for name in run.swept), f"{row.final_loss:.5g}", *shares)
    as_good = (cells.converged == 1) & (cells.final_loss <= 1.01 * cells.final_loss.min())
    table.caption = (
        f"{as_good.sum():,} of {len(cells):,} cells are as good: within 1 % of the lowest median loss, "
        "with all of their neurons converged"
    )
    return table


def loss_table(training: Training, number: int = 12) -> Table:
    """The loss at some steps of one neuron's training."""
    history = training.history
    names = [str(name) for name in history.input.values]
    weights = ["W"] if len(names) == 1 else [f"W {name}" for name in names[:EXPLAINED_INPUTS]]
    table = _table("step", "loss", *weights, "b", "dL/db", "active examples", title="Training")
    for step in shown_steps(training.num_steps, number):
        at = history.isel(step=int(step))
        shown = at.weight.values[: len(weights)]
        active = f"{int(at.num_active)} of {len(training.data.y)}"
        values = [f"{float(v):.6g}" for v in (at.loss, *shown, at.bias, at.grad_bias)]
        table.add_row(f"{step:,}", *values, active)
    return table


def training_summary(training: Training) -> Text:
    """The fitted neuron and what became of it, in two or three lines."""
    data, scaling = training.data, training.data.scaling
    terms = [f"{w:.6g}·{name}" for w, name in zip(training.weight, data.inputs, strict=True)]
    z = _sum([*terms, f"{training.bias:.6g}"])
    lines = [f"{data.target} = {training.study.neuron.activation}({z})"]
    if training.study.data.scale != "none":
        weight = training.weight / scaling.x_scale
        bias = training.bias - weight @ scaling.x_offset
        terms = [f"{w:.6g}·{name}" for w, name in zip(weight, data.inputs, strict=True)]
        z = _sum([*terms, f"{bias:.6g}"])
        lines[0] += "   in standardised units"
        lines.append(f"{data.target} = {scaling.y_scale:.6g} · {training.study.neuron.activation}({z})")
        lines[1] += "   in the data's units"
    text = Text("\n".join(lines) + "\n", style="bold")
    fate = training.fate
    text.append(FATE_LABELS[fate], style=f"bold {FATE_COLOURS[fate]}" if fate != Fate.born_dead else "bold")
    text.append(f" after {training.num_steps:,} steps: loss {training.loss:.6g}, ", style="default")
    text.append(f"largest part of the gradient {training.gradient_norm:.3g} ", style="default")
    text.append(f"(tolerance {training.study.training.tolerance:g})", style="default")
    if training.death_step >= 0:
        text.append(f", silent on every example from step {training.death_step:,} on", style="default")
    return text


def full_pass_table(numbers: FullPass, training: Training) -> RenderableType:
    """One full pass: every example's factors of the chain rule, the gradient, the update."""
    activation = training.study.neuron.activation
    names = training.data.inputs
    shown_inputs = range(min(len(names), EXPLAINED_INPUTS))
    w = "W" if len(names) == 1 else "Wⱼ"
    weights = ", ".join(f"{value:.6g}" for value in numbers.weight[:EXPLAINED_INPUTS])
    intro = Text.assemble(
        (f"One full pass, from step {numbers.step}: W = {weights}, b = {numbers.bias:.6g}\n", "bold"),
        "  z = W·x + b     ŷ = " + f"{activation}(z)     L = mean of ½(ŷ − y)²\n",
        f"  dL/d{w} = mean of (ŷ − y) · dŷ/dz · x     dL/db = mean of (ŷ − y) · dŷ/dz · 1",
    )
    columns = [*(f"x {names[j]}" if len(names) > 1 else "x" for j in shown_inputs), "y", "z", "passes?", "ŷ"]
    products = [f"product {names[j]}" if len(names) > 1 else "product for W" for j in shown_inputs]
    table = _table("example", *columns, "ŷ − y", "dŷ/dz", "dz/dW", *products, "product for b")
    num_examples = len(numbers.y)
    for i in range(min(num_examples, EXPLAINED_EXAMPLES)):
        x = numbers.x[i, : len(shown_inputs)]
        passed = numbers.error[i] * numbers.slope[i]
        cells = [*x, numbers.y[i], numbers.z[i]]
        table.add_row(
            str(i + 1),
            *(f"{value:.5g}" for value in cells),
            "yes" if numbers.slope[i] != 0 else "no",
            *(f"{value:.5g}" for value in (numbers.output[i], numbers.error[i], numbers.slope[i])),
            ", ".join(f"{value:.5g}" for value in x),
            *(f"{value:.5g}" for value in passed * x),
            f"{passed:.5g}",
        )
    passing = int((numbers.slope != 0).sum())
    rest = (
        f"  … and {num_examples - EXPLAINED_EXAMPLES:,} more; " if num_examples > EXPLAINED_EXAMPLES else "  "
    )
    summary = Text(f"{rest}{passing:,} of {num_examples:,} examples pass a gradient; loss {numbers.loss:.6g}")
    return Group(intro, table, summary, _gradient_table(numbers, training))


def _gradient_table(numbers: FullPass, training: Training) -> Table:
    optimizer, rate = training.study.training.optimizer, training.hyperparams["learning_rate"]
    rule = f"− {rate:g} · gradient" if optimizer == "sgd" else f"by {optimizer}"
    table = _table(
        "", "before", "chain rule", "jax.grad", f"update ({rule})", "after", title="Gradient and update"
    )
    names = training.data.inputs
    jax_weight = np.asarray(numbers.jax_grads.weight)
    for j in range(min(len(names), EXPLAINED_INPUTS)):
        label = "W" if len(names) == 1 else f"W {names[j]}"
        update = float(np.asarray(numbers.update.weight)[j])
        values = (
            numbers.weight[j],
            numbers.grad_weight[j],
            jax_weight[j],
            update,
            numbers.weight[j] + update,
        )
        table.add_row(label, *(f"{value:.7g}" for value in values))
    update = float(numbers.update.bias)
    bias_grad = float(numbers.jax_grads.bias) if training.study.neuron.train_bias else 0.0
    values = (numbers.bias, numbers.grad_bias, bias_grad, update, numbers.bias + update)
    table.add_row("b", *(f"{value:.7g}" for value in values))
    if numbers.next_loss is not None:
        table.caption = f"loss {numbers.loss:.6g} → {numbers.next_loss:.6g}"
    return table


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.caption_justify = "left"
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def _sum(terms: list[str]) -> str:
    return " + ".join(terms).replace("+ -", "− ")
