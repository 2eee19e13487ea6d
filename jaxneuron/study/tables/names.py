"""The names of a table's columns, for whoever has yet to choose among them."""

import zipfile
from pathlib import Path

import numpy as np

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.tables.header import names_in
from jaxneuron.study.tables.table import ending_of
from jaxneuron.study.tables.text import open_text

HEADER_LINES = 2**12


def names_of_columns(path: Path) -> list[str]:
    """The names of the columns of a CSV, Parquet or NPZ file, in its order; BadInput where there are none.

    Of text it is the line that a reader would take for the header, cut by the separator that makes most of
    it.
    """
    ending = ending_of(path)
    try:
        if ending == ".parquet":
            from pyarrow import parquet

            with parquet.ParquetFile(path) as file:
                return list(file.schema_arrow.names)
        if ending == ".npz":
            # NumPy leaves a file open that it cannot read.
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
                return list(arrays.files)
        with open_text(path, "utf-8") as text:
            lines = [line for line, _ in zip(text, range(HEADER_LINES), strict=False)]
        return names_in(path, lines)
    except (BadInput, ImportError):
        raise
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path}: cannot be read as {ending[1:].upper()}: {error}") from None
