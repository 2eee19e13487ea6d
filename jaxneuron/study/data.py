"""Reading the examples: from a table, from arrays, or from a teacher; checked, scaled and described."""

import hashlib
import os
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import jax
import numpy as np
import pandas as pd

from jaxneuron.neuron.draws import Distribution
from jaxneuron.neuron.half_lines import count_probes, find_half_lines
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.optimizers import squares_gradient, stands_still_without_squares
from jaxneuron.population.axes import Axis
from jaxneuron.population.design import inside_unit
from jaxneuron.study.bad_input import BadInput, nearest, shown
from jaxneuron.study.sources import Arrays, Data, Table, Teacher, UnitVector


class Scaling(NamedTuple):
    """What was subtracted from each column and by what it was then divided."""

    x_offset: np.ndarray
    x_scale: np.ndarray
    y_offset: float
    y_scale: float


class Dataset(NamedTuple):
    """Examples as the neuron sees them (float64), their names, and how they were scaled."""

    x: np.ndarray  # [examples, inputs]
    y: np.ndarray  # [examples]
    inputs: tuple[str, ...]
    target: str
    scaling: Scaling
    source: str

    @property
    def sha256(self) -> str:
        """The hash of the scaled examples: it changes with any of them, and with the scaling."""
        digest = hashlib.sha256(repr((self.x.shape, self.inputs, self.target)).encode())
        digest.update(np.ascontiguousarray(self.x).tobytes())
        digest.update(np.ascontiguousarray(self.y).tobytes())
        return digest.hexdigest()

    def columns(self) -> Iterator[tuple[str, np.ndarray]]:
        """(name, values) of the inputs and of the target."""
        yield from zip(self.inputs, self.x.T, strict=True)
        yield self.target, self.y

    def check_size(self, precision: str, optimizer: str = "sgd") -> None:
        """BadInput where squares do not fit the precision: those of the values, which the loss takes, and by
        some optimizers those of the gradient, which is x·(x + y) where W and b are about 1, and y where they
        are small."""
        double = 'precision = "float64" or ' if precision == "float32" else ""

        def check(name: str, squared: np.ndarray, of: str) -> None:
            with np.errstate(over="ignore"):
                bad = _rows(~np.isfinite(squared.astype(precision) ** 2 * len(squared)))
            if bad:
                raise BadInput(
                    f"{self.source}: column {name!r} is too large for {of} in {bad}; "
                    f"use {double}smaller units"
                )

        for name, column in self.columns():
            check(name, column, precision)
        if not squares_gradient(optimizer):
            return
        squares = f"the squared gradients of {optimizer} in {precision}"
        largest = max(np.abs(column).max() for _, column in self.columns())
        for name, column in zip(self.inputs, self.x.T, strict=True):
            check(name, column * largest, squares)
        # Errors of a thousandth of the targets still have squares that are more than 0.
        least = 1e3 * np.sqrt(np.finfo(precision).tiny)
        if stands_still_without_squares(optimizer) and 0 < largest * max(1.0, np.abs(self.x).max()) < least:
            raise BadInput(
                f"{self.source}: column {self.target!r} is too small for {squares}; use {double}larger units"
            )

    def gradient_floor(self, precision: str) -> float:
        """About the largest gradient that rounding leaves near a good fit: half the precision's spacing at
        outputs as large as the targets, times the root mean square of an input, or 1, for the bias.

        Measured in experiments/float32.
        """
        half_spacing = np.finfo(precision).eps / 2
        largest_input = np.sqrt(np.max(np.mean(self.x**2, axis=0), initial=1.0))
        return float(half_spacing * np.sqrt(np.mean(self.y**2)) * largest_input)

    def examples(self, precision: str, config: Config, num_probes: int = 0) -> Examples:
        """The examples on the device in float32 or float64, with their half-lines where moments are used."""
        x, y = jax.device_put((self.x.astype(precision), self.y.astype(precision)))
        if config.gradient != "moments":
            return Examples(x, y)
        return Examples(x, y, find_half_lines(self.x[:, 0], self.y, precision, num_probes))


def load(data: Data) -> list[Dataset]:
    """The data sets of a study, most often one; BadInput where they cannot be read, or do not fit it."""
    datasets = [_load(data, number) for number in range(data.num_datasets)]
    first, *others = datasets
    for other in others:
        if len(other.y) != len(first.y):
            raise BadInput(
                f"{other.source}: has {len(other.y)} rows, and {first.source} has {len(first.y)}; the data "
                "sets of one study must have equally many"
            )
    if isinstance(data, Table):
        data.check_unchanged(dataset.sha256 for dataset in datasets)
    return datasets


