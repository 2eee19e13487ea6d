"""The option to look at a run before its end, and what is said of it then."""

import sys
from typing import TYPE_CHECKING, Any

import click

from jaxneuron.study.bad_input import visible

if TYPE_CHECKING:
    from jaxneuron.api import Run

partial_option = click.option(
    "--partial", is_flag=True, help="Of a run that is not whole, look at what is done so far."
)


def open_part(path: str, partial: bool) -> "tuple[Run, dict[str, Any]]":
    """(the run at a path, what JSON says of it where a part is asked for); a line on stderr says how much of
    it is there, where that is not all."""
    from jaxneuron.analysis.in_words import part_in_words
    from jaxneuron.api import open_run

    run = open_run(path, partial=partial)
    if words := part_in_words(run):
        print(visible(f"{path}: {words}"), file=sys.stderr)
    numbers = {"neurons_done": run.neurons_done, "num_neurons": run.attrs["num_neurons"]}
    return run, numbers if partial else {}
