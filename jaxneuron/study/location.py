"""Where a run lies: a local folder, or a URL of an object store that zarr reads through fsspec."""

import contextlib
import errno
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import zarr

from jaxneuron.study.bad_input import BadInput, check_place

LOCK = Path("work", "marker", "lock")  # inside an array's folder, where no reader of Zarr looks


class Location:
    """A place for one run."""

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)
        # A link to a run stays a link: the run behind it is meant.
        self.folder = None if "://" in self.name else Path(path).resolve()
        if self.folder is None:
            _check_protocol(self.name)

    def __str__(self) -> str:
        return self.name

    @property
    def store(self) -> Path | str:
        """What zarr opens."""
        return self.folder or self.name

    def open(self, mode: Any = "r") -> zarr.Group:
        """The root group."""
        return zarr.open_group(self.store, mode=mode)

    def is_taken(self) -> bool:
        """Whether something is there, be it a run or not."""
        if self.folder is not None:
            return os.path.lexists(self.folder)
        try:
            self.open()
        except FileNotFoundError:
            return False
        except Exception as error:  # of a library for every kind of store
            raise BadInput(f"{self}: cannot be read ({error})") from None
        return True

    def check(self) -> None:
        """BadInput where nothing can be made."""
        if self.folder is not None:
            check_place(Path(self.name))

    @contextlib.contextmanager
    def draft(self, *, replace: bool) -> Iterator[Path | str]:
        """Where to make a new run, which takes its place when it is whole; a draft that fails leaves what was
        there."""
        if self.folder is None:
            try:
                yield self.name
            except Exception as error:  # of a library for every kind of store
                raise BadInput(f"{self}: cannot be made ({error}); choose another --out") from None
            return
        draft = self.folder.with_name(f".{self.folder.name}.{os.getpid()}.draft")
        replaced = draft.with_suffix(".old")
        new_folders = [parent for parent in self.folder.parents if not parent.exists()]
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            if replace and self.folder.exists():
                self.folder.rename(replaced)
            draft.rename(self.folder)  # fails where another process has made one
            shutil.rmtree(replaced, ignore_errors=True)
        except BaseException as error:
            if os.path.exists(replaced) and not os.path.exists(self.folder):
                replaced.rename(self.folder)
            shutil.rmtree(draft, ignore_errors=True)
            for folder in new_folders:
                with contextlib.suppress(OSError):  # somebody else has put something there
                    folder.rmdir()
            if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                wrong = "was made by another process just now; the same sweep goes on with it"
                raise BadInput(f"{self}: {wrong}") from None
            if isinstance(error, OSError):
                raise BadInput(f"{self}: cannot be made ({error.strerror}); choose another --out") from None
            raise

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing to the run; one that has died keeps nobody.

        In an object store there are no locks: there two processes write the same bytes twice.
        """
        if self.folder is None:
            yield
            return
        path = self.folder / LOCK
        try:
            with filelock.FileLock(path, blocking=False):
                path.write_text(f"process {os.getpid()} on {socket.gethostname()}")
                try:
                    yield
                finally:
                    path.write_text("")
        except filelock.Timeout:
            raise BadInput(
                f"{self}: is being swept by {self.holder() or 'another process'}; wait until it has ended"
            ) from None

    def holder(self) -> str | None:
        """The process that is sweeping the run, if one is."""
        path = (self.folder or Path()) / LOCK
        if self.folder is None or not (path.exists() and (named := path.read_text())):
            return None
        try:
            with filelock.FileLock(path, blocking=False):
                return None  # it has died
        except filelock.Timeout:
            return named
        except OSError:  # nobody writes to what may not be written to
            return None

    def remove_leftovers(self) -> None:
        """Remove the files that a writer that was killed left half written."""
        if self.folder is not None:
            for path in self.folder.rglob("*.partial"):
                path.unlink(missing_ok=True)

    def num_bytes(self) -> int:
        """Bytes on disk; 0 where they cannot be told."""
        return (
            sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
            if self.folder
            else 0
        )


def _check_protocol(url: str) -> None:
    """BadInput where what reads such URLs is not installed."""
    protocol = url.split("://")[0]
    try:
        import fsspec

        fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        wrong = f"needs a package that is not installed ({error}); for s3: pip install 'jaxneuron[s3]'"
        raise BadInput(f"{url}: {wrong}") from None
    except ValueError:
        raise BadInput(f"{url}: {protocol!r} is no known kind of store; s3 is one") from None
