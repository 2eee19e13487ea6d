"""Where a run lies: a local folder, or a URL of an object store that zarr reads through fsspec."""

import contextlib
import ctypes
import errno
import glob
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jaxneuron.store.whole_file import check_place
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.path import expanded

ROOT = "zarr.json"
# The root of a run in an object store while its other files are written.
BEING_MADE = b'{"zarr_format": 3, "node_type": "group", "attributes": {"format": "being made"}}'
READERS = 8  # threads that read at a time, mostly waiting for the disk or the network
DRAFT, OLD = ".draft", ".old"
PARTIAL = ".partial"  # of a file that is being written
LOCK = Path("work", "marker", "lock")  # inside an array's folder, where no reader of Zarr looks
# Options of the file systems of some stores. S3's would ask for the size of each file before it reads it, to
# read large ones in parts at once; the files of a run are not that large.
OPTIONS = {"s3": {"max_concurrency": 1}}


class MadeMeanwhile(Exception):
    """Another process has made a run at the place while this one did."""


class Location:
    """A place for one run."""

    def __init__(self, path: str | Path) -> None:
        self.name = expanded(path)  # of --out=~/…, which shells leave as it is
        # A link to a run stays a link: the run behind it is meant.
        self.folder = None if "://" in self.name else Path(self.name).resolve()
        if self.folder is None:
            _check_protocol(self.name)

    def __str__(self) -> str:
        return self.name

    @property
    def _object_store(self) -> tuple[Any, str]:
        """The file system of fsspec's, and the run's place there."""
        import fsspec

        return fsspec.core.url_to_fs(self.name, **OPTIONS.get(self.name.split("://")[0], {}))

    def read(self, key: str) -> bytes | None:
        """The content of a file of the run; None where there is certainly none.

        BadInput where it cannot be read, which says nothing of whether it is there.
        """
        try:
            if self.folder is not None:
                return (self.folder / key).read_bytes()
            store, place = self._object_store
            return store.cat_file(f"{place}/{key}")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except Exception as error:  # an OSError, or of a library for every kind of store
            raise BadInput(f"{self}: {key} cannot be read ({_reason(error)})") from None

    def write(self, key: str, content: bytes) -> None:
        """Write a file of the run, which is there as a whole or not at all; OSError where it cannot be."""
        if self.folder is None:
            store, place = self._object_store
            with _os_errors():
                store.pipe_file(f"{place}/{key}", content)
            return
        file = self.folder / key
        draft = file.with_name(f"{file.name}.{uuid.uuid4().hex}{PARTIAL}")
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(content)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)

    def remove(self, key: str) -> None:
        """Remove a file of the run, if it is there; OSError where it cannot be removed."""
        with contextlib.suppress(FileNotFoundError):
            if self.folder is not None:
                (self.folder / key).unlink()
                return
            store, place = self._object_store
            with _os_errors():
                store.rm_file(f"{place}/{key}")

    def read_all(self, keys: Iterable[str]) -> Iterator[bytes | None]:
        """The contents of many small files, in order."""
        if self.folder is not None:  # threads would take longer than the files
            yield from map(self.read, keys)
            return
        with ThreadPoolExecutor(READERS) as pool:
            yield from pool.map(self.read, keys)

    def is_taken(self) -> bool:
        """Whether something is there, be it a run or not."""
        if self.folder is not None:
            return os.path.lexists(self.folder)
        if (root := self.read(ROOT)) is not None:
            return root != BEING_MADE
        store, place = self._object_store
        store.invalidate_cache()
        try:
            return bool(store.ls(place))
        except FileNotFoundError:
            return False
        except Exception as error:  # of a library for every kind of store
            raise BadInput(f"{self}: cannot be read ({error})") from None

    def check(self) -> None:
        """BadInput where nothing can be made."""
        if self.folder is not None:
            check_place(Path(self.name))

    def make(self, files: Mapping[str, bytes], *, replace: bool) -> None:
        """Put a new run here, given by the contents of its files; the root makes it one.

        BadInput where it cannot be written, which leaves what was there; MadeMeanwhile where another process
        has made one. On a local disk the new run or what was there is here at any moment.
        """
        if self.folder is None:
            self._upload(files, replace)
            return
        # Not the process's number: in containers it is 1.
        draft = self.folder.with_name(f".{self.folder.name}.{uuid.uuid4().hex[:12]}{DRAFT}")
        new_folders = [parent for parent in self.folder.parents if not parent.exists()]
        try:
            for key, content in files.items():
                file = draft / key
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            if replace and self.folder.exists():
                exchange(draft, self.folder)
            else:
                draft.rename(self.folder)  # fails where another process has made one
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise MadeMeanwhile from None
            raise BadInput(f"{self}: cannot be made ({error.strerror}); choose another --out") from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            for folder in new_folders:
                with contextlib.suppress(OSError):  # it is not empty
                    folder.rmdir()

    def _upload(self, files: Mapping[str, bytes], replace: bool) -> None:
        """Put a new run into an object store; another root marks it unfinished until the end."""
        if not replace and self.is_taken():
            raise MadeMeanwhile
        store, place = self._object_store
        try:
            store.pipe_file(f"{place}/{ROOT}", BEING_MADE)
            store.invalidate_cache()
            old = [key for key in store.find(place) if key != f"{place}/{ROOT}"] if replace else []
            if old:
                store.rm(old)
            store.pipe({f"{place}/{key}": content for key, content in files.items() if key != ROOT})
            store.pipe_file(f"{place}/{ROOT}", files[ROOT])
        except Exception as error:  # of a library for every kind of store
            raise BadInput(f"{self}: cannot be made ({error}); choose another --out") from None

    def left_behind(self) -> list[Path]:
        """The folders beside the place of a process that was killed while it made or replaced a run there, or
        that is making one now."""
        if self.folder is None:
            return []
        pattern = f".{glob.escape(self.folder.name)}.{'[0-9a-f]' * 12}"
        return [path for ending in (OLD, DRAFT) for path in sorted(self.folder.parent.glob(pattern + ending))]

    @contextlib.contextmanager
    def lock(self, *, shared: bool = False, name: str = "") -> Iterator[None]:
        """Keep other processes from writing to the run; one that has died keeps nobody out.

        Workers share a lock, each with a name: they keep out whoever wants the run alone, and not each other.
        In an object store, and on a file system without locks, there are none: there two processes write the
        same bytes twice.
        """
        if self.folder is None:
            yield
            return
        try:
            from jaxneuron.store.lock import hold
        except OSError as error:
            raise BadInput(f"{self}: cannot be locked ({error})") from None
        with hold(self.folder / LOCK, str(self), shared=shared, name=name):
            yield

    def holder(self) -> str | None:
        """The process that is sweeping the run, if there is one; of several workers the last to begin."""
        if self.folder is None:
            return None
        try:
            from jaxneuron.store.lock import holder
        except OSError:  # neither can anybody else lock it
            return None
        return holder(self.folder / LOCK)

    def names_in(self, folder: str) -> list[str]:
        """The names of the files in a folder of the run, in any order; none where there is no such folder.

        One that is being written has another name until it is whole, with a dot in it.
        """
        try:
            if self.folder is not None:
                names = os.listdir(self.folder / folder)
            else:
                store, place = self._object_store
                store.invalidate_cache()
                names = [key.split("/")[-1] for key in store.find(f"{place}/{folder}")]
        except Exception as error:  # an OSError, or of a library for every kind of store
            if isinstance(error, FileNotFoundError) and self.folder is not None:  # else it may be an outage
                return []
            raise BadInput(f"{self}: {folder} cannot be read ({_reason(error)})") from None
        return [name for name in names if "." not in name]

    def remove_leftovers(self) -> None:
        """Remove files that were half written when their writer was killed."""
        if self.folder is not None:
            for path in self.folder.rglob(f"*{PARTIAL}"):
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """A context that raises what a library for some kind of store raises as an OSError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(str(error)) from None


def _reason(error: Exception) -> str:
    """What a system, or a library for some kind of store, says of an error."""
    return getattr(error, "strerror", None) or str(error)


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


def exchange(draft: Path, place: Path) -> None:
    """Exchange the names of two folders at once; where the file system cannot, one after the other."""
    try:
        _rename(draft, place, RENAME_EXCHANGE)
    except (OSError, AttributeError):  # nor do all C libraries have it
        old = draft.with_suffix(OLD)
        place.rename(old)
        try:
            draft.rename(place)
        except BaseException:
            old.rename(place)
            raise
        shutil.rmtree(old, ignore_errors=True)


AT_FDCWD, RENAME_EXCHANGE = -100, 2


def _rename(source: Path, target: Path, flags: int) -> None:
    """renameat2(2), which Python's library does not have."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target), flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
