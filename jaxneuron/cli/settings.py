"""The option that sets keys of a study.toml on the command line."""

from collections.abc import Sequence

import click

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value for a key of the study, such as sweep.replicates=4; may be repeated.",
)


def as_options(settings: Sequence[str]) -> list[str]:
    """The options that set the same again, as words of a command line."""
    return [word for setting in settings for word in ("--set", setting)]
