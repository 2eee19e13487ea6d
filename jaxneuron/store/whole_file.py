"""Writing a file that others read: beside its place, which it takes when it is whole."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from jaxneuron.study.bad_input import BadInput


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
