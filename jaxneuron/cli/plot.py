"""`jaxneuron plot`."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from jaxneuron.cli.figure import check_figure
from jaxneuron.cli.terminal import console, print_json

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
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--show", type=click.Choice(list(TAKES)), default="maps", show_default=True, help="Which figure."
)
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
@click.option(
    "--width", type=float, default=7.0, show_default=True, help="In inches: 3.3 is a column, 7 a page."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def plot(run: str, file: Path, show: str, width: float, as_json: bool, **options: Any) -> None:
    """Draw a figure of a run as a .png, .svg or .pdf file."""
    check_figure(file, "FILE")
    given = {name: value for name, value in options.items() if value not in (None, ())}
    _check_taken(show, given)
    if "at" in given:
        given["at"] = _values(given["at"])
    from jaxneuron.api import open_run
    from jaxneuron.view.plots.canvas import save
    from jaxneuron.view.plots.run_plots import RunPlots

    figure = _figure_of(RunPlots(open_run(run)), show, given)(width=width)
    save(figure, file)
    if as_json:
        print_json(figure=str(file), description=figure.description)
    else:
        console().print(f"figure: {file}", soft_wrap=True, highlight=False)


def _figure_of(plots: Any, show: str, given: dict[str, Any]) -> Callable[..., Any]:
    """The method that draws what is asked for, with what was given for it."""
    from jaxneuron.study.bad_input import BadInput

    if show in ("curves", "incidence") and "over" in given:
        (along, *more) = given.pop("over")
        if more:
            raise BadInput(f"--over: {show} are drawn over one axis, and {1 + len(more)} were given")
        given["along"] = along
    return partial(plots if show == "maps" else getattr(plots, show), **given)


def _check_taken(show: str, given: Iterable[str]) -> None:
    from jaxneuron.study.bad_input import BadInput

    for name in given:
        if name not in TAKES[show]:
            takers = ", ".join(figure for figure, names in TAKES.items() if name in names)
            raise BadInput(f"--{name}: --show {show} does not take it; it is for {takers}")


def _values(pairs: Sequence[str]) -> dict[str, float]:
    """What --at gives: a value for each name."""
    from jaxneuron.study.bad_input import BadInput

    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            values[name.strip()] = math.nan
        if not math.isfinite(values[name.strip()]):
            raise BadInput(f"--at: is {pair!r}; it must be NAME=VALUE, such as momentum=0.9")
    return values
