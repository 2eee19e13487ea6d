"""Where a run lies: a local folder, or a URL of an object store that zarr reads through fsspec."""

import contextlib
import errno
import logging
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portalocker import LockFlags, exceptions
from portalocker import lock as lock_file
from zarr.abc.store import Store
from zarr.storage import FsspecStore, LocalStore

from jaxneuron.study.bad_input import BadInput, check_place

LOCK = Path("work", "marker", "lock")  # inside an array's folder, where no reader of Zarr looks

log = logging.getLogger(__name__)


class MadeMeanwhile(Exception):
    """Another process has made a run at the place while this one did."""


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
    def _files(self) -> tuple[Any, str]:
        """Of an object store: what reads it, and the run's place there."""
        import fsspec

        return fsspec.core.url_to_fs(self.name)

    @property
    def zarr_store(self) -> Store:
        """The same as a store of Zarr's, to write to."""
        return FsspecStore.from_url(self.name) if self.folder is None else LocalStore(self.folder)

    def read(self, key: str) -> bytes | None:
        """The content of a file of the run; None where it is told that there is none.

        BadInput where it cannot be read: that says nothing of what is there.
        """
        try:
            if self.folder is not None:
                return (self.folder / key).read_bytes()
            files, root = self._files
            return files.cat_file(f"{root}/{key}")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise BadInput(f"{self}: {key} cannot be read ({error.strerror or error})") from None
        except Exception as error:  # of a library for every kind of store
            raise BadInput(f"{self}: {key} cannot be read ({error})") from None

    def is_taken(self) -> bool:
        """Whether something is there, be it a run or not."""
        if self.folder is not None:
            return os.path.lexists(self.folder)
        return self.read("zarr.json") is not None

    def check(self) -> None:
        """BadInput where nothing can be made."""
        if self.folder is not None:
            check_place(Path(self.name))

    @contextlib.contextmanager
    def draft(self, *, replace: bool) -> Iterator["Location"]:
        """Where to make a new run, which takes its place when it is whole; a draft that fails leaves what was
        there. MadeMeanwhile where another process was quicker."""
        if self.folder is None:
            try:
                yield self
            except Exception as error:  # of a library for every kind of store
                raise BadInput(f"{self}: cannot be made ({error}); choose another --out") from None
            return
        # Not the process's number: in containers it is 1.
        draft = self.folder.with_name(f".{self.folder.name}.{uuid.uuid4().hex[:12]}.draft")
        replaced = draft.with_suffix(".old")
        new_folders = [parent for parent in self.folder.parents if not parent.exists()]
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            yield Location(draft)
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
                raise MadeMeanwhile from None
            if isinstance(error, OSError):
                raise BadInput(f"{self}: cannot be made ({error.strerror}); choose another --out") from None
            raise

    @contextlib.contextmanager
    def lock(self, *, shared: bool = False, name: str = "") -> Iterator[None]:
        """Keep other processes from writing to the run; one that has died keeps nobody.

        Workers share a lock, each with a name: they keep out whoever wants the run for himself, and not each
        other. In an object store, and on a file system without locks, there are none: there two processes
        write the same bytes twice.
        """
        if self.folder is None:
            yield
            return
        path = self.folder / LOCK
        try:
            file = path.open("a+")
        except OSError as error:
            raise BadInput(f"{self}: cannot be written to ({error.strerror})") from None
        with file:
            try:
                kind = LockFlags.SHARED if shared else LockFlags.EXCLUSIVE
                lock_file(file, kind | LockFlags.NON_BLOCKING)
            except exceptions.AlreadyLocked:
                raise BadInput(
                    f"{self}: is being swept by {self.holder() or 'another process'}; wait until it has ended"
                ) from None
            except exceptions.LockException as error:
                log.warning(f"{self}: cannot be locked on its file system ({error}); others may write to it")
            path.write_text(f"{name}{name and ', '}process {os.getpid()} on {socket.gethostname()}")
            try:
                yield
            finally:
                if not shared:  # of several the last to come is named
                    path.write_text("")

    def holder(self) -> str | None:
        """The process that is sweeping the run, if one is; of several workers the last to begin."""
        path = (self.folder or Path()) / LOCK
        if self.folder is None or not (path.exists() and (named := path.read_text())):
            return None
        try:
            with path.open("a+") as file:
                lock_file(file, LockFlags.NON_BLOCKING | LockFlags.EXCLUSIVE)
                return None  # it has died
        except exceptions.AlreadyLocked:
            return named
        except (OSError, exceptions.LockException):  # nobody writes to what may not be written to
            return None

    def chunks_of(self, path: str) -> Iterator[str]:
        """The keys of an array's chunks that are written, in any order: '0/12', or '' where it has no dims.

        One that is being written has another name until it is whole, with a dot in it.
        """
        if self.folder is None:
            files, root = self._files
            files.invalidate_cache()
            found = files.find(f"{root}/{path}/c")
            yield from (key.removeprefix(f"{root}/{path}/c").lstrip("/") for key in found)
            return
        folder = self.folder / path / "c"
        if folder.is_file():
            yield ""
        folders = [(folder, "")] if folder.is_dir() else []
        try:
            while folders:
                inside, prefix = folders.pop()
                with os.scandir(inside) as entries:
                    for entry in entries:
                        if entry.is_dir():
                            folders.append((Path(entry.path), f"{prefix}{entry.name}/"))
                        elif "." not in entry.name:
                            yield prefix + entry.name
        except OSError as error:
            raise BadInput(f"{self}: {path} cannot be read ({error.strerror})") from None

    def may_have(self, path: str, number: int) -> bool:
        """Whether a chunk of an array of one dim may be written; one has to read it to know of an object
        store."""
        return self.folder is None or (self.folder / path / "c" / str(number)).exists()

    def num_chunks_of(self, path: str) -> int:
        """How many chunks of an array are written."""
        return sum(1 for _ in self.chunks_of(path))

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
