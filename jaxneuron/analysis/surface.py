"""The loss L(W, b) of one input as a surface, the paths of neurons over it, and where a neuron is silent."""

from collections.abc import Sequence
from typing import NamedTuple

import contourpy
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from jaxneuron.neuron import moments
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Examples, loss
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.population.program import compiled
from jaxneuron.runner.training import Training
from jaxneuron.study.bad_input import BadInput

NUM_PLACES = 256  # along each of W and b
ERRORS_AT_A_TIME = 2**22
# Shown of a path are places with a loss up to so many times the larger of its first and a silent neuron's.
SHOWN_LOSS = 4.0
MARGIN = 0.15  # of the height and width that the paths take


class ParamsPath(NamedTuple):
    """The params of one neuron before each step, [steps], as far as they are finite, and its fate."""

    weight: np.ndarray
    bias: np.ndarray
    fate: Fate
    death_step: int


class LossSurface(NamedTuple):
    """The loss [weights, biases], infinite where it is too large for a number.

    On and below `silent_up_to` [weights] a neuron is silent on every example; None where its activation lets
    a gradient pass even then. `is_scaled`: inputs and target are in standardised units.
    """

    weight: np.ndarray
    bias: np.ndarray
    loss: np.ndarray
    silent_up_to: np.ndarray | None
    paths: tuple[ParamsPath, ...]
    input: str
    target: str
    is_scaled: bool
    trains_bias: bool

    @property
    def is_silent(self) -> np.ndarray:
        """Where no example passes a gradient, [weights, biases]."""
        if self.silent_up_to is None:
            return np.zeros(self.loss.shape, bool)
        return self.bias <= self.silent_up_to[:, None]


def loss_surface(
    trainings: Sequence[Training], num_weights: int = NUM_PLACES, num_biases: int = NUM_PLACES
) -> LossSurface:
    """The surface that neurons moved over, in `shown_ranges`; BadInput as there."""
    ranges = shown_ranges(trainings)
    first = trainings[0]
    weight, bias = (
        np.linspace(*ends, number) for ends, number in zip(ranges, (num_weights, num_biases), strict=True)
    )
    activation, slope = first.study.neuron.activation, first.hyperparams.get("negative_slope", 0.01)
    x = first.data.x[:, 0]
    return LossSurface(
        weight=weight,
        bias=bias,
        loss=losses_at(weight[:, None], bias, x, first.targets, activation, slope),
        silent_up_to=silence_border(weight, x) if ACTIVATIONS[activation].can_die else None,
        paths=tuple(_path_of(training) for training in trainings),
        input=first.data.inputs[0],
        target=first.data.target,
        is_scaled=first.study.data.scale != "none",
        trains_bias=first.study.neuron.train_bias,
    )


def contours(surface: LossSurface, number: int) -> list[np.ndarray]:
    """Lines of the same loss, each [places, 2] of W and b, at so many losses whose roots are evenly spaced up
    to the surface's highest: a root rises evenly out of a valley, whose bottom a grid seldom meets."""
    roots = np.sqrt(surface.loss)
    finite = roots[np.isfinite(roots)]
    if not finite.size or finite.min() == finite.max():
        return []
    levels = finite.min() + np.ptp(finite) * (np.arange(number) + 0.5) / number
    masked = np.ma.masked_invalid(roots)
    lines = contourpy.contour_generator(surface.weight, surface.bias, masked.T)
    return [np.asarray(line) for level in levels for line in lines.lines(level)]


def with_same_loss(trainings: Sequence[Training]) -> list[Training]:
    """Those that move over the same surface as the first."""
    return [training for training in trainings if _loss_of(training) == _loss_of(trainings[0])]


