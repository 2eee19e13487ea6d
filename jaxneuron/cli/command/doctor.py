"""`jaxneuron doctor`."""

import click

from jaxneuron.cli.terminal import json_option, print_items, print_json
from jaxneuron.study.counted import counted


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Say which devices and versions there are, and what will run where."""
    from rich.text import Text

    from jaxneuron.runner.doctor import examine

    found = examine()
    if as_json:
        print_json(**found)
        return
    devices = {f"{d['platform']}:{d['id']}": d["kind"] for d in found["devices"]}
    used = ", ".join(f"{d['platform']}:{d['id']}" for d in found["devices"] if d["is_used"])
    chunks = counted(found["chunks_in_flight"], "chunk")
    parts = {
        "devices": devices,
        "a sweep runs on": {used: f"{chunks} of neurons at a time on each"},
        "compiled programs are kept in": {found["compiled_programs"] or "no folder": ""},
        "versions": {name: version or "not installed" for name, version in found["versions"].items()},
    }
    for name, lines in parts.items():
        print_items(
            Text(name, style="bold"), *(f"  {key:<12} {value}".rstrip() for key, value in lines.items())
        )
