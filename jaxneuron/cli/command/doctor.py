"""`jaxneuron doctor`."""

import click

from jaxneuron.cli.terminal import json_option, print_items, print_json


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Say which devices and versions there are, and what will run where."""
    from rich.text import Text

    from jaxneuron.runner.doctor import examine

    findings = examine()
    if as_json:
        print_json(**findings)
        return
    for name, finding in findings.items():
        print_items(Text(name.replace("_", " "), style="bold"))
        lines = finding.items() if isinstance(finding, dict) else [("", finding)]
        print_items(*(f"  {key:<12} {value}" if key else f"  {value}" for key, value in lines))
