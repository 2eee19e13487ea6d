"""`jaxneuron plot`."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.options import open_part, partial_option
from jaxneuron.cli.paths import LocalPath, RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json, working
from jaxneuron.store.whole_file import FIGURE, check_file
from jaxneuron.study.bad_input import BadInput

# What each figure takes of the options.
TAKES = {
    "maps": ("over", "at", "others"),
    "map": ("quantity", "over", "at", "others"),
    "curves": ("quantity", "over", "at", "others"),
    "panels": ("quantity", "over", "by", "at", "others"),
    "importance": ("quantity",),
    "incidence": ("over",),
    "surface": (),
}


@click.command()
@click.argument("run", type=RunPath())
@click.argument("file", type=LocalPath())
@click.option("--show", type=click.Choice(list(TAKES)), default="maps", help="Which figure.")
@click.option("--quantity", help="What is shown: dead, died, final_loss, half_life, …  [default: dead]")
@click.option("--over", multiple=True, help="Axis of the figure; may be repeated.  [default: the first]")
@click.option("--by", help="What differs between panels.")
@click.option(
    "--at", multiple=True, metavar="NAME=VALUE", help="Hold it at the nearest value; may be repeated."
)
@click.option(
    "--others",
    type=click.Choice(["pooled", "lowest", "highest"]),
    help="What is done with all else that is swept.  [default: pooled]",
)
@click.option("--width", type=float, default=7.0, help="In inches: 3.3 is a column, 7 a page.")
@partial_option
@json_option
def plot(run: str, file: Path, show: str, width: float, partial: bool, as_json: bool, **options: Any) -> None:
    """Draw a figure of a run as a .png, .svg or .pdf file."""
    check_file(file, FIGURE, "FILE")
    given = {name: value for name, value in options.items() if value not in (None, ())}
    _check_taken(show, given)
    if "at" in given:
        given["at"] = _values(given["at"])
    if show in ("curves", "incidence") and "over" in given:
        (given["along"], *more) = given.pop("over")
        if more:
            raise BadInput(f"--over: {show} are drawn over one axis, and {1 + len(more)} were given")
    from jaxneuron.view.plots.canvas import save

    opened, part = open_part(run, partial)
    with working(f"drawing {file}", quiet=as_json):
        plots = opened.plot
        figure = (plots if show == "maps" else getattr(plots, show))(**given, width=width)
        save(figure, file)
    if as_json:
        print_json(figure=str(file), description=figure.description, **part)
    else:
        print_items(f"figure: {file}")


def _check_taken(show: str, given: Iterable[str]) -> None:
    """BadInput where an option is given that the figure does not take."""
    for name in given:
        if name not in TAKES[show]:
            takers = ", ".join(figure for figure, names in TAKES.items() if name in names)
            raise BadInput(f"--{name}: --show {show} does not take it; it is for {takers}")


def _values(pairs: Sequence[str]) -> dict[str, float | str]:
    """What --at gives: a value for each name."""
    values: dict[str, float | str] = {}
    for pair in pairs:
        name, _, text = (part.strip() for part in pair.partition("="))
        try:
            value = float(text)
        except ValueError:
            value = text
        if not text or (isinstance(value, float) and not math.isfinite(value)):
            raise BadInput(f"--at: is {pair!r}; it must be NAME=VALUE, such as momentum=0.9")
        values[name] = value
    return values
