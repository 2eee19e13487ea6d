"""A run as one table, for programs that read tables: a row a cell, or a row a neuron."""

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from jaxneuron.analysis.run import Run
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.results import CELLS
from jaxneuron.store.whole_file import TABLE, check_file, whole_file
from jaxneuron.study.bad_input import BadInput

ROWS_AT_A_TIME = 2**18
# One number a cell: neurons that are fixed, absorbed, … and the active examples.
COUNTS = tuple(name for name, cell in CELLS.items() if cell.dim is None and name.endswith("_count"))


def export(
    run: Run, path: str | Path, *, rows: Literal["cells", "neurons"] = "cells", overwrite: bool = False
) -> int:
    """Write the run's cells or neurons to a .csv or .parquet file; returns the number of rows.

    Cells have what is swept, the neurons by fate and those that are fixed, absorbed, nearly silent or
    revived, the active examples, and the median, smallest and largest final loss; neurons have what is swept
    and their record. Rows are read and written some at a time. BadInput where the file cannot be made, or is
    there and not to be overwritten; a file that fails to be written is not left behind.
    """
    path = Path(path)
    check_file(path, TABLE, overwrite=overwrite)
    is_csv = path.suffix.lower() == ".csv"
    if not is_csv and importlib.util.find_spec("pyarrow") is None:
        raise BadInput(f"{path}: needs pyarrow: pip install 'jaxneuron[parquet]'; or choose a .csv")
    tables = _cells(run) if rows == "cells" else _neurons(run)
    with whole_file(path) as draft:
        return _write_csv(tables, draft) if is_csv else _write_parquet(tables, draft)


def _cells(run: Run) -> Iterator[pd.DataFrame]:
    cells = run.cells
    counts = cells.fate_count.to_dataset("fate")[[fate.name for fate in Fate]]
    table = counts.assign(
        **{name.removesuffix("_count"): cells[name] for name in COUNTS if name in cells},
        final_loss_median=run.final_loss(),
        final_loss_min=cells.final_loss_min,
        final_loss_max=cells.final_loss_max,
    )
    yield from _rows(table, run, "cell")


def _neurons(run: Run) -> Iterator[pd.DataFrame]:
    neurons = run.neurons.assign_coords(replicate=np.arange(run.neurons.sizes["replicate"]))
    names = {value: fate.name for value, fate in enumerate(Fate)}
    inputs = [str(name) for name in neurons.input.values]
    wide = {name: values for name, values in neurons.data_vars.items() if "input" not in values.dims}
    for name, values in neurons.data_vars.items():
        if "input" in values.dims:
            columns = [str(name)] if len(inputs) == 1 else [f"{name} {i}" for i in inputs]
            wide |= {column: values.isel(input=i, drop=True) for i, column in enumerate(columns)}
    for table in _rows(xr.Dataset(wide), run, None):
        yield table.assign(fate=table.fate.map(names))


def _rows(dataset: xr.Dataset, run: Run, number: str | None) -> Iterator[pd.DataFrame]:
    """The dataset as a table, some of its first dim at a time."""
    first = run.dims[0]
    length = dataset.sizes[first]
    step = max(1, ROWS_AT_A_TIME * length // math.prod(dataset.sizes.values()))
    done = 0
    for start in range(0, length, step):
        table = dataset.isel({first: slice(start, start + step)}).to_dataframe().reset_index()
        if number is not None:
            table.insert(0, number, np.arange(done, done + len(table)))
        done += len(table)
        yield table


def _write_csv(tables: Iterator[pd.DataFrame], path: Path) -> int:
    number = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for table in tables:
            table.to_csv(file, index=False, header=number == 0)
            number += len(table)
    return number


def _write_parquet(tables: Iterator[pd.DataFrame], path: Path) -> int:
    import pyarrow
    from pyarrow import parquet

    writer: Any = None
    number = 0
    try:
        for table in tables:
            rows = pyarrow.Table.from_pandas(table, preserve_index=False)
            writer = writer or parquet.ParquetWriter(path, rows.schema)
            writer.write_table(rows)
            number += len(table)
    finally:
        if writer:
            writer.close()
    return number