def shared_probes(datasets: Sequence[Dataset], precision: str, config: Config) -> int:
    """The number of probes with which the examples of all data sets have the same shapes: one compiled
    program serves them all."""
    if config.gradient != "moments" or len(datasets) == 1:
        return 0
    return max(count_probes(data.x[:, 0], precision) for data in datasets)


def sha256_of(datasets: Sequence[Dataset]) -> str:
    """The hash of all examples of all data sets; of a single data set it is its own."""
    if len(datasets) == 1:
        return datasets[0].sha256
    return hashlib.sha256("".join(data.sha256 for data in datasets).encode()).hexdigest()


def _load(data: Data, number: int) -> Dataset:
    if isinstance(data, Table):
        file = data.files[number]
        columns = read_table(Path(file), [*data.inputs, data.target])
        x, y = np.column_stack([columns[name] for name in data.inputs]), columns[data.target]
        inputs, target, source = data.inputs, data.target, file
    else:
        x, y = _as_columns(data) if isinstance(data, Arrays) else teach(data.teacher, number)
        inputs = ("x",) if x.shape[1] == 1 else tuple(f"x{i}" for i in range(x.shape[1]))
        target = "y"
        if isinstance(data, Arrays):
            inputs, target = data.inputs or inputs, data.target or target
        source = "data" if data.num_datasets == 1 else f"data, data set {number}"
    unscaled = Scaling(np.zeros(x.shape[1]), np.ones(x.shape[1]), 0.0, 1.0)
    dataset = Dataset(x, y, inputs, target, unscaled, source)
    for name, column in dataset.columns():
        if bad := _rows(~np.isfinite(column)):
            raise BadInput(f"{source}: column {name!r} is not finite in {bad}; fill or remove them")
    if data.scale == "standard":
        return standardise(dataset)
    dataset.check_size("float64")
    return dataset


def read_table(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    """The named columns of a CSV, Parquet or NPZ file, as float64."""
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".npz": _read_npz}
    if not os.path.exists(path):  # False, too, where the name is too long to be one
        raise BadInput(f"{path}: there is no such file; it must be a CSV, Parquet or NPZ file")
    reader = readers.get(path.suffix.lower())
    if reader is None or not path.is_file():
        raise BadInput(f"{path}: is not a file ending in {', '.join(readers)}")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: is empty; it must be a CSV, Parquet or NPZ file")
    try:
        frame = reader(path)
    except BadInput:
        raise
    except Exception as error:  # each reader fails in ways of its own on a file of other content
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadInput(f"{path}: cannot be read as {path.suffix[1:].upper()}: {first_line}") from None
    for name in names:
        if name not in frame.columns:
            raise BadInput(f"{path}: has no column {name!r}{nearest(name, frame.columns)}")
        if (number := frame.columns.tolist().count(name)) > 1:
            raise BadInput(f"{path}: has {number} columns {name!r}; their names must differ")
    if frame.empty:
        raise BadInput(f"{path}: has no rows; training needs at least one example")
    return {name: _as_numbers(path, name, pd.Series(frame[name])) for name in names}


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        # Read as a row, for pandas renames the second of two equal names.
        header = pd.read_csv(
            path, header=None, nrows=1, dtype=str, keep_default_na=False, skipinitialspace=True
        )
        with warnings.catch_warnings():
            # Rows longer than the header would lose their ends, or shift.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # From pandas 3.1 on it is the default; before, the last bit is not always the nearest.
            warnings.filterwarnings("ignore", "The 'float_precision' argument")
            frame = pd.read_csv(
                path, index_col=False, float_precision="round_trip", skipinitialspace=True, low_memory=False
            )
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not text in UTF-8; a CSV file is") from None
    except pd.errors.ParserWarning:
        raise BadInput(f"{path}: its rows are longer than its header; every column needs a name") from None
    return frame.set_axis(header.iloc[0].tolist(), axis="columns")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except ImportError:
        raise BadInput(f"{path}: reading Parquet needs pyarrow: pip install 'jaxneuron[parquet]'") from None


