"""Paths as people write them where no shell reads them: `~` is a home, `file://` this machine."""

import os
import urllib.parse


def expanded(path: str | os.PathLike[str]) -> str:
    """The path with the home folder in place of `~`, and a URL of a local file as its path; an address of
    an object store stays as it is."""
    text = os.fspath(path)
    if text.startswith("file:/"):
        # As a Path, file:///data has lost two of its slashes.
        rest = text.removeprefix("file://") if text.startswith("file://") else text.removeprefix("file:")
        text = urllib.parse.unquote(rest.removeprefix("localhost") if rest.startswith("localhost/") else rest)
    return os.path.expanduser(text)
