"""`jaxneuron train`."""

import itertools
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.completion import OfNames
from jaxneuron.cli.paths import LocalPath
from jaxneuron.cli.replay import check_options, train_again
from jaxneuron.cli.terminal import json_option, print_items, print_json, print_log, terminal_size
from jaxneuron.store.whole_file import FIGURE, check_file
from jaxneuron.study.bad_input import BadInput


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


@click.command()
@click.argument("file", metavar="DATA", type=LocalPath())
@click.option("--input", "inputs", multiple=True, help="Column of an input; may be repeated.")
@click.option("--target", help="Column of the target.")
@click.option("--cell", type=click.IntRange(min=0), help="Of a run: the cell whose neuron is trained again.")
@click.option("--replicate", type=click.IntRange(min=0), default=0, help="Which neuron of the cell.")
@click.option("--learning-rate", type=float, default=0.1, help="Step size η.")
@click.option("--init-weight", type=float, help="Weight before step 0; drawn from N(0, 1) if not given.")
@click.option("--init-bias", type=float, default=0.0, help="Bias before step 0.")
@click.option("--no-bias", is_flag=True, help="Do not train the bias.")
@click.option("--activation", cls=OfNames, default="relu", help="relu, leaky_relu, tanh, …")
@click.option("--optimizer", cls=OfNames, default="sgd", help="sgd, momentum, adam, …")
@click.option("--momentum", type=float, help="For momentum and nesterov.  [default: 0.9]")
@click.option("--weight-decay", type=float, help="For any optimizer; adamw needs it.")
@click.option("--clip-norm", type=float, help="Norm to which larger gradients are scaled down.")
@click.option("--batch-size", type=int, help="Examples per step; all if not given.")
@click.option("--schedule", cls=OfNames, default="constant", help="Of the learning rate: constant, cosine, …")
@click.option("--final-rate", type=float, help="Share of the learning rate that a schedule ends at.")
@click.option("--warmup", type=float, help="Share of the steps in which warmup_cosine rises.")
@click.option("--method", cls=OfNames, default="steps", help="steps or jumps.")
@click.option("--num-steps", type=NumSteps(), default=10_000, help="Steps at most; by jumps inf too.")
@click.option(
    "--tolerance",
    type=float,
    default=1e-5,
    help="The loss has converged when its gradient is at most this in every component.",
)
@click.option("--precision", cls=OfNames, help="float32 or float64.  [default: float32; by jumps float64]")
@click.option("--scale", cls=OfNames, default="standard", help="standard or none.")
@click.option("--separator", help="Between fields: a character, tab or space.  [default: found]")
@click.option("--decimal", help="Of decimals: . or ,  [default: found]")
@click.option("--thousands", help="Between each three digits: , . ' or a space.  [default: none]")
@click.option("--encoding", default="utf-8", help="Of the text: utf-8, cp1252, …")
@click.option("--missing", default="refuse", help="Rows that miss a value: refuse or drop.")
@click.option(
    "--missing-value", "missing_values", multiple=True, help="A text that stands for none; may be repeated."
)
@click.option("--seed", type=int, default=0, help="For what is drawn.")
@click.option("--explain", is_flag=True, help="Walk through one full pass with its numbers.")
@click.option(
    "--units",
    type=click.Choice(["trained", "data"]),
    default="trained",
    help="Units of the steps and of --explain: as trained, or the data's.",
)
@click.option("--figure", type=LocalPath(), help="Where to draw it (.png, .svg, .pdf).")
@click.option("--no-figure", is_flag=True, help="Draw no figure.")
@click.option("--report", type=LocalPath(), help="Where to write its life, step by step (.html).")
@json_option
@click.pass_context
def train(
    context: click.Context,
    /,
    explain: bool,
    units: str,
    figure: Path | None,
    no_figure: bool,
    report: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Train one neuron on a CSV, Parquet or NPZ file until its loss has converged.

    With --cell, DATA is a run, and one of its neurons is trained again as it was.
    """
    check_options(context, {"no_bias", *itertools.chain(*_keys().values())} - {"file"})
    cell, replicate = given.pop("cell"), given.pop("replicate")
    if figure is not None and no_figure:
        raise BadInput("--no-figure: is given, and so is --figure; choose one")
    name = given["file"].stem if cell is None else f"{given['file'].stem}-cell-{cell}"
    figure = None if no_figure else figure or Path("runs", f"{name}-neuron.png")
    if figure is not None:
        check_file(figure, FIGURE, "--figure")
    if report is not None:
        from jaxneuron.view.web.page import check_page

        check_page(report, "--report")
    print_log(quiet=as_json)
    training = _train(context, given) if cell is None else train_again(given["file"], cell, replicate)

    from jaxneuron.analysis.remedies import what_helps
    from jaxneuron.analysis.why import why

    if figure is not None:
        from jaxneuron.analysis.fit import fit
        from jaxneuron.view.plots.canvas import save
        from jaxneuron.view.plots.fit import draw_fit

        save(draw_fit(fit(training)), figure)
    if report is not None:
        from jaxneuron.view.web.report import life_report

        life_report(training, report)
    made = {"figure": figure, "report": report}
    files = {name: None if path is None else str(path) for name, path in made.items()}
    if as_json:
        from jaxneuron.analysis.training_values import training_values

        print_json(**training_values(training), **files)
        return
    _print(training, explain, units)
    print_items(f"{why(training)} {what_helps(training)}".strip())
    print_items(*(f"{name}: {path}" for name, path in files.items() if path is not None))


def _print(training: Any, explain: bool, units: str) -> None:
    """Print the training's steps and how it ended, in units of a name."""
    from jaxneuron.analysis.explain import full_pass
    from jaxneuron.view.terminal.training_tables import full_pass_table, loss_table, training_summary

    if explain:
        print_items(full_pass_table(full_pass(training, units=units), training), blank=True)
    print_items(loss_table(training, units=units), blank=True)
    if size := terminal_size():
        from jaxneuron.view.terminal.training import training_picture

        print_items(training_picture(training, *size), blank=True)
    print_items(training_summary(training))


def _keys() -> dict[str, Collection[str]]:
    """The keys of a study.toml, of which many are options, by their tables."""
    from jaxneuron.study.files import Table
    from jaxneuron.study.sections import Neuron, Sweep, Training

    sections = {"data": Table, "neuron": Neuron, "training": Training, "sweep": Sweep}
    return {table: section.model_fields for table, section in sections.items()}


def _train(context: click.Context, given: dict[str, Any]) -> Any:
    """Train the one neuron of a study that has these keys and otherwise its own defaults.

    What is wrong with 'training.num_steps' is said of --num-steps.
    """
    # Not from `jaxneuron.api`, which imports all that reads a run.
    from jaxneuron.runner.program import Program
    from jaxneuron.study.study import Study

    given |= {"file": str(given["file"]), "train_bias": not given["no_bias"]}
    given["precision"] = given["precision"] or ("float64" if given["method"] == "jumps" else "float32")
    tables: dict[str, Any] = {
        table: {key: given[key] for key in keys if given.get(key) is not None}
        for table, keys in _keys().items()
    }
    try:
        program = Program(Study(**tables))
        program.log_notes()
        return program.follow(cell=0, replicate=0)
    except BadInput as error:
        where, colon, wrong = str(error).partition(": ")
        table, _, key = where.partition(".")
        options = {str(param.name): param.opts[0] for param in context.command.params}
        if table not in tables or key not in options:
            raise
        raise BadInput(f"{options[key]}{colon}{wrong}") from None
