"""Where a command draws its figure, and writes what else it makes of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxneuron.store.location import Location


# What commands make of a run, unless they are told another path.
FIGURE, DEATHS, REPORT = ".png", "-deaths.png", ".html"


def beside(run: str, ending: str) -> Path:
    """A path beside a run, which has its name but for .zarr; for one of an object store in `runs`.

    BadInput where the same would be made of another run there.
    """
    from jaxneuron.store.location import Location
    from jaxneuron.study.bad_input import BadInput

    folder = local_place(Location(run))
    path = folder.with_name((folder.name.removesuffix(".zarr") or folder.name) + ending)
    stems = {path.name.removesuffix(other) for other in (FIGURE, DEATHS, REPORT) if path.name.endswith(other)}
    for name in sorted({stem + suffix for stem in stems for suffix in ("", ".zarr")} - {"", folder.name}):
        if (folder.with_name(name) / "zarr.json").exists():
            wrong = f"what is drawn of it, {path.name}, has the same name as of {name}, a run beside it"
            raise BadInput(f"{run}: {wrong}; give another path, or rename a run")
    return path


def local_place(location: "Location") -> Path:
    """Where a run lies, or would lie if it were not in an object store."""
    return Path(location.name) if location.folder else Path("runs", location.name.split("://")[1])


def check_figure(path: Path, name: str = "--figure") -> None:
    """BadInput where no figure can be drawn at the path, before the work that it would show."""
    from jaxneuron.study.bad_input import BadInput, check_place

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise BadInput(f"{name}: {path} must end in .png, .svg or .pdf")
    if path.is_dir():
        raise BadInput(f"{name}: {path} is a folder; it must be a file")
    check_place(path)
