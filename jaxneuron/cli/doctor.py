"""`jaxneuron doctor`."""

import click

from jaxneuron.cli.terminal import console, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def doctor(as_json: bool) -> None:
    """Say which devices and versions there are, and what will run where."""
    from jaxneuron.runner.doctor import examine

    findings = examine()
    if as_json:
        print_json(**findings)
        return
    screen = console()
    for name, finding in findings.items():
        screen.print(f"[bold]{name.replace('_', ' ')}[/]", highlight=False)
        lines = finding.items() if isinstance(finding, dict) else [("", finding)]
        for key, value in lines:
            screen.print(f"  {key:<12} {value}" if key else f"  {value}", highlight=False, soft_wrap=True)
