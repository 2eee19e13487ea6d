"""`jaxneuron init`: a study.toml to begin with."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from jaxneuron.cli.options import set_option
from jaxneuron.cli.terminal import json_option, print_items, print_json
from jaxneuron.store.whole_file import STUDY, check_file, whole_file
from jaxneuron.study.bad_input import BadInput


@click.command()
@click.argument("file", metavar="DATA", type=click.Path(path_type=Path))
@click.option("--input", "inputs", multiple=True, required=True, help="Column of an input; may be repeated.")
@click.option("--target", required=True, help="Column of the target.")
@click.option("--out", type=click.Path(path_type=Path), default="study.toml", help="The study.")
@set_option
@json_option
def init(
    file: Path, inputs: tuple[str, ...], target: str, out: Path, settings: tuple[str, ...], as_json: bool
) -> None:
    """Write a study.toml for a CSV, Parquet or NPZ file, with comments, that `sweep` runs as it is."""
    if os.path.lexists(out):
        raise BadInput(f"--out: {out} exists already; choose another, or delete it")
    check_file(out, STUDY, "--out")
    text = _checked(file, inputs, target, out.parent, settings)
    with whole_file(out) as draft:
        draft.write_text(text, "utf-8")
    line = shlex.join(["jaxneuron", "sweep", str(out)])
    if as_json:
        print_json(study=str(out), next=line)
    else:
        print_items(f"study: {out}", f"to run it: {line}")


def _checked(file: Path, inputs: tuple[str, ...], target: str, folder: Path, settings: Sequence[str]) -> str:
    """The study's text; BadInput where it could not be run, such as for want of a column."""
    from jaxneuron.runner.program import Program
    from jaxneuron.study.settings import apply, is_of, read_setting
    from jaxneuron.study.study import Study
    from jaxneuron.study.template import first_tables, template

    # As the study names it: a relative path starts at the study's folder.
    beside = os.path.relpath(os.path.realpath(file.parent), os.path.realpath(folder))
    tables = first_tables(str(file if file.is_absolute() else Path(beside, file.name)), inputs, target)
    others = [read_setting(text) for text in settings]
    apply(tables, others)
    try:
        Program(Study(**{**tables, "data": tables["data"] | {"file": str(file)}}))  # pyright: ignore[reportArgumentType]
    except BadInput as error:
        option = "--set " if is_of(others, str(error)) else ""
        raise BadInput(option + str(error).replace("data.inputs: ", "--input: ", 1)) from None
    try:
        return template(tables).encode().decode()
    except UnicodeEncodeError:
        raise BadInput(f"{file}: has a name that is not UTF-8, which a study.toml cannot hold") from None
