"""The text of a file: decompressed and decoded as it is read."""

import bz2
import contextlib
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from jaxneuron.study.bad_input import BadInput

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zip", ".zst")
# What text in UTF-16 or UTF-32 may begin with; the longer ones first, as one begins with another.
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# How files begin that are no text, and what helps.
NO_TEXT = {
    b"\x1f\x8b": "is compressed; name it .csv.gz",
    b"\xfd7zXZ": "is compressed; name it .csv.xz",
    b"\x28\xb5\x2f\xfd": "is compressed; name it .csv.zst",
    b"PK\x03\x04": "is a ZIP file, as Excel's .xlsx are; save it as CSV, or name it .csv.zip",
    b"\xd0\xcf\x11\xe0": "is a file of Excel; save it as CSV",
}
# What the libraries that decompress raise on bytes that are not theirs.
BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, OSError)


@contextlib.contextmanager
def open_text(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The lines of a file with their ends as they are; a byte order mark decides the encoding by itself.

    BadInput where it is not text in the encoding, or not wholly there; then too, while it is read.
    """
    mark = None
    try:
        with _decompressed(path) as stream:
            start = stream.peek(1000)[:1000]
            for magic, wrong in NO_TEXT.items():
                if start.startswith(magic):
                    raise BadInput(f"{path}: {wrong}")
            mark = next((known for known in BYTE_ORDER_MARKS if start.startswith(known)), None)
            if mark:
                encoding = BYTE_ORDER_MARKS[mark]
            elif b"\0" in start and not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
                likely = "utf-16-be" if start[0] == 0 else "utf-16-le"
                raise BadInput(
                    f'{path}: has NUL bytes; if it is text in UTF-16, encoding = "{likely}" reads it'
                )
            yield io.TextIOWrapper(stream, encoding, newline="")
    except UnicodeDecodeError as error:
        line = _first_line_that_fails(path, encoding)
        helps = "" if mark else f'; another may be its encoding, such as encoding = "{_other(encoding)}"'
        name = encoding.removesuffix("-sig").upper()
        raise BadInput(f"{path}: {line}is not text in {name} ({error.reason}){helps}") from None
    except UnicodeError as error:  # of encodings for other ends than text
        raise BadInput(f"{path}: cannot be read in encoding {encoding!r} ({error})") from None
    except BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BadInput(f"{path}: cannot be read ({reason}); is it whole?") from None


def _decompressed(path: Path) -> Any:
    """The bytes of a file, as its ending says; they can be peeked into."""
    match path.suffix.lower():
        case ".gz":
            return gzip.open(path)
        case ".bz2":
            return bz2.open(path)
        case ".xz":
            return lzma.open(path)
        case ".zip":
            with zipfile.ZipFile(path) as files:
                return files.open(only_member(path, files))
        case ".zst":
            from numcodecs import Zstd  # Python has it from 3.14 on

            return io.BufferedReader(io.BytesIO(Zstd().decode(path.read_bytes())))
    return path.open("rb")


def only_member(path: Path, files: zipfile.ZipFile) -> str:
    """The name of the one file in a ZIP file; BadInput where there are more, or none."""
    names = [name for name in files.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise BadInput(f"{path}: holds {len(names)} files ({listed}); it must hold one")
    return names[0]


def _first_line_that_fails(path: Path, encoding: str) -> str:
    """'line 3 ', or '' where lines cannot be told apart before they are decoded."""
    with contextlib.suppress(*BROKEN), _decompressed(path) as stream:
        if encoding.startswith(("utf-16", "utf-32")):
            return ""
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return f"line {number} "
    return ""


def _other(encoding: str) -> str:
    """An encoding to try next; of single bytes, so that it may decode what others do not."""
    return "latin-1" if encoding.lower() in ("cp1252", "windows-1252") else "cp1252"
