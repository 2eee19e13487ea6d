"""`jaxneuron train RUN --cell N`: a neuron of a run, trained again with its steps."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from jaxneuron.study.bad_input import BadInput


def check_options(context: click.Context, of_study: Collection[str]) -> None:
    """BadInput where options of a study are given though the run has its own, or a run without --cell;
    MissingParameter where there is no run and its columns are not named."""
    given = context.params
    is_run = (given["file"] / "zarr.json").exists()
    if given["cell"] is None and is_run:
        raise BadInput(f"{given['file']}: is a run; --cell says which of its neurons to train again")
    for param in context.command.params:
        name = str(param.name)
        is_given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given["cell"] is not None and name in of_study and is_given:
            raise BadInput(f"{param.opts[0]}: is the run's own where --cell is given; leave it out")
        if given["cell"] is None and name in ("inputs", "target") and not is_given:
            raise click.MissingParameter(ctx=context, param=param)
        if given["cell"] is None and name == "replicate" and is_given:
            raise BadInput("--replicate: is a neuron of a cell of a run; it needs --cell")


def train_again(run: Path, cell: int, replicate: int) -> Any:
    """The training of one neuron of a run."""
    from jaxneuron.api import open_run, train

    address = re.sub(r"^(\w+):/(?=[^/])", r"\1://", str(run))  # as a Path it has lost a slash
    try:
        return train(open_run(address), cell=cell, replicate=replicate)
    except BadInput as error:
        is_number = str(error).startswith(("cell: ", "replicate: "))
        raise BadInput(f"{'--' if is_number else ''}{error}") from None
