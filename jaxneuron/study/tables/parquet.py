"""Parquet files: only the named columns are read, and only of types that are numbers or text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.tables.columns import check_names, column_of_array, of_type
from jaxneuron.study.tables.dialect import Dialect
from jaxneuron.study.tables.numbers import Column

EXTENSION = b"ARROW:extension:name"  # in a field's metadata, where what reads it knows its type or not


def open_parquet(path: Path) -> Any:
    """The file as pyarrow has it; BadInput where this is not installed."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise BadInput(f"{path}: reading Parquet needs pyarrow: pip install 'jaxneuron[parquet]'") from None
    return parquet.ParquetFile(path)


def read_parquet(path: Path, names: Sequence[str], dialect: Dialect) -> list[Column]:
    """The named columns; BadInput where one is of another type."""
    with open_parquet(path) as file:
        schema = file.schema_arrow
        ranges = {} if set(names) <= set(schema.names) else _ranges(schema, file.metadata.num_rows)
        check_names(path, names, [*schema.names, *ranges])
        stored = [name for name in names if name not in ranges]
        for name in stored:
            _check_type(path, schema.field(name))
        table = file.read(columns=stored)
    nothing = np.zeros(table.num_rows, bool)
    return [
        column_of_array(path, name, ranges[name], nothing, dialect)
        if name in ranges
        else _column(path, name, table.column(name), dialect)
        for name in names
    ]


def _ranges(schema: Any, num_rows: int) -> dict[str, np.ndarray]:
    """The indexes of pandas' by name that are not stored as columns, as they are ranges of whole numbers."""
    ranges = {}
    for index in (schema.pandas_metadata or {}).get("index_columns", []):
        if isinstance(index, dict) and index["kind"] == "range" and index["name"] is not None:
            numbers = range(index["start"], index["stop"], index["step"])
            if len(numbers) == num_rows:
                ranges[str(index["name"])] = np.array(numbers)
    return ranges


def _check_type(path: Path, field: Any) -> None:
    """BadInput where a column holds something else than numbers or text."""
    from pyarrow import types

    extension = (field.metadata or {}).get(EXTENSION)
    if extension is not None or hasattr(field.type, "storage_type"):
        name = field.type.extension_name if extension is None else extension.decode(errors="replace")
        raise of_type(path, field.name, name)
    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    are_numbers = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean, types.is_null)
    are_text = (types.is_string, types.is_large_string, types.is_string_view)
    if not any(is_kind(kind) for is_kind in (*are_numbers, *are_text)):
        raise of_type(path, field.name, str(kind))


def _column(path: Path, name: str, column: Any, dialect: Dialect) -> Column:
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind, is_missing = column.type, column.is_null().to_numpy()
    if types.is_null(kind):
        return column_of_array(path, name, np.full(len(column), np.nan), is_missing, dialect)
    if types.is_integer(kind) or types.is_boolean(kind):
        filled = column.fill_null(False if types.is_boolean(kind) else 0).to_numpy()
        return column_of_array(path, name, filled, is_missing, dialect)
    if types.is_floating(kind):
        return column_of_array(path, name, column.to_numpy(), is_missing, dialect)
    # Text, and decimals as text: what is written counts, to the last digit.
    texts = np.array(["" if value is None else str(value) for value in column.to_pylist()], np.str_)
    return column_of_array(path, name, texts, is_missing, dialect)
