"""The loss L(W, b) of one input as a surface, the paths of neurons over it, and where a neuron is silent; the
numbers.

For a piecewise-linear activation the loss is that of two half-lines of the sorted inputs, as in
`neuron.half_lines`: of each, how far the neuron's line is from the least-squares line at the mean and in its
slope. Every term is at least 0, so nothing cancels, and a place costs the same however many examples.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.params import ACTIVATIONS
from jaxneuron.runner.training import Training
from jaxneuron.study.bad_input import BadInput

PLACES = 256  # along each of W and b
ERRORS_AT_A_TIME = 2**22
# Shown of a path are places with a loss up to so many times the larger of its first and a silent neuron's.
SHOWN_LOSS = 4.0
MARGIN = 0.15  # of the height and width that the paths take


class Path(NamedTuple):
    """The params of one neuron before each step, as far as they are finite, and what became of it."""

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
    paths: tuple[Path, ...]
    input: str
    target: str
    is_scaled: bool
    trains_bias: bool


def loss_surface(trainings: Sequence[Training], places: int = PLACES) -> LossSurface:
    """The surface that neurons moved over. BadInput unless they have one input and the same loss."""
    first = trainings[0] if trainings else None
    if first is None:
        raise BadInput("surface: needs at least one training")
    if len(first.data.inputs) != 1:
        raise BadInput(f"surface: needs one input; this neuron has {len(first.data.inputs)}")
    if any(_loss_of(training) != _loss_of(first) for training in trainings):
        raise BadInput("surface: the trainings must share their data, activation, slope and target scale")
    paths = tuple(_path_of(training) for training in trainings)
    weight, bias = (np.linspace(*ends, places) for ends in _window(trainings, paths))
    activation, slope = first.study.neuron.activation, first.hyperparams.get("negative_slope", 0.01)
    x, y = first.data.x[:, 0], first.targets
    loss = losses_at(weight[:, None], bias, x, y, activation, slope)
    return LossSurface(
        *(weight, bias, loss, silence_border(weight, x) if ACTIVATIONS[activation].can_die else None, paths),
        *(first.data.inputs[0], first.data.target, first.study.data.scale != "none"),
        trains_bias=first.study.neuron.train_bias,
    )


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
    """The loss, mean of ½(ŷ − y)², of neurons of one input with any weights and biases that fit together."""
    weight, bias = np.broadcast_arrays(np.asarray(weight, float), np.asarray(bias, float))
    with np.errstate(over="ignore", invalid="ignore"):
        if ACTIVATIONS[activation].is_piecewise_linear:
            below = {"relu": 0.0, "leaky_relu": negative_slope, "identity": 1.0}[activation]
            found = _by_half_lines(weight.ravel(), bias.ravel(), x, y, below)
        else:
            found = _by_examples(weight.ravel(), bias.ravel(), x, y, activation)
    return np.where(np.isnan(found), np.inf, found).reshape(weight.shape)


def silence_border(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The largest bias with which a neuron of each weight is silent: z = W·x + b ≤ 0 on every example."""
    return -np.maximum(weight * x.min(), weight * x.max())


