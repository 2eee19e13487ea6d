"""`jaxneuron train`."""

import math
from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.figure import check_figure
from jaxneuron.cli.report import check_page
from jaxneuron.cli.terminal import console, print_json, terminal_size


class NumSteps(click.ParamType):
    """A whole number, also as 1e8, or inf."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if str(value) == "inf":
            return math.inf
        for convert in (int, float):  # not every whole number is a float
            try:
                number = convert(value)
            except ValueError:
                continue
            if math.isfinite(number) and number == int(number):
                return int(number)
        return self.fail(f"is {value!r}; it must be a whole number, or inf", param, ctx)


NUM_STEPS = NumSteps()


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--input", "inputs", multiple=True, required=True, help="Column of an input; may be repeated.")
@click.option("--target", required=True, help="Column of the target.")
@click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Step size η.")
@click.option("--init-weight", type=float, help="Weight before step 0; drawn from N(0, 1) if not given.")
@click.option("--init-bias", type=float, default=0.0, show_default=True, help="Bias before step 0.")
@click.option("--no-bias", is_flag=True, help="Do not train the bias.")
@click.option("--activation", default="relu", show_default=True, help="relu, leaky_relu, tanh, …")
@click.option("--optimizer", default="sgd", show_default=True, help="sgd, momentum, adam, …")
@click.option("--momentum", type=float, help="For momentum and nesterov.  [default: 0.9]")
@click.option("--weight-decay", type=float, help="For any optimizer; adamw needs it.")
@click.option("--batch-size", type=int, help="Examples per step; all if not given.")
@click.option("--method", default="steps", show_default=True, help="steps or jumps.")
@click.option(
    "--num-steps", type=NUM_STEPS, default=10_000, show_default=True, help="Steps at most; by jumps inf too."
)
@click.option(
    "--tolerance",
    type=float,
    default=1e-5,
    show_default=True,
    help="The loss has converged when its gradient is at most this in every component.",
)
@click.option("--precision", help="float32 or float64.  [default: float32; by jumps float64]")
@click.option("--scale", default="standard", show_default=True, help="standard or none.")
@click.option("--seed", type=int, default=0, show_default=True, help="For what is drawn.")
@click.option("--explain", is_flag=True, help="Walk through one full pass with its numbers.")
@click.option("--figure", type=click.Path(path_type=Path), help="Where to draw it (.png, .svg, .pdf).")
@click.option(
    "--report", type=click.Path(path_type=Path), help="Where to write its life, step by step (.html)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def train(
    data: Path,
    inputs: tuple[str, ...],
    target: str,
    learning_rate: float,
    init_weight: float | None,
    init_bias: float,
    no_bias: bool,
    activation: str,
    optimizer: str,
    momentum: float | None,
    weight_decay: float | None,
    batch_size: int | None,
    method: str,
    num_steps: float,
    tolerance: float,
    precision: str | None,
    scale: str,
    seed: int,
    explain: bool,
    figure: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Train one neuron on a CSV, Parquet or NPZ file until its loss has converged."""
    figure = figure or Path("runs") / f"{data.stem}-neuron.png"
    check_figure(figure)
    if report is not None:
        check_page(report, "--report")
    from jaxneuron.api import train as train_neuron
    from jaxneuron.study.bad_input import BadInput
    from jaxneuron.study.study import Study

    # As a study.toml would say it; what was not given keeps the study's own default.
    tables = {
        "data": {"file": str(data), "inputs": inputs, "target": target, "scale": scale},
        "neuron": {"activation": activation, "train_bias": not no_bias}
        | ({} if init_weight is None else {"init_weight": init_weight}),
        "training": {
            "optimizer": optimizer,
            "method": method,
            "num_steps": num_steps,
            "batch_size": batch_size,
            "precision": precision or ("float64" if method == "jumps" else "float32"),
            "tolerance": tolerance,
        },
        "sweep": {
            "learning_rate": learning_rate,
            "init_bias": init_bias,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "seed": seed,
        },
    }
    try:
        training = train_neuron(Study(**tables))
    except BadInput as error:
        raise BadInput(_name_option(str(error), tables)) from None

    from jaxneuron.analysis.explain import full_pass
    from jaxneuron.analysis.fit import fit
    from jaxneuron.view.plots.canvas import save
    from jaxneuron.view.plots.fit import draw_fit
    from jaxneuron.view.terminal.tables import full_pass_table, loss_table, training_summary

    save(draw_fit(fit(training)), figure)
    if report is not None:
        from jaxneuron.view.web.report import life_report

        life_report(training, report)
    if as_json:
        print_json(
            weight=training.weight.tolist(),
            bias=training.bias,
            loss=training.loss,
            gradient_norm=training.gradient_norm,
            fate=training.fate.name,
            death_step=training.death_step,
            num_steps=training.num_steps,
            losses=training.history.loss.values.tolist(),
            steps=training.history.step.values.tolist(),
            figure=str(figure),
            report=None if report is None else str(report),
        )
        return
    screen = console()
    if explain:
        screen.print(full_pass_table(full_pass(training), training))
        screen.print()
    screen.print(loss_table(training))
    screen.print()
    if size := terminal_size():
        from jaxneuron.view.terminal.training import training_picture

        screen.print(training_picture(training, *size))
        screen.print()
    screen.print(training_summary(training), soft_wrap=True)
    screen.print(f"figure: {figure}", soft_wrap=True, highlight=False)
    if report is not None:
        screen.print(f"report: {report}", soft_wrap=True, highlight=False)


def _name_option(message: str, tables: dict[str, dict[str, Any]]) -> str:
    """What is wrong with a study, said of the option that gave it: 'training.num_steps' is --num-steps."""
    where, colon, wrong = message.partition(": ")
    table, _, key = where.partition(".")
    if key not in tables.get(table, {}):
        return message
    return f"--{key.replace('_', '-').replace('inputs', 'input')}{colon}{wrong}"
