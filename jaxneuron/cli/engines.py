"""The options that say where to train."""

from typing import Any

import click

from jaxneuron.study.bad_input import BadInput

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Train in so many processes; with Ray, actors.  [default: this one; an actor for each device]",
)
engine_option = click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", help="Where to train."
)
address_option = click.option(
    "--address",
    help="The Ray cluster, HOST:PORT, or auto: this machine's.  [default: a Ray job's, or one of its own]",
)


def engine_of(name: str, workers: int | None, address: str | None) -> tuple[Any, list[str]]:
    """What trains, and the options that ask for it."""
    options = ["--workers", str(workers)] if workers else []
    if name == "ray":
        from jaxneuron.runner.engines.ray import Ray

        options += ["--engine", "ray", *(["--address", address] if address else [])]
        return Ray(address, actors=workers), options
    if address:
        raise BadInput(f"--address: is {address}, a Ray cluster's; it needs --engine ray")
    if workers:
        from jaxneuron.runner.engines.workers import Workers

        return Workers(workers), options
    return None, []
