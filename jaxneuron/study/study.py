"""A study: data, neuron, training and sweep, frozen. What a study.toml says, checked before anything runs."""

import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, model_validator

from jaxneuron.neuron import jumps
from jaxneuron.neuron.draws import STANDARD_NORMAL
from jaxneuron.neuron.hyperparams import MEANINGS, Config
from jaxneuron.neuron.optimizers import OPTIMIZERS
from jaxneuron.neuron.params import ACTIVATIONS
from jaxneuron.population import design
from jaxneuron.population.axes import Axis
from jaxneuron.study.bad_input import BadInput, nearest, shown
from jaxneuron.study.path import expanded
from jaxneuron.study.quantity import (
    DRAWN,
    Quantity,
    check_range,
    check_size,
    num_values,
    support,
)
from jaxneuron.study.section import Section
from jaxneuron.study.sources import Data, Table

# fold_in takes 32 bits for the cell and 32 for the replicate.
MOST_CELLS = MOST_REPLICATES = 2**32
MOST_STEPS = 2**31 - 2


def _one_of(known: Mapping[str, Any]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"is {name!r}{nearest(name, known)}")
        return name

    return check


class Neuron(Section):
    """What the neuron is and where its weight starts."""

    place: ClassVar[str] = "[neuron]"

    activation: Annotated[str, AfterValidator(_one_of(ACTIVATIONS))] = "relu"
    train_bias: bool = True
    init_weight: Quantity = STANDARD_NORMAL


def _whole_or_infinite(value: Any) -> Any:
    """A number of steps; "inf" is how one without end is kept in JSON."""
    if value in ("inf", math.inf):
        return math.inf
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"is {shown(value)}; it must be a whole number, or inf")
    if value < 0:
        raise ValueError(f"is {value}; it must be at least 0")
    return value


# Whole, or without end.
NumSteps = Annotated[
    int | float,
    PlainValidator(_whole_or_infinite),
    PlainSerializer(lambda value: "inf" if math.isinf(value) else value, when_used="json"),
]


class Training(Section):
    """How it is trained."""

    place: ClassVar[str] = "[training]"

    optimizer: Annotated[str, AfterValidator(_one_of(OPTIMIZERS))] = "sgd"
    method: Literal["steps", "jumps"] = "steps"
    num_steps: NumSteps = 1000
    batch_size: int | None = Field(default=None, ge=1)
    gradient: Literal["auto", "autodiff", "moments"] = "auto"
    precision: Literal["float32", "float64"] = "float32"
    tolerance: float = Field(default=Config.tolerance, ge=0.0)
    divergence_factor: float = Field(default=Config.divergence_factor, ge=1.0)
    silence_tolerance: float = Field(default=Config.silence_tolerance, ge=0.0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        most = jumps.MOST_STEPS if self.method == "jumps" else MOST_STEPS
        if math.isinf(self.num_steps) and self.method != "jumps":
            raise ValueError('num_steps: is inf; only method = "jumps" comes to an end without one')
        if most < self.num_steps < math.inf:
            raise ValueError(f"num_steps: is {self.num_steps}; it must be at most {most}")
        return self


class Points(Section):
    """A design that is not a grid: how many points, and how they are placed in the ranges of the sweep."""

    place: ClassVar[str] = "[sweep] points"

    sobol: int | None = Field(default=None, ge=1, le=2**24)
    random: int | None = Field(default=None, ge=1, le=2**24)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.sobol is None) == (self.random is None):
            raise ValueError("sobol, random: exactly one of them must be given, a number of points")
        return self


class Sweep(Section):
    """What differs between neurons, how many there are, and what is kept of them."""

    place: ClassVar[str] = "[sweep]"

    learning_rate: Quantity
    init_bias: Quantity = 0.0
    momentum: Quantity | None = None
    weight_decay: Quantity | None = None
    beta1: Quantity | None = None
    beta2: Quantity | None = None
    decay: Quantity | None = None
    epsilon: Quantity | None = None
    negative_slope: Quantity | None = None
    target_scale: Quantity | None = None
    points: Points | None = None
    replicates: int = Field(default=1, ge=1, le=MOST_REPLICATES)
    seed: int = Field(default=0, ge=0, lt=2**32)
    records: Literal["cells", "neurons"] = "cells"
    chunk_size: int | None = Field(default=None, ge=1, le=2**28)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, meaning in MEANINGS.items():
            quantity = getattr(self, name)
            if quantity is not None:
                check_range(name, support(quantity), meaning)
        return self