def losses_at(
    weight: np.ndarray,
    bias: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    activation: str = "relu",
    negative_slope: float = 0.01,
) -> np.ndarray:
    """The loss in float64, mean of ½(ŷ − y)² over x[examples], y[examples], of neurons of one input whose
    weights and biases broadcast against each other; infinite where it is not a number."""
    weight, bias = np.broadcast_arrays(np.asarray(weight, float), np.asarray(bias, float))
    with jax.enable_x64(True):
        half_lines = find_half_lines(x, y, "float64") if ACTIVATIONS[activation].is_piecewise_linear else None
        examples = Examples(jnp.asarray(x[:, None]), jnp.asarray(y), half_lines)
        params = Params(jnp.asarray(weight.reshape(-1, 1)), jnp.asarray(bias.ravel()))
        hyperparams = Hyperparams(learning_rate=0.0, negative_slope=negative_slope)
        found = np.asarray(compiled(_losses, None, Config(activation))(params, hyperparams, examples))
    return np.where(np.isnan(found), np.inf, found).reshape(weight.shape)


def _losses(config: Config, params: Params, hyperparams: Hyperparams, examples: Examples) -> Array:
    """The loss of each of many neurons, by moments where there are any."""
    half_lines = examples.half_lines
    if half_lines is not None:

        def loss_by_moments(params: Params) -> Array:
            return moments.loss_on(moments.find_piece(params, half_lines), params, hyperparams, config)

        return jax.vmap(loss_by_moments)(params)
    some = min(len(params.bias), max(1, ERRORS_AT_A_TIME // len(examples.y)))
    return jax.lax.map(lambda params: loss(params, hyperparams, examples, config), params, batch_size=some)


def silence_border(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The largest bias with which a neuron of each weight is silent: z = W·x + b ≤ 0 on every example."""
    return -np.maximum(weight * x.min(), weight * x.max())


def _loss_of(training: Training) -> tuple:
    """What the loss of a neuron depends on besides its params."""
    hyperparams = training.hyperparams
    return (
        *(training.data.sha256, training.study.neuron.activation),
        *(hyperparams.get("negative_slope"), hyperparams.get("target_scale")),
    )


def _path_of(training: Training) -> ParamsPath:
    rows = training.rows
    weight, bias = rows.weight[:, 0].astype(float), rows.bias.astype(float)
    is_finite = np.isfinite(weight) & np.isfinite(bias)
    end = len(weight) if is_finite.all() else int(is_finite.argmin())
    return ParamsPath(weight[:end], bias[:end], training.fate, training.row_of(training.death_step))


def shown_ranges(trainings: Sequence[Training]) -> tuple[tuple[float, float], tuple[float, float]]:
    """(low, high) of W and of b: what holds each path as far as its loss is not far above its start, and of a
    dead neuron the tip of the silent region too, which is at W = 0, b = 0.

    BadInput unless there is a training, and all have one input and the same loss.
    """
    _check(trainings)
    shown = [np.zeros((2, 1))] if any(training.death_step >= 0 for training in trainings) else []
    for training in trainings:
        path = _path_of(training)
        losses = training.rows.loss[: len(path.weight)]
        most = SHOWN_LOSS * max(losses[0], 0.5 * np.mean(training.targets**2)) if len(losses) else 0.0
        is_near = np.isfinite(losses) & (losses <= most)
        shown.append(np.stack([path.weight[is_near], path.bias[is_near]]))
    places = np.concatenate(shown, axis=1)
    if not places.shape[1]:
        places = np.zeros((2, 1))
    low, high = places.min(1), places.max(1)
    moved, size = (high - low).max(), abs(places).max()
    # Both directions to one scale of units, so that neither is a sliver; a path that does not move is seen
    # from as far away as it lies from 0.
    least = max(0.5 * moved, 1e-3 * size) if moved > 0 else size or 1.0
    margin = np.maximum((least - (high - low)) / 2, 0) + MARGIN * np.maximum(high - low, least)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return (left, right), (bottom, top)


def _check(trainings: Sequence[Training]) -> None:
    if not trainings:
        raise BadInput("surface: needs at least one training")
    if (num_inputs := len(trainings[0].data.inputs)) != 1:
        raise BadInput(f"surface: needs one input; this neuron has {num_inputs}")
    if len(with_same_loss(trainings)) < len(trainings):
        raise BadInput("surface: the trainings must share their data, activation, slope and target scale")
