"""What experiments do with their studies: take them with other settings, and sweep them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from jaxneuron import BadInput, Run, Study, read_study, sweep
from jaxneuron.study.study import resolved

# Where the runs of an experiment that makes several go.
runs_folder = click.option(
    "--folder", type=click.Path(path_type=Path), default="runs", show_default=True, help="Of the runs."
)


def swept(study: Path | Study, out: Path) -> Run:
    """The run of a study, resumed where it was stopped; bad input ends the program in one line."""
    try:
        return sweep(study if isinstance(study, Study) else read_study(study), out)
    except BadInput as error:
        raise click.UsageError(str(error)) from None


def with_settings(study: Study, **tables: Mapping[str, Any]) -> Study:
    """The study with other values in some of its tables, as they would stand in its file."""
    resolved_tables = resolved(study)
    for name, settings in tables.items():
        resolved_tables[name] |= settings
    return Study(**resolved_tables)
