"""Where a command draws its figure."""

from pathlib import Path


def check_figure(path: Path, name: str = "--figure") -> None:
    """BadInput where no figure can be drawn at the path, before the work that it would show."""
    from jaxneuron.study.bad_input import BadInput, check_place

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise BadInput(f"{name}: {path} must end in .png, .svg or .pdf")
    if path.is_dir():
        raise BadInput(f"{name}: {path} is a folder; it must be a file")
    check_place(path)
