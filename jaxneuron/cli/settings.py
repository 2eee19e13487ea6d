"""The options of what trains a study.toml: other values for its keys, and a run that it extends."""

from collections.abc import Sequence

import click

from jaxneuron.cli.paths import RunPath

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value for a key of the study, such as sweep.replicates=4; may be repeated.",
)

extend_option = click.option(
    "--extend",
    type=RunPath(),
    help="A run of the same study with fewer replicates, from which what is done is taken over.",
)


def as_options(settings: Sequence[str], extend: str | None = None) -> list[str]:
    """The options that ask for the same again, as words of a command line."""
    options = [("--set", setting) for setting in settings] + ([("--extend", extend)] if extend else [])
    return [word for option in options for word in option]
