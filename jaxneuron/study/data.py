"""Reading the examples: from a table, from arrays, or from a teacher; checked, scaled and described."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from jaxneuron.neuron.choices import squares_gradient, stands_still_without_squares
from jaxneuron.neuron.draws import Distribution
from jaxneuron.population.axes import Axis
from jaxneuron.population.design import inside_unit
from jaxneuron.study.bad_input import BadInput, named_rows
from jaxneuron.study.files import Table
from jaxneuron.study.sources import Arrays, Data, Teacher, UnitVector
from jaxneuron.study.tables.table import read_table


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
    notes: tuple[str, ...] = ()  # what a reader should know of how they were read, a line each

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
                bad = named_rows(~np.isfinite(squared.astype(precision) ** 2 * len(squared)))
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


def load(data: Data) -> list[Dataset]:
    """The data sets of a study, most often one; BadInput where they cannot be read."""
    datasets = [_load(data, number) for number in range(data.num_datasets)]
    if isinstance(data, Table):
        data.check_unchanged(dataset.sha256 for dataset in datasets)
    return datasets


def sha256_of(datasets: Sequence[Dataset]) -> str:
    """The hash of all examples of all data sets; of a single data set it is its own."""
    if len(datasets) == 1:
        return datasets[0].sha256
    return hashlib.sha256("".join(data.sha256 for data in datasets).encode()).hexdigest()


def _load(data: Data, number: int) -> Dataset:
    notes = ()
    if isinstance(data, Table):
        file = data.files[number]
        columns = read_table(Path(file), [*data.inputs, data.target], data.dialect)
        notes = columns.notes
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
    dataset = Dataset(x, y, inputs, target, unscaled, source, notes)
    for name, column in dataset.columns():
        if bad := named_rows(~np.isfinite(column)):
            raise BadInput(f"{source}: column {name!r} is not finite in {bad}; fill or remove them")
    if data.scale == "standard":
        return standardise(dataset)
    dataset.check_size("float64")
    return dataset


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
