"""Where compiled programs are kept from one command to the next. They are code that is run: so they lie in
the user's own folder, to which nobody else may write, and take no more than so much room."""

import contextlib
import os
import shutil
import stat
import sys
from pathlib import Path

import platformdirs

FOLDER = "JAXNEURON_COMPILED_PROGRAMS"  # of the environment, for this process and those that it starts
MOST_BYTES = 10**9  # each number of examples and neurons is another program, of 100 kB to 1 MB


def keep_compiled_programs() -> None:
    """Name the folder of the user's cache in which compiled programs are kept, unless JAX is to keep them, or
    another folder is named."""
    if {"JAX_COMPILATION_CACHE_DIR", FOLDER} & os.environ.keys():
        return
    folder = platformdirs.user_cache_path("jaxneuron") / "compiled"
    with contextlib.suppress(OSError):  # no home, or a full one: nothing is kept
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_private(folder):
            print(f"compiled programs are not kept: {folder} is somebody else's", file=sys.stderr)
            return
        _delete_oldest(folder)
        if os.access(folder, os.W_OK):
            os.environ[FOLDER] = str(folder)


def _is_private(folder: Path) -> bool:
    """Whether nobody else may write to it, from now on; what others may have put there is deleted."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return False
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        folder.chmod(0o700)
        _clear(folder)
    return True


def _delete_oldest(folder: Path) -> None:
    """Delete the oldest programs until the rest take no more room than they may."""
    with os.scandir(folder) as entries:
        files = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries)
    excess = sum(size for _, size, _ in files) - MOST_BYTES
    for _, size, path in files:
        if excess > 0:
            os.unlink(path)
            excess -= size


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
