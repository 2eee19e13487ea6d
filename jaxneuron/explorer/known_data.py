"""The data that a server knows: what it began with, what was given to its page, and what the page draws.

All of it stays in memory. A page names what it does not hold itself by a key.
"""

import contextlib
import itertools
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxneuron.study.bad_input import BadInput, shown
from jaxneuron.study.data import Dataset, load
from jaxneuron.study.files import Table
from jaxneuron.study.sources import Arrays, Data, Synthetic
from jaxneuron.study.tables.table import names_of_columns, read_table

ENGEL = Path(__file__).parent / "engel.csv"
SHIPPED = {"engel": {"file": ENGEL, "inputs": ["income"], "target": "foodexp", "scale": "standard"}}
HELD, SHIPPED_KEY = "held", "shipped"
MOST_HELD, MOST_LOADED = 8, 32
MOST_DRAWN = 2**16  # examples that a request may have
MOST_WRITTEN = 10_000  # of a file that are written into a study


class Upload(NamedTuple):
    """A file that was given to the page."""

    name: str
    content: bytes


class KnownData:
    """The data of requests, by what their [data] tables say."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, Upload | Data] = OrderedDict()
        self._loaded: OrderedDict[str, tuple[Data, Sequence[Dataset]]] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def hold(self, given: Upload | Data) -> str:
        """Keep a file, or the first data set that the server begins with, and give the key by which a page
        names it."""
        with self._lock:
            key = f"{next(self._numbers)}"
            self._given[key] = given if isinstance(given, Upload) else _first_of(given)
            uploads = [number for number, held in self._given.items() if isinstance(held, Upload)]
            for old in uploads[:-MOST_HELD]:
                del self._given[old]
            return key

    def columns(self, key: str) -> list[str]:
        """The names of the columns of a file that was given."""
        upload = self._given[key]
        assert isinstance(upload, Upload)
        with _as_file(upload) as path:
            return names_of_columns(path)

    def data(self, table: Any) -> Data:
        """The [data] of a request as a section of a study, its examples written out where it named them."""
        return self._of(table)[0]

    def datasets(self, table: Any) -> Sequence[Dataset]:
        """The data sets of a request, of which there is one; read once."""
        return self._of(table)[1]

    def _of(self, table: Any) -> tuple[Data, Sequence[Dataset]]:
        if not isinstance(table, Mapping):
            raise BadInput(f"data: is {shown(table)}; it must be a table")
        key = repr(sorted(table.items(), key=lambda item: str(item[0])))
        with self._lock:
            if key not in self._loaded:
                data = self._section(table)
                self._loaded[key] = data, load(data)
                while len(self._loaded) > MOST_LOADED:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(key)
            return self._loaded[key]

    def _section(self, table: Mapping[str, Any]) -> Data:
        if HELD in table:
            held = self._given.get(str(table[HELD]))
            if held is None:
                raise BadInput(
                    "data: is not here any more, as the server was started again; give it once more"
                )
            if not isinstance(held, Upload):
                return held
            with _as_file(held) as path:
                return _written_out(path, table)
        if SHIPPED_KEY in table:
            if (shipped := SHIPPED.get(str(table[SHIPPED_KEY]))) is None:
                raise BadInput(f"data: there is no shipped data {shown(table[SHIPPED_KEY])}")
            return _written_out(ENGEL, shipped)
        if set(table) - {"x", "y", "inputs", "target", "scale", "teacher"}:
            raise BadInput("data: names a file; a page gives the file itself, or x and y")
        if isinstance(y := table.get("y"), list) and len(y) > MOST_DRAWN:
            raise BadInput(f"data: has {len(y)} examples; a request may have {MOST_DRAWN}")
        try:
            return _teacher(table) if "teacher" in table else Arrays(**table)
        except BadInput as error:
            raise BadInput(f"data.{error}") from None


def _teacher(table: Mapping[str, Any]) -> Data:
    section = Synthetic(**table)
    if section.num_datasets > 1 or (section.teacher.num_examples or 0) > MOST_DRAWN:
        raise BadInput(f"data.teacher: may make one data set of at most {MOST_DRAWN} examples here")
    return section


def _first_of(data: Data) -> Data:
    """The first data set; of few examples with these written out, so that a study of them needs no file."""
    if isinstance(data, Arrays) or (isinstance(data, Synthetic) and data.num_datasets == 1):
        return data
    if isinstance(data, Table):
        data = data.model_copy(update={"file": str(Path(data.files[0]).absolute())})
    first = load(data.model_copy(update={"scale": "none"}))[0]
    if isinstance(data, Table) and len(first.y) > MOST_WRITTEN:
        return data
    return Arrays(x=first.x, y=first.y, inputs=first.inputs, target=first.target, scale=data.scale)


def _written_out(path: Path, table: Mapping[str, Any]) -> Arrays:
    """The columns of a file as examples that are written out: a study of them needs no file."""
    options = {key: value for key, value in table.items() if key not in (HELD, "name")}
    section = Table(**{**options, "file": str(path)})
    columns = read_table(path, [*section.inputs, section.target], section.dialect)
    return Arrays(
        x=np.column_stack([columns[each] for each in section.inputs]),
        y=columns[section.target],
        inputs=section.inputs,
        target=section.target,
        scale=section.scale,
    )


@contextlib.contextmanager
def _as_file(upload: Upload) -> Iterator[Path]:
    """A file that was given, as one of this machine, for as long as it is read: its readers need a path.
    Where it is refused, the message names it as its owner does."""
    with tempfile.TemporaryDirectory(prefix="jaxneuron-") as folder:
        path = Path(folder) / f"data{''.join(Path(upload.name).suffixes[-2:])}"
        path.write_bytes(upload.content)
        try:
            yield path
        except BadInput as error:
            raise BadInput(str(error).replace(str(path), upload.name)) from None
