"""A study: data, neuron, training and sweep, frozen. What a study.toml says, checked before anything runs."""

import itertools
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import PrivateAttr, model_validator

from jaxneuron.neuron.choices import ACTIVATIONS, CONSTANT, OPTIMIZERS, SCHEDULES
from jaxneuron.neuron.hyperparams import MEANINGS
from jaxneuron.population import design
from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.population.design import Chosen
from jaxneuron.study.bad_input import BadInput, nearest
from jaxneuron.study.categories import CATEGORIES
from jaxneuron.study.files import Table
from jaxneuron.study.path import expanded
from jaxneuron.study.quantity import DRAWN, MOST_CELLS, check_size, num_values, support
from jaxneuron.study.refine import Refine, check_refine, grid_axes
from jaxneuron.study.section import Section
from jaxneuron.study.sections import Neuron, Sweep, Training
from jaxneuron.study.settings import apply, is_of, read_setting
from jaxneuron.study.sources import Data


class Study(Section, place="a study"):
    """Data, neuron, training and sweep."""

    data: Data
    neuron: Neuron = Neuron()
    training: Training = Training()
    sweep: Sweep
    _chosen: Chosen | None = PrivateAttr(None)

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
        optimizers = dict.fromkeys(study.training.optimizer for study in self.alternatives)
        activations = dict.fromkeys(study.neuron.activation for study in self.alternatives)
        schedules = dict.fromkeys(study.training.schedule for study in self.alternatives)
        taken = {"learning_rate", "weight_decay", "target_scale", "clip_norm"}
        taken.update(*(OPTIMIZERS[optimizer].takes for optimizer in optimizers))
        taken.update(*(SCHEDULES[schedule].takes for schedule in schedules))
        if "leaky_relu" in activations:
            taken.add("negative_slope")
        for name in MEANINGS:
            if getattr(self.sweep, name) is not None and name not in taken:
                if name == "negative_slope":
                    reason = f"activation {_quoted(activations)} has none; it needs leaky_relu"
                elif any(name in schedule.takes for schedule in SCHEDULES.values()):
                    takers = [known for known, schedule in SCHEDULES.items() if name in schedule.takes]
                    reason = f"schedule {_quoted(schedules)} does not take it; it needs {_quoted(takers)}"
                else:
                    reason = f"optimizer {_quoted(optimizers)} does not take it{nearest(name, sorted(taken))}"
                raise ValueError(f"sweep.{name}: {reason}")
        for schedule in schedules:
            lowest = 0.0 if self.sweep.final_rate is None else support(self.sweep.final_rate)[0]
            if not SCHEDULES[schedule].falls_to_0 and lowest <= 0:
                raise ValueError(
                    f"sweep.final_rate: reaches 0; schedule {schedule!r} needs more, such as 0.01, to fall to"
                )
        if "adamw" in optimizers and self.sweep.weight_decay is None:
            raise ValueError("sweep.weight_decay: is missing; adamw without it is adam")
        num_cells = math.prod(map(len, self.categories.values()))
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
        if self.sweep.refine is not None:
            self.check_refine(self.sweep.refine)
        return self

    @property
    def objection_to_jumps(self) -> str | None:
        """Why the study cannot be trained by jumps; None where it can, if its data has one input."""
        objections = (study._objection_to_jumps for study in self.alternatives)
        return next((objection for objection in objections if objection), None)

    @property
    def _objection_to_jumps(self) -> str | None:
        """That of one alternative."""
        training = self.training
        if training.optimizer != "sgd":
            return f"for plain gradient descent, and training.optimizer is {training.optimizer!r}"
        if training.batch_size is not None:
            return f"for steps over all examples, and training.batch_size is {training.batch_size}"
        if training.schedule != CONSTANT or self.sweep.clip_norm is not None:
            key = "sweep.clip_norm" if training.schedule == CONSTANT else "training.schedule"
            return f"for a constant learning rate and no clipping; leave {key} out"
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
    def categories(self) -> dict[str, Sequence[str | int]]:
        """What differs between cells without being a number that neurons are given, with its names: the data
        set where there are several, and what a list of activations, optimizers or batch sizes is given of."""
        data, number = self.data, self.data.num_datasets
        labels = data.labels if isinstance(data, Table) else range(number)
        found: dict[str, Sequence[str | int]] = {design.DATASET: labels} if number > 1 else {}
        for name, table in CATEGORIES.items():
            if isinstance(given := getattr(getattr(self, table), name), tuple):
                found[name] = given
        return found

    @property
    def alternatives(self) -> "list[Study]":
        """The study of each combination of activation, optimizer and batch size, in C order; of one of each,
        only itself."""
        numbers = {name: range(len(v)) for name, v in self.categories.items() if name != design.DATASET}
        combinations = itertools.product(*numbers.values())
        return [self.alternative(dict(zip(numbers, each, strict=True))) for each in combinations]

    def alternative(self, category: Mapping[str, int]) -> "Study":
        """The study of one index in each category, its data sets left as they are."""
        tables: dict[str, Section] = {}
        for name, values in self.categories.items():
            if table := CATEGORIES.get(name):
                section: Section = tables.get(table) or getattr(self, table)
                tables[table] = section.model_copy(update={name: values[category[name]]})
        return self.model_copy(update=tables) if tables else self

    @property
    def can_die(self) -> bool:
        """Whether there are neurons that can die: not so where every activation has a slope everywhere."""
        return any(ACTIVATIONS[each.neuron.activation].can_die for each in self.alternatives)

    @property
    def has_stability_limit(self) -> bool:
        """Whether 2/λ_max means something: plain full-batch gradient descent on a locally quadratic loss."""
        are_quadratic = all(
            each.training.optimizer == "sgd"
            and each.training.batch_size is None
            and each.training.schedule == CONSTANT
            and ACTIVATIONS[each.neuron.activation].is_piecewise_linear
            for each in self.alternatives
        )
        return are_quadratic and self.sweep.weight_decay is None and self.sweep.clip_norm is None

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
            if self.chosen is not None:
                return design.chosen_of_grids(self.refinable_axes, self.chosen)
            return design.grid(axes)
        place = design.sobol if points.sobol is not None else design.random
        return place(self._ranges, points.sobol or points.random or 0, self.sweep.seed)

    @property
    def design(self) -> design.Design:
        """The cells, made anew at each access."""
        return design.in_categories(self._cells, self.categories)

    @property
    def refinable_axes(self) -> dict[str, Linear | Log]:
        """The axes of its grid, which can be refined; ValueError where it has none that can."""
        return grid_axes(self.quantities, self.categories, self.sweep.points)

    def check_refine(self, refine: Refine) -> None:
        """ValueError where its grid cannot be refined like that."""
        check_refine(refine, self.refinable_axes, self.training.precision, self.can_die)

    @property
    def chosen(self) -> Chosen | None:
        """The cells of its grid, and of finer ones, that are its own in place of all cells of its grid."""
        return self._chosen

    def at_cells(self, chosen: Chosen | None) -> "Study":
        """The study of chosen cells."""
        study = self.model_copy()
        study._chosen = chosen
        return study

    @property
    def drawn(self) -> dict[str, Any]:
        """The quantities that each neuron draws from its own key."""
        drawn = {n: q for n, q in self.quantities.items() if isinstance(q, DRAWN)}
        return {n: q for n, q in drawn.items() if self.sweep.points is None or n == "init_weight"}

    @property
    def fixed(self) -> dict[str, float]:
        """The quantities that are the same for all neurons."""
        return {name: quantity for name, quantity in self.quantities.items() if isinstance(quantity, float)}


def _quoted(names: Iterable[str]) -> str:
    """'sgd' or 'adam'."""
    return " or ".join(map(repr, names))


def read_study(path: str | Path, settings: Sequence[str] = ()) -> Study:
    """The study that a TOML file describes; a relative path of its data starts at the file's folder.

    Args:
        path: of the file.
        settings: values in place of those of the file, as `--set` takes them: `"sweep.replicates=4"`.

    Raises:
        BadInput: it is no TOML file, or no study.
    """
    path = Path(expanded(path))
    others = [read_setting(text) for text in settings]
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
    apply(tables, others)
    try:
        study = Study(**tables)
    except BadInput as error:
        where = "--set " if is_of(others, str(error)) else f"{path}: "
        raise BadInput(f"{where}{error}") from None
    if isinstance(study.data, Table):
        files = tuple(str(path.parent / file) for file in study.data.files)
        file = files[0] if isinstance(study.data.file, str) else files
        data = study.data.model_copy(update={"file": file})
        study = study.model_copy(update={"data": data})
    return study


def resolved(study: Study) -> dict[str, Any]:
    """The study as plain values, every default written out, as it is kept with a run."""
    return study.model_dump(mode="json")
