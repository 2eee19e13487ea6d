"""The life of one neuron of a study: every step of its training, and what became of it."""

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.params import FUNCTIONS
from jaxneuron.neuron.train import StepInfo, Trained
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import Dataset
from jaxneuron.study.study import Study

if TYPE_CHECKING:  # which takes a while to import, and who prints a training needs none
    import xarray as xr


class Rows(NamedTuple):
    """The steps that are kept of a training, or some of them, or one: [rows], of weights [rows, inputs]."""

    step: np.ndarray
    loss: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    num_active: np.ndarray
    grad_weight: np.ndarray
    grad_bias: np.ndarray
    update_weight: np.ndarray
    update_bias: np.ndarray

    def at(self, index: Any) -> "Rows":
        """Those at an index of NumPy's."""
        return Rows(*(values[index] for values in self))


# Of each array: what it is called, and its units.
WORDS = {
    "loss": ("mean over the examples of ½(ŷ − y)²", ""),
    "weight": ("weight W", ""),
    "bias": ("bias b", ""),
    "num_active": ("examples with z > 0", "examples"),
    "grad_weight": ("dL/dW", ""),
    "grad_bias": ("dL/db", ""),
    "update_weight": ("what the step adds to W", ""),
    "update_bias": ("what the step adds to b", ""),
}


@dataclasses.dataclass(frozen=True)
class Training:
    """The life of one neuron.

    `history` has one row a step, from step 0 to the end: the params before the step's update, the loss
    and `num_active` over all examples, the gradient (over the step's mini-batch, if there are any). By jumps
    it has every step of the first ones, and of more a few hundred, ever farther apart. `rows` are the same as
    arrays of NumPy.

    `trained` is what became of it, in numbers of Python's: its fields (`death_step`, `revivals`, `absorbed`,
    …) are attributes of the training too.
    """

    study: Study
    data: Dataset
    hyperparams: dict[str, float]
    rows: Rows
    trained: Trained

    @cached_property
    def history(self) -> "xr.Dataset":
        """The rows, an array each."""
        import xarray as xr

        arrays = {}
        for name, (long_name, units) in WORDS.items():
            values = getattr(self.rows, name)
            dims = ("step", "input")[: values.ndim]
            arrays[name] = dims, values, {"long_name": long_name, "units": units}
        return xr.Dataset(arrays, coords={"step": self.rows.step, "input": list(self.data.inputs)})

    @property
    def fate(self) -> Fate:
        """What became of it."""
        return Fate(self.trained.fate)

    def __getattr__(self, name: str) -> Any:
        if name in Trained._fields:
            return getattr(self.trained, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def num_steps(self) -> int:
        """Steps that were taken."""
        return int(self.rows.step[-1])

    @property
    def weight(self) -> np.ndarray:
        """The trained weight, one number an input."""
        return self.rows.weight[-1]

    @property
    def bias(self) -> float:
        """The trained bias."""
        return float(self.rows.bias[-1])

    @property
    def loss(self) -> float:
        """The final loss."""
        return float(self.rows.loss[-1])

    @property
    def targets(self) -> np.ndarray:
        """The examples' targets as the neuron is taught them: scaled by γ where the study says so."""
        return self.hyperparams.get("target_scale", 1.0) * self.data.y

    @property
    def is_whole(self) -> bool:
        """Whether there is a row for every step."""
        return len(self.rows.step) == self.num_steps + 1

    def row_of(self, step: int) -> int:
        """The row of a step, or of the last before it that has one."""
        return int(np.searchsorted(self.rows.step, step, side="right")) - 1

    def output(self, x: np.ndarray, row: int = -1) -> np.ndarray:
        """The neuron's output for scaled inputs x[points, inputs], with the params of one of its rows."""
        at = self.rows.at(row)
        z = x @ at.weight.astype(np.float64) + float(at.bias)
        function = FUNCTIONS[self.study.neuron.activation]
        with jax.enable_x64(True):
            slope = self.hyperparams.get("negative_slope", 0.01)
            return np.asarray(function(z, slope))  # pyright: ignore[reportArgumentType]

    def predict(self, x: Any) -> np.ndarray:
        """The trained neuron's output in the data's units.

        Where the study scales its target by γ, that is the γ-fold target, which the neuron was taught.

        Args:
            x: inputs in the data's units, [examples] of one input or [examples, inputs]; of a table (a
                DataFrame) the columns with the names of the inputs.

        Returns:
            The outputs in the units of the target, [examples].

        Raises:
            BadInput: x has another number of inputs, or is not numbers.
        """
        names, scaling = list(self.data.inputs), self.data.scaling
        try:
            rows = np.asarray(x[names] if hasattr(x, "columns") else x, np.float64)
        except KeyError:
            raise BadInput(f"x: has the columns {list(x.columns)}; it must have {names}") from None
        except (TypeError, ValueError):
            raise BadInput("x: is not numbers; it must be [examples, inputs]") from None
        rows = rows[..., None] if rows.ndim < 2 and len(names) == 1 else rows
        rows = np.atleast_2d(rows)
        if rows.shape[1:] != (len(names),):
            raise BadInput(f"x: has the shape {np.shape(x)}; it must be [examples, {len(names)}]")
        return self.output((rows - scaling.x_offset) / scaling.x_scale) * scaling.y_scale + scaling.y_offset

    def __repr__(self) -> str:
        weight = ", ".join(f"{w:.6g}" for w in self.weight)
        return (
            f"Training(weight=[{weight}], bias={self.bias:.6g}, loss={self.loss:.6g}, "
            f"fate={self.fate.name}, num_steps={self.num_steps})"
        )


def training_of(
    study: Study,
    data: Dataset,
    hyperparams: Hyperparams,
    steps: np.ndarray,
    history: StepInfo,
    trained: Trained,
) -> Training:
    """The training of a neuron from what followed it.

    `steps` are those of `history`, and `trained` is one neuron's: all in NumPy arrays.
    """
    rows = (
        steps.astype(np.int64),
        history.loss,
        *history.params,
        history.num_active,
        *history.grads,
        *history.updates,
    )
    return Training(
        study=study,
        data=data,
        hyperparams={n: float(v) for n, v in hyperparams._asdict().items() if n in study.quantities},
        rows=Rows(*map(np.asarray, rows)),
        # Numbers of Python's, and arrays.
        trained=jax.tree.map(
            lambda value: value if np.ndim(value) else np.asarray(value).item(),
            trained._replace(undecided=bool(trained.undecided)),
        ),
    )
