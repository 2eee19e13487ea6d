"""Training one neuron of a study with all its steps kept, until the loss has converged; or some of them."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.params import ACTIVATIONS
from jaxneuron.neuron.train import StepInfo, Trained
from jaxneuron.population.follow import follow
from jaxneuron.population.milestones import follow_by_jumps
from jaxneuron.population.place import Place
from jaxneuron.population.train import train_population
from jaxneuron.runner.setup import check_data, check_device, config_of, make_start
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import Dataset, load, shared_probes
from jaxneuron.study.study import Study


@dataclasses.dataclass(frozen=True)
class Training:
    """The life of one neuron.

    `history` has one row a step, from step 0 to the end: the params before the step's update, the loss
    and `num_active` over all examples, the gradient (over the step's mini-batch, if there are any). By jumps
    it has every step of the first ones, and of more a few hundred, ever farther apart.
    """

    study: Study
    data: Dataset
    hyperparams: dict[str, float]
    history: xr.Dataset
    fate: Fate
    death_step: int
    diverge_step: int
    settle_step: int
    revivals: int
    absorbed: bool
    nearly_silent: bool
    gradient_norm: float
    period: int | None = None  # by jumps: of the cycle that it ends in, 1 at rest, 0 unknown, -1 none known
    undecided: bool = False  # by jumps: whether its fate could not be told

    @property
    def num_steps(self) -> int:
        """Steps that were taken."""
        return int(self.history.step.values[-1])

    @property
    def weight(self) -> np.ndarray:
        """The trained weight, one number an input."""
        return self.history.weight.values[-1]

    @property
    def bias(self) -> float:
        """The trained bias."""
        return float(self.history.bias.values[-1])

    @property
    def loss(self) -> float:
        """The final loss."""
        return float(self.history.loss.values[-1])

    @property
    def targets(self) -> np.ndarray:
        """The examples' targets as the neuron is taught them: scaled by γ where the study says so."""
        return self.hyperparams.get("target_scale", 1.0) * self.data.y

    @property
    def is_whole(self) -> bool:
        """Whether the history has a row for every step."""
        return self.history.sizes["step"] == self.num_steps + 1

    def row_of(self, step: int) -> int:
        """The row of the history of a step, or of the last before it that has one."""
        return int(np.searchsorted(self.history.step.values, step, side="right")) - 1

    def output(self, x: np.ndarray, row: int = -1) -> np.ndarray:
        """The neuron's output for scaled inputs x[points, inputs], with the params of a row of `history`."""
        at = self.history.isel(step=row)
        z = x @ at.weight.values.astype(np.float64) + float(at.bias)
        function = ACTIVATIONS[self.study.neuron.activation].function
        return np.asarray(function(z, self.hyperparams.get("negative_slope", 0.01)))

    def __repr__(self) -> str:
        weight = ", ".join(f"{w:.6g}" for w in self.weight)
        return (
            f"Training(weight=[{weight}], bias={self.bias:.6g}, loss={self.loss:.6g}, "
            f"fate={self.fate.name}, num_steps={self.num_steps})"
        )


def train(study: Study, *, cell: int = 0, replicate: int = 0) -> Training:
    """Train one neuron of a study with every step kept: `jaxneuron.train`."""
    for name, index, size in (
        ("cell", cell, study.design.num_cells),
        ("replicate", replicate, study.sweep.replicates),
    ):
        if not 0 <= index < size:
            raise BadInput(f"{name}: is {index}; the study has {name}s 0 to {size - 1}")
    check_device()
    datasets = load(study.data)
    check_data(study, datasets)
    with jax.enable_x64(study.training.precision == "float64"):
        return _train(study, datasets, cell, replicate)


def train_some(study: Study, cells: Sequence[int], replicates: Sequence[int]) -> Trained:
    """Train some neurons of a study, [neurons], the same ones that a sweep trains: what became of each.

    The cells must be of one data set. With another number of neurons another program is compiled.
    """
    check_device()
    datasets = load(study.data)
    check_data(study, datasets)
    precision, numbers = study.training.precision, np.array(cells)
    data = datasets[study.design.dataset(int(numbers[0]))]
    with jax.enable_x64(precision == "float64"):
        swept = {name: value.astype(precision) for name, value in study.design.values(numbers).items()}
        config, start = config_of(study, data), make_start(study)
        examples = data.examples(precision, config, shared_probes(datasets, precision, config))
        trained = train_population(
            numbers.astype(np.uint32),
            np.array(replicates, np.uint32),
            swept,
            start,
            examples,
            config,
            study.training.num_steps,
        )
        return jax.tree.map(np.asarray, trained)


def _train(study: Study, datasets: Sequence[Dataset], cell: int, replicate: int) -> Training:
    precision = study.training.precision
    values = study.design.values(np.array([cell]))
    swept = {name: jnp.asarray(value[0], precision) for name, value in values.items()}
    data = datasets[study.design.dataset(cell)]
    config, start = config_of(study, data), make_start(study)
    examples = data.examples(precision, config, shared_probes(datasets, precision, config))
    num_steps = study.training.num_steps
    if config.method == "jumps":
        place = Place(np.uint32(cell), np.uint32(replicate), swept)  # pyright: ignore[reportArgumentType]
        hyperparams, steps, history, trained = follow_by_jumps(place, start, examples, config, num_steps)
    else:
        followed = follow(cell, replicate, swept, start, examples, config, int(num_steps))
        hyperparams, history, trained = followed
        steps = np.arange(len(history.loss))
    return _as_training(study, data, hyperparams, steps.astype(np.int64), history, trained)


def _as_training(
    study: Study,
    data: Dataset,
    hyperparams: Hyperparams,
    steps: np.ndarray,
    history: StepInfo,
    trained: Trained,
) -> Training:
    def variable(values: Any, long_name: str, units: str = "") -> tuple[Any, ...]:
        dims = ("step", "input")[: np.ndim(values)]
        return dims, values, {"long_name": long_name, "units": units}

    return Training(
        study=study,
        data=data,
        hyperparams={n: float(v) for n, v in hyperparams._asdict().items() if n in study.quantities},
        history=xr.Dataset(
            {
                "loss": variable(history.loss, "mean over the examples of ½(ŷ − y)²"),
                "weight": variable(history.params.weight, "weight W"),
                "bias": variable(history.params.bias, "bias b"),
                "num_active": variable(history.num_active, "examples with z > 0", "examples"),
                "grad_weight": variable(history.grads.weight, "dL/dW"),
                "grad_bias": variable(history.grads.bias, "dL/db"),
                "update_weight": variable(history.updates.weight, "what the step adds to W"),
                "update_bias": variable(history.updates.bias, "what the step adds to b"),
            },
            coords={"step": steps, "input": list(data.inputs)},
        ),
        fate=Fate(int(trained.fate)),
        death_step=int(trained.death_step),
        diverge_step=int(trained.diverge_step),
        settle_step=int(trained.settle_step),
        revivals=int(trained.revivals),
        absorbed=bool(trained.absorbed),
        nearly_silent=bool(trained.nearly_silent),
        gradient_norm=float(trained.gradient_norm),
        period=None if trained.period is None else int(trained.period),
        undecided=bool(trained.undecided),
    )
