"""Writing a file that others read: whether it can be written, and how it takes its place when it is whole."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from jaxneuron.study.bad_input import BadInput

# The endings of what is written for people and for other programs.
FIGURE, PAGE, TABLE = (".png", ".svg", ".pdf"), (".html", ".htm"), (".csv", ".parquet")
STUDY = (".toml",)


def check_file(path: Path, endings: Sequence[str], option: str = "", *, overwrite: bool = True) -> None:
    """BadInput where no file with one of these endings can be written at the path, which an option gave."""
    where = f"{option}: {path}" if option else f"{path}:"
    if path.suffix.lower() not in endings:
        either = " or ".join([", ".join(endings[:-1]), endings[-1]] if len(endings) > 1 else endings)
        raise BadInput(f"{where} must end in {either}")
    if path.is_dir():
        raise BadInput(f"{where} is a folder; it must be a file")
    if path.exists() and not overwrite:
        raise BadInput(f"{where} exists already; give --overwrite to replace it, or choose another")
    for folder in reversed(path.absolute().parents):  # a run has groups, which look like runs
        if (folder / "zarr.json").is_file():
            raise BadInput(f"{where} is inside the run {folder.name}; choose a place outside of it")
    check_place(path)


def check_place(path: Path) -> None:
    """BadInput where no file or folder can be made at the path; whatever is at the path already."""
    for parent in path.parents:
        if os.path.lexists(parent):
            if not (parent.is_dir() and os.access(parent, os.W_OK)):
                raise BadInput(f"{path}: cannot be made, since {parent} is not a folder one may write to")
            return


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft to write to, which takes the path's place when it is whole; else what was there stays.

    The folder is made, and a link stays a link. BadInput where nothing can be written.
    """
    place = path.resolve()
    # A name that nobody can foresee, so that no link of that name can have been planted.
    draft = place.with_name(f".{place.name[:40]}.{secrets.token_hex(8)}.draft")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            if place.exists():
                shutil.copymode(place, draft)
            yield draft
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror or error})") from None
