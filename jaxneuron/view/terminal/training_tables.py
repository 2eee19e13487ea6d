"""Tables of one neuron's training for a terminal: its steps, how it ended, and one full pass written out."""

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.analysis.explain import FullPass
from jaxneuron.analysis.fit import shown_rows
from jaxneuron.analysis.units import TRAINED, Units, equation, is_scaled, rows_in, units_of
from jaxneuron.neuron.choices import ACTIVATIONS, CONSTANT
from jaxneuron.runner.training import Training
from jaxneuron.view.terminal.plain import plain_table
from jaxneuron.view.terminal.tables import fate_name

SHOWN_EXAMPLES = 6
SHOWN_INPUTS = 3


def loss_table(training: Training, number: int = 12, units: str = TRAINED) -> Table:
    """The loss at some steps of one neuron's training, in the units of a name."""
    told = units_of(training, units)
    rows, names = rows_in(training, told), training.data.inputs
    weights = ["W"] if len(names) == 1 else [f"W {name}" for name in names[:SHOWN_INPUTS]]
    title = f"Training{_in(told, training)}"
    table = plain_table("step", "loss", *weights, "b", "dL/db", active_label(training), title=title)
    if len(names) > SHOWN_INPUTS:
        table.caption = f"the first {SHOWN_INPUTS} of {len(names)} weights"
    for row in shown_rows(training, number):
        at = rows.at(int(row))
        shown = at.weight[: len(weights)]
        active = f"{int(at.num_active)} of {len(training.data.y)}"
        values = [_number(v, 6) for v in (at.loss, *shown, at.bias, at.grad_bias)]
        table.add_row(f"{int(at.step):,}", *values, active)
    return table


def active_label(training: Training) -> str:
    """What examples with z > 0 are called: active only where no others pass a gradient."""
    can_die = ACTIVATIONS[training.study.neuron.activation].can_die
    return "active examples" if can_die else "examples with z > 0"


def training_summary(training: Training) -> Text:
    """The fitted neuron in one or two lines, and how it ended in another."""
    lines = [equation(training, units_of(training))]
    if is_scaled(training):
        lines[0] += "   in the data's units"
        lines.append(f"{equation(training, units_of(training, TRAINED))}   in standardised units")
    ended, label = ended_in_words(training), training.fate.label
    text = Text("\n".join(lines) + "\n", style="bold").append_text(fate_name(training.fate))
    told = (
        f" ({units_of(training).loss(training.loss):.6g} in the data's units)" if is_scaled(training) else ""
    )
    return text.append(
        f"{ended.removeprefix(label)}: loss {training.loss:.6g}{told}, largest part of the gradient "
        f"{training.gradient_norm:.3g} (tolerance {training.study.training.tolerance:g})",
        style="default",
    )


def _in(units: Units, training: Training) -> str:
    """', in the data's units', where there are others."""
    if not is_scaled(training):
        return ""
    return ", in standardised units" if units.name == TRAINED else ", in the data's units"


@np.errstate(all="ignore")  # a neuron that has diverged has numbers beyond all
def full_pass_table(numbers: FullPass, training: Training) -> RenderableType:
    """One full pass: every example's factors of the chain rule, the gradient, the update; in the units of its
    numbers."""
    names, num_examples = training.data.inputs, len(numbers.y)
    several = len(names) > 1
    shown = names[:SHOWN_INPUTS]
    weights = ", ".join(_number(value, 6) for value in numbers.weight[:SHOWN_INPUTS])
    more = f" and {len(names) - SHOWN_INPUTS} more" if len(names) > SHOWN_INPUTS else ""
    params = f"W = {weights}{more}, b = {_number(numbers.bias, 6)}"
    factor = "" if numbers.units.factor == 1 else f"{numbers.units.factor:.6g} · "
    intro = Text.assemble(
        (f"One full pass, from step {numbers.step}: {params}{_in(numbers.units, training)}\n", "bold"),
        f"  z = W·x + b     ŷ = {factor}{training.study.neuron.activation}(z)     L = mean of ½(ŷ − y)²\n",
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
    is_plain = settings.schedule == CONSTANT and training.study.sweep.clip_norm is None
    if numbers.units.name != TRAINED:
        rule = f"{optimizer} of the {used} in standardised units"
    elif optimizer == "sgd" and is_plain:
        rate = training.hyperparams["learning_rate"]
        rule = f"− {rate:g} · {used}" if decay is None else f"− {rate:g} · ({used} + {decay:g} · param)"
    else:
        parts = [f"{optimizer} of {used}"]
        parts += ["clipped"] if training.study.sweep.clip_norm is not None else []
        parts += [f"schedule {settings.schedule}"] if settings.schedule != CONSTANT else []
        parts += [f"weight decay {decay:g}"] if decay is not None else []
        rule = ", ".join(parts)
    batch = [] if batch_size is None else [f"batch of {batch_size}"]
    table = plain_table(
        "", "before", "chain rule", "jax.grad", *batch, f"update: {rule}", "after", title="The update"
    )
    at = rows_in(training, numbers.units).at(training.row_of(numbers.step))
    rows = [
        ("W" if len(names) == 1 else f"W {name}", *parts)
        for name, *parts in zip(
            names[:SHOWN_INPUTS],
            numbers.weight,
            numbers.grad_weight,
            np.asarray(numbers.jax_grads.weight),
            at.grad_weight,
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