class Study(Section):
    """Data, neuron, training and sweep."""

    place: ClassVar[str] = "a study"

    data: Data
    neuron: Neuron = Neuron()
    training: Training = Training()
    sweep: Sweep

    if TYPE_CHECKING:  # tables may be given as dicts, which type checkers cannot see from the fields

        def __init__(
            self,
            *,
            data: Data | Mapping[str, Any],
            neuron: Neuron | Mapping[str, Any] = ...,
            training: Training | Mapping[str, Any] = ...,
            sweep: Sweep | Mapping[str, Any],
        ) -> None: ...

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.training.method == "jumps" and (objection := self.objection_to_jumps):
            raise ValueError(f'training.method: "jumps" is {objection}')
        optimizer, taken = self.training.optimizer, set(OPTIMIZERS[self.training.optimizer].takes)
        taken |= {"learning_rate", "weight_decay", "target_scale"}
        if self.neuron.activation == "leaky_relu":
            taken.add("negative_slope")
        for name in MEANINGS:
            if getattr(self.sweep, name) is not None and name not in taken:
                if name == "negative_slope":
                    reason = f"activation {self.neuron.activation!r} has none; it needs leaky_relu"
                else:
                    reason = f"optimizer {optimizer!r} does not take it{nearest(name, sorted(taken))}"
                raise ValueError(f"sweep.{name}: {reason}")
        if optimizer == "adamw" and self.sweep.weight_decay is None:
            raise ValueError("sweep.weight_decay: is missing; adamw without it is adam")
        num_cells = self.data.num_datasets
        for name, quantity in self.quantities.items():
            where = f"{'neuron' if name == 'init_weight' else 'sweep'}.{name}"
            try:
                check_size(quantity, self.training.precision, MEANINGS.get(name))
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from None
            if isinstance(quantity, Axis):
                num_cells *= num_values(quantity)
                if self.sweep.points is not None:
                    raise ValueError(
                        f"{where}: is an axis, but sweep.points is given; it must be a constant, "
                        "uniform, log_uniform or normal"
                    )
        if self.sweep.points is not None and not self._ranges:
            raise ValueError(
                "sweep.points: nothing in [sweep] is uniform, log_uniform or normal to be spread over"
            )
        if num_cells > MOST_CELLS:
            raise ValueError(f"sweep: has {num_cells} cells; it may have {MOST_CELLS}")
        return self

    @property
    def objection_to_jumps(self) -> str | None:
        """Why the study cannot be trained by jumps; None where it can, if its data has one input."""
        training = self.training
        if training.optimizer != "sgd":
            return f"for plain gradient descent, and training.optimizer is {training.optimizer!r}"
        if training.batch_size is not None:
            return f"for steps over all examples, and training.batch_size is {training.batch_size}"
        if training.gradient == "autodiff":
            return "for gradients from moments; leave training.gradient out"
        if training.precision != "float64":
            return f'for training.precision = "float64", and it is {training.precision!r}'
        if not ACTIVATIONS[self.neuron.activation].is_piecewise_linear:
            straight = ", ".join(name for name, a in ACTIVATIONS.items() if a.is_piecewise_linear)
            return (
                f"for activations that are straight on either side of 0 ({straight}), and "
                f"neuron.activation is {self.neuron.activation!r}"
            )
        return None

    @property
    def quantities(self) -> dict[str, Any]:
        """The given hyperparameters and the starting values, by name."""
        given = {name: getattr(self.sweep, name) for name in (*MEANINGS, "init_bias")}
        given["init_weight"] = self.neuron.init_weight
        return {name: quantity for name, quantity in given.items() if quantity is not None}

    @property
    def _ranges(self) -> dict[str, Any]:
        """What `points` spreads over; not weights, which each replicate draws for itself."""
        return {
            name: quantity
            for name, quantity in self.quantities.items()
            if name != "init_weight" and isinstance(quantity, DRAWN)
        }

    @property
    def _cells(self) -> design.Design:
        """The cells of each data set."""
        points = self.sweep.points
        if points is None:
            axes = {n: q for n, q in self.quantities.items() if isinstance(q, Axis)}
            return design.grid(axes)
        place = design.sobol if points.sobol is not None else design.random
        return place(self._ranges, points.sobol or points.random or 0, self.sweep.seed)

    @property
    def design(self) -> design.Design:
        """The cells, made anew at each access."""
        cells, number = self._cells, self.data.num_datasets
        return cells if number == 1 else design.on_datasets(cells, number)

    @property
    def drawn(self) -> dict[str, Any]:
        """The quantities that each neuron draws from its own key."""
        drawn = {n: q for n, q in self.quantities.items() if isinstance(q, DRAWN)}
        return {n: q for n, q in drawn.items() if self.sweep.points is None or n == "init_weight"}

    @property
    def fixed(self) -> dict[str, float]:
        """The quantities that are the same for all neurons."""
        return {name: quantity for name, quantity in self.quantities.items() if isinstance(quantity, float)}


def read_study(path: str | Path) -> Study:
    """The study that a TOML file describes; a relative path of its data starts at the file's folder.

    BadInput where it is no TOML file, or no study.
    """
    path = Path(expanded(path))
    try:
        tables = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file; a study is a TOML file") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}); a study is a TOML file") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not text in UTF-8; a study is a TOML file") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, a list in a list in a list …
        raise BadInput(f"{path}: is not valid TOML: {error}") from None
    try:
        study = Study(**tables)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    if isinstance(study.data, Table):
        files = tuple(str(path.parent / file) for file in study.data.files)
        file = files[0] if isinstance(study.data.file, str) else files
        data = study.data.model_copy(update={"file": file})
        study = study.model_copy(update={"data": data})
    return study


def resolved(study: Study) -> dict[str, Any]:
    """The study as plain values, every default written out, as it is kept with a run."""
    return study.model_dump(mode="json")
