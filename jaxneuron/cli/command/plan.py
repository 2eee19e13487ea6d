"""`jaxneuron plan`."""

from pathlib import Path

import click

from jaxneuron.cli.options import set_option
from jaxneuron.cli.paths import LocalPath
from jaxneuron.cli.terminal import json_option, print_items, print_json


@click.command()
@click.argument("study", type=LocalPath())
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    multiple=True,
    help="How many devices like this machine's; may be repeated.  [default: 1, 8, 64, 512]",
)
@click.option("--seconds", type=click.FloatRange(min=0), default=10.0, help="To measure for, about.")
@set_option
@json_option
def plan(
    study: Path, devices: tuple[int, ...], seconds: float, settings: tuple[str, ...], as_json: bool
) -> None:
    """Say what a study.toml takes: neurons, memory, disk, and the time, measured on some of its chunks."""
    from jaxneuron.runner.plan import plan as make_plan
    from jaxneuron.study.study import read_study

    found = make_plan(read_study(study, settings), seconds=seconds)
    devices = tuple(sorted(set(devices))) or (1, 8, 64, 512)
    if as_json:
        print_json(
            **found._asdict()
            | {"needs": found.needs._asdict(), "other": found.other and found.other._asdict()},
            neuron_steps=found.neuron_steps,
            device_seconds=found.device_seconds,
            seconds={number: found.seconds(number) for number in devices},
        )
        return
    from jaxneuron.view.terminal.tables import plan_table

    print_items(plan_table(found, devices))
