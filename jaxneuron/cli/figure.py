"""Where a command draws its figure, and writes what else it makes of a run."""

from pathlib import Path


def beside(run: str, ending: str) -> Path:
    """A path beside a run, which has its name but for .zarr; in `runs` for one of an object store."""
    from jaxneuron.study.location import Location

    location = Location(run)
    folder = Path(location.name) if location.folder else Path("runs") / Path(run).name
    return folder.with_name((folder.name.removesuffix(".zarr") or folder.name) + ending)


def check_figure(path: Path, name: str = "--figure") -> None:
    """BadInput where no figure can be drawn at the path, before the work that it would show."""
    from jaxneuron.study.bad_input import BadInput, check_place

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise BadInput(f"{name}: {path} must end in .png, .svg or .pdf")
    if path.is_dir():
        raise BadInput(f"{name}: {path} is a folder; it must be a file")
    check_place(path)
