"""`jaxneuron refine`."""

from typing import Any

import click

from jaxneuron.cli.options import engine_of, engine_options
from jaxneuron.cli.paths import RunPath
from jaxneuron.cli.terminal import json_option, print_items, print_json, print_log, quiet_option, resumable
from jaxneuron.study.bad_input import BadInput


@click.command()
@click.argument("run", type=RunPath())
@click.option("--depth", type=int, help="How often the axes are halved.  [default: as the study says, or 6]")
@click.option("--quantity", help="What differs: fate, dead, …  [default: as the study says, or fate]")
@click.option("--by", type=float, help="The largest difference of cells that count as alike; not of fates.")
@click.option("--most-cells", type=int, help="The most new cells in all.  [default: the study's, or 2²²]")
@engine_options
@quiet_option
@json_option
def refine(
    run: str, workers: int | None, engine: str, address: str | None, quiet: bool, as_json: bool, **given: Any
) -> None:
    """Train new cells of a run where neighbouring ones differ, level by level.

    Stopped and started again, it resumes where it was; asked for a greater depth, it goes on from there.
    """
    from jaxneuron.api.refining import refine_run
    from jaxneuron.store.location import Location

    is_quiet = quiet or as_json
    print_log(is_quiet)
    trainer, options = engine_of(engine, workers, address)
    given = {name: value for name, value in given.items() if value is not None}
    words = [word for name, value in given.items() for word in (_option(name), str(value))]
    with resumable(["jaxneuron", "refine", run, *words, *options], is_quiet) as progress:
        refine_run(Location(run), _settings(run, given), progress, engine=trainer)

    from jaxneuron.analysis.in_words import refined_in_words
    from jaxneuron.api import open_run

    opened = open_run(run)
    if as_json:
        num_cells, refinement = opened.design.num_cells, opened.refinement
        print_json(
            run=run,
            num_cells=num_cells,
            num_added=num_cells - opened.grid.design.num_cells,
            level=0 if refinement is None else refinement.level,
            num_neurons=opened.attrs["num_neurons"],
        )
    elif not quiet:
        print_items(f"run: {run}, {refined_in_words(opened.refinement) or 'whose cells do not differ'}")


def _settings(run: str, given: dict[str, Any]) -> Any:
    """How the run is to be refined; what is wrong with `most_cells` is said of --most-cells."""
    from jaxneuron.api.refining import settings_of

    try:
        return settings_of(run, **given)
    except BadInput as error:
        name, colon, wrong = str(error).partition(": ")
        raise BadInput(f"{_option(name) if name in (*given, 'by') else name}{colon}{wrong}") from None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