def _by_examples(
    weight: np.ndarray, bias: np.ndarray, x: np.ndarray, y: np.ndarray, activation: str
) -> np.ndarray:
    found, some = np.empty(len(weight)), max(1, ERRORS_AT_A_TIME // len(x))
    function = ACTIVATIONS[activation].function
    with jax.enable_x64(True):
        for i in range(0, len(weight), some):
            z = weight[i : i + some, None] * x + bias[i : i + some, None]
            found[i : i + some] = 0.5 * ((np.asarray(function(jax.numpy.asarray(z), 0.0)) - y) ** 2).mean(-1)
    return found


def _by_half_lines(
    weight: np.ndarray, bias: np.ndarray, x: np.ndarray, y: np.ndarray, below: float
) -> np.ndarray:
    """With a slope of 1 where z > 0 and of `below` elsewhere."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    lower, upper = _prefixes(x, y), _prefixes(x[::-1], y[::-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        threshold = -bias / weight
    # With a weight of 0 all examples are on one side.
    threshold = np.where(weight == 0, np.where(bias > 0, -np.inf, np.inf), threshold)
    num_below = np.searchsorted(x, threshold, side="right")
    num_lower = np.where(weight >= 0, num_below, np.searchsorted(x, threshold, side="left"))
    slope_lower, slope_upper = np.where(weight >= 0, below, 1.0), np.where(weight >= 0, 1.0, below)
    of_lower = _of_half_line(lower, num_lower, slope_lower * weight, slope_lower * bias)
    of_upper = _of_half_line(upper, len(x) - num_lower, slope_upper * weight, slope_upper * bias)
    return (of_lower + of_upper) / len(x)


class _Prefixes(NamedTuple):
    """Of the first 0, 1, … examples: their number, means, spread S, rise and Σ½(y − least-squares line)²."""

    number: np.ndarray
    mean_x: np.ndarray
    mean_y: np.ndarray
    spread: np.ndarray
    rise: np.ndarray
    residual: np.ndarray


def _prefixes(x: np.ndarray, y: np.ndarray) -> _Prefixes:
    number = np.arange(len(x) + 1.0)
    least_one = np.maximum(number, 1)
    centre_x, centre_y = x.mean(), y.mean()  # sums of what is far from 0 would lose digits
    u, v = x - centre_x, y - centre_y
    sums = (np.concatenate([[0.0], np.cumsum(part)]) for part in (u, v, u * u, u * v, v * v))
    sum_u, sum_v, sum_uu, sum_uv, sum_vv = sums
    spread = np.sqrt(np.maximum(sum_uu - sum_u**2 / least_one, 0))
    is_apart = spread > 1e-7 * np.sqrt(np.maximum(sum_uu, np.finfo(float).tiny))
    spread = np.where(is_apart, spread, 0.0)
    rise = np.divide(sum_uv - sum_u * sum_v / least_one, spread, out=np.zeros_like(spread), where=is_apart)
    residual = np.maximum(sum_vv - sum_v**2 / least_one - rise**2, 0) / 2
    return _Prefixes(
        number, centre_x + sum_u / least_one, centre_y + sum_v / least_one, spread, rise, residual
    )


def _of_half_line(
    half_lines: _Prefixes, number: np.ndarray, slope: np.ndarray, at_zero: np.ndarray
) -> np.ndarray:
    """Σ½(slope·x + at_zero − y)² over the examples of half-lines."""
    of = _Prefixes(*(part[number] for part in half_lines))
    at_mean = slope * of.mean_x + at_zero - of.mean_y
    return 0.5 * (of.number * at_mean**2 + (of.spread * slope - of.rise) ** 2) + of.residual


def _loss_of(training: Training) -> tuple:
    """What the loss of a neuron depends on besides its params."""
    hyperparams = training.hyperparams
    return (
        *(training.data.sha256, training.study.neuron.activation),
        *(hyperparams.get("negative_slope"), hyperparams.get("target_scale")),
    )


def _path_of(training: Training) -> Path:
    weight, bias = (
        training.history.weight.values[:, 0].astype(float),
        training.history.bias.values.astype(float),
    )
    is_finite = np.isfinite(weight) & np.isfinite(bias)
    end = len(weight) if is_finite.all() else int(is_finite.argmin())
    return Path(weight[:end], bias[:end], training.fate, training.row_of(training.death_step))


def _window(trainings: Sequence[Training], paths: Sequence[Path]) -> list[tuple[float, float]]:
    """(low, high) of W and of b: what holds each path as far as its loss is not far above its start."""
    shown = []
    for training, path in zip(trainings, paths, strict=True):
        losses = training.history.loss.values[: len(path.weight)]
        most = SHOWN_LOSS * max(losses[0], 0.5 * np.mean(training.targets**2)) if len(losses) else 0.0
        is_near = np.isfinite(losses) & (losses <= most)
        shown.append(np.stack([path.weight[is_near], path.bias[is_near]]))
    places = np.concatenate(shown, axis=1)
    if not places.shape[1]:
        places = np.zeros((2, 1))
    low, high = places.min(1), places.max(1)
    # Both directions to one scale of units, so that neither is a sliver.
    least = np.maximum(0.5 * (high - low).max(), 1e-3 * np.maximum(abs(low), abs(high)).max() or 1.0)
    margin = np.maximum((least - (high - low)) / 2, 0) + MARGIN * np.maximum(high - low, least)
    return list(zip(low - margin, high + margin, strict=True))
