"""`jaxneuron keys`."""

import click

from jaxneuron.cli.terminal import json_option, print_items, print_json


@click.command()
@click.argument("name", required=False)
@json_option
def keys(name: str | None, as_json: bool) -> None:
    """Say what the keys of a study.toml are called, may be and mean: all of them, or those of a NAME such as
    sweep.learning_rate, learning_rate or data."""
    from jaxneuron.study.keys import keys as keys_of

    found = keys_of(name)
    if as_json:
        print_json(keys=[key._asdict() for key in found])
    else:
        from jaxneuron.view.terminal.key_list import key_list

        print_items(*key_list(found))
