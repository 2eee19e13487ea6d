"""Where commands write unless they are given a path: a run in `runs`, and what is made of it beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.path import expanded

if TYPE_CHECKING:
    from jaxneuron.store.location import Location

# The endings of what commands make of a run.
FIGURE, DEATHS, REPORT = ".png", "-deaths.png", ".html"


class LocalPath(click.Path):
    """The path of a local file, with `~` and file:// as people write them."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, as a Path."""
        return super().convert(expanded(value), param, ctx)


class RunPath(click.ParamType):
    """The path or the address of a run, which stays text."""

    name = "text"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """What a shell offers: folders."""
        return click.Path(file_okay=False).shell_complete(ctx, param, incomplete)


def default_run(study: Path) -> str:
    """The run of a study.toml."""
    name = study.stem if study.stem != "study" else study.resolve().parent.name
    return f"runs/{name}.zarr"


def beside(run: str, ending: str) -> Path:
    """A path beside a run, which has its name but for .zarr; for a run of an object store in `runs`.

    BadInput where the same path would be that of another run there.
    """
    from jaxneuron.store.location import Location

    folder = local_folder(Location(run))
    path = folder.with_name((folder.name.removesuffix(".zarr") or folder.name) + ending)
    stems = {path.name.removesuffix(other) for other in (FIGURE, DEATHS, REPORT) if path.name.endswith(other)}
    for name in sorted({stem + suffix for stem in stems for suffix in ("", ".zarr")} - {"", folder.name}):
        if (folder.with_name(name) / "zarr.json").exists():
            wrong = f"what is drawn of it, {path.name}, has the same name as of {name}, a run beside it"
            raise BadInput(f"{run}: {wrong}; give another path, or rename a run")
    return path


def local_folder(location: "Location") -> Path:
    """Where a run lies, or would lie if it were not in an object store."""
    return Path(location.name) if location.folder else Path("runs", location.name.split("://")[1])