def _read_npz(path: Path) -> pd.DataFrame:
    """One column for each array; all must have one dimension and the same length."""
    if not zipfile.is_zipfile(path):
        raise BadInput(f"{path}: is not an NPZ file; numpy.savez writes one")
    with np.load(path, allow_pickle=False) as arrays:
        columns = {name: arrays[name] for name in arrays.files}
    for name, column in columns.items():
        if np.ndim(column) != 1:
            shape = np.shape(column)
            raise BadInput(f"{path}: array {name!r} has the shape {shape}; a column has one dimension")
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise BadInput(f"{path}: its arrays have the lengths {lengths}; they must be equal")
    return pd.DataFrame(columns)


def _as_numbers(path: Path, name: str, column: pd.Series) -> np.ndarray:
    missing = column.isna().to_numpy()
    if bad := _rows(missing):
        raise BadInput(f"{path}: column {name!r} is missing {bad}; fill or remove them")
    if column.dtype.kind in "cmM":  # complex numbers and times, of which pandas would make numbers
        raise BadInput(f"{path}: column {name!r} holds {column.dtype}, not numbers")
    try:
        numbers = np.asarray(pd.to_numeric(column, errors="coerce"), np.float64)
    except OverflowError:
        raise BadInput(f"{path}: column {name!r} holds a number that is too large") from None
    not_numbers = np.isnan(numbers)
    if bad := _rows(not_numbers):
        example = column.iloc[int(np.argmax(not_numbers))]
        raise BadInput(f"{path}: column {name!r} is not a number in {bad}, such as {shown(example)}")
    return numbers


def _as_columns(data: Arrays) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(data.x, np.float64), np.asarray(data.y, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or y.shape != x.shape[:1] or x.shape[1] == 0:
        raise BadInput(
            f"data: x has the shape {x.shape} and y {y.shape}; they must be [examples, inputs] and [examples]"
        )
    if len(y) == 0:
        raise BadInput("data: x and y are empty; training needs at least one example")
    return x, y


def teach(teacher: Teacher, number: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The teacher's inputs and outputs in its data set of a number: y = relu(weight · x + bias) + noise."""
    rng = np.random.default_rng(teacher.seed if teacher.num_datasets == 1 else (teacher.seed, number))
    weight = teacher.weight
    if isinstance(weight, UnitVector):  # from a stream of its own: x and noise stay those of a given weight
        normal = rng.spawn(1)[0].normal(size=weight.unit_vector)
        weight = normal / np.linalg.norm(normal)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found by `load`
        if isinstance(teacher.inputs, Axis):
            x = teacher.inputs.values()[:, None]
        else:
            inputs = cast(Distribution, teacher.inputs)  # the section has checked that it is no constant
            shape = (teacher.num_examples or 0, teacher.num_inputs)
            x = inputs.quantile(inside_unit(rng.random(shape)))
        output = np.maximum(x @ np.array(weight) + teacher.bias, 0.0)
        return x, output + rng.normal(0.0, teacher.noise, len(x))


def standardise(data: Dataset) -> Dataset:
    """Inputs with mean 0 and standard deviation 1; the target with standard deviation 1, not centred.

    A ReLU's output is never negative: a centred target would be out of its reach on half the examples, and
    each of those puts a kink into the loss that gradient descent oscillates across without end.
    """
    for name, column in data.columns():
        # The mean of equal numbers can round away from them and leave a spread of one last bit.
        if column.min() == column.max():
            raise BadInput(
                f'{data.source}: column {name!r} is {column[0]:g} in every row, and scale = "standard" would '
                'divide by its spread of 0; leave it out or use scale = "none"'
            )
    with np.errstate(all="ignore"):  # what is not finite is found below
        scaling = Scaling(data.x.mean(0), data.x.std(0), 0.0, float(data.y.std()))
        x, y = (data.x - scaling.x_offset) / scaling.x_scale, data.y / scaling.y_scale
    if not all(np.isfinite(numbers).all() for numbers in (x, y, scaling.x_scale, scaling.y_scale)):
        raise BadInput(f"{data.source}: its numbers are too large or too close together to be standardised")
    return data._replace(x=x, y=y, scaling=scaling)


def _rows(is_bad: np.ndarray) -> str:
    """'3 of 235 rows (12, 40, 41)', counted from 1 after the header; '' where there are none."""
    rows = np.flatnonzero(is_bad) + 1
    if len(rows) == 0:
        return ""
    listed = ", ".join(map(str, rows[:5])) + (", …" if len(rows) > 5 else "")
    return f"{len(rows)} of {len(is_bad)} rows ({listed})"
