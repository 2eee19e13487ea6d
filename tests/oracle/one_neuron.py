"""One neuron in NumPy, as the README defines it, in any precision: passes over all examples at every step.

It shares no code with the package. Axes are [neurons, examples] and [neurons, params], the bias last.

A number is rounded in proportion to the terms that it is the sum of. So the size of those terms is followed,
and a neuron is not clear where rounding may decide something: a z that is 0 but for rounding, a gradient at
the tolerance, a loss at the limit of divergence.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import erf

DIVERGED, BORN_DEAD, DIED, CONVERGED, UNSETTLED = range(5)


class Setting(NamedTuple):
    """What is the same for all neurons."""

    activation: str
    optimizer: str
    train_bias: bool
    tolerance: float = 1e-5
    divergence_factor: float = 1e6


class Outcome(NamedTuple):
    """What became of each neuron."""

    fate: np.ndarray
    death_step: np.ndarray
    diverge_step: np.ndarray
    settle_step: np.ndarray
    revivals: np.ndarray
    num_active: np.ndarray
    loss: np.ndarray
    params: np.ndarray
    largest: np.ndarray  # that each param has been, or the terms of its steps
    is_clear: np.ndarray


def output_and_slope(activation, z, negative_slope):
    """y = f(z), and f'(z)."""
    one = z.dtype.type(1)
    match activation:
        case "relu":
            return np.where(z > 0, z, 0), np.where(z > 0, one, 0)
        case "leaky_relu":
            return np.where(z > 0, z, negative_slope * z), np.where(z > 0, one, negative_slope)
        case "identity":
            return z, np.ones_like(z)
        case "elu":
            below = np.minimum(z, 0)
            return np.where(z > 0, z, np.expm1(below)), np.where(z > 0, one, np.exp(below))
        case "softplus":
            return np.logaddexp(0 * z, z), 1 / (1 + np.exp(-z))
        case "sigmoid":
            y = 1 / (1 + np.exp(-z))
            return y, y * (1 - y)
        case "tanh":
            y = np.tanh(z)
            return y, 1 - y * y
        case "gelu":  # SciPy has erf in double precision only: no extended precision is had here
            below = (1 + erf(z.astype(np.float64) / 2**0.5).astype(z.dtype)) / 2
            return z * below, below + z * np.exp(-z * z / 2) / np.sqrt(2 * z.dtype.type(np.pi))
    raise ValueError(activation)


def update(optimizer, gradient, memory, params, values, step, is_trained):
    """(what is subtracted from the params, the memory): the published rules."""
    rate, decay = values["learning_rate"], values.get("weight_decay", 0) * is_trained
    first, second = memory
    if optimizer != "adamw":
        gradient = gradient + decay * params
    match optimizer:
        case "sgd":
            return rate * gradient, memory
        case "momentum":
            first = gradient + values["momentum"] * first
            return rate * first, (first, second)
        case "nesterov":
            first = gradient + values["momentum"] * first
            return rate * (gradient + values["momentum"] * first), (first, second)
        case "adam" | "adamw":
            beta1, beta2 = values["beta1"], values["beta2"]
            first = beta1 * first + (1 - beta1) * gradient
            second = beta2 * second + (1 - beta2) * gradient**2
            mean, square = first / (1 - beta1 ** (step + 1)), second / (1 - beta2 ** (step + 1))
            moved = mean / (np.sqrt(square) + values["epsilon"])
            return rate * (moved + (decay * params if optimizer == "adamw" else 0)), (first, second)
        case "rmsprop":
            second = values["decay"] * second + (1 - values["decay"]) * gradient**2
            return rate * gradient / np.sqrt(second + values["epsilon"]), (first, second)
        case "adagrad":
            second = second + gradient**2
            root = np.sqrt(second + values["epsilon"])
            return rate * np.where(second > 0, gradient / root, 0), (first, second)
    raise ValueError(optimizer)


def train(x, y, values, num_steps, setting, dtype, unit=0.0, batches=None):
    """What became of neurons with these values: init_weight[neurons, inputs], and all else [neurons].

    `batches[steps, neurons, batch]` are the numbers of the examples of each step, all if not given.
    What is closer to a threshold than `unit` times its terms is not clear.
    """
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    values = {name: np.asarray(value, dtype) for name, value in values.items()}
    params = np.column_stack([values.pop("init_weight"), values.pop("init_bias")])
    values = {name: value[:, None] for name, value in values.items()}
    scale, slopes = (
        values.get("target_scale", np.ones((len(params), 1), dtype)),
        values.get("negative_slope", 0),
    )
    goal = scale * y
    is_trained = np.ones(params.shape[1], dtype)
    is_trained[-1] = setting.train_bias
    memory = np.zeros_like(params), np.zeros_like(params)
    largest = np.abs(params)
    losses, norms, active, finite, is_clear = [], [], [], [], np.ones(len(params), bool)
    with np.errstate(all="ignore"):
        for step in range(num_steps + 1):
            now = one_pass(params, x, goal, largest, setting.activation, slopes, is_trained)
            losses.append((now.error**2).mean(-1) / 2)
            norms.append(np.abs(now.gradient).max(-1))
            active.append((now.z > 0).sum(-1))
            finite.append(np.isfinite(params).all(-1) & np.isfinite(losses[-1]))
            is_clear &= ~finite[-1] | (np.abs(now.z) >= unit * now.size_of_z).all(-1)
            is_clear &= ~finite[-1] | (np.abs(norms[-1] - setting.tolerance) >= unit * now.terms.max(-1))
            if step < num_steps:
                if batches is not None:
                    chosen = x[batches[step]], scale * y[batches[step]]
                    now = one_pass(params, *chosen, largest, setting.activation, slopes, is_trained)
                name = setting.optimizer
                moved, memory = update(name, now.gradient, memory, params, values, step, is_trained)
                params = params - moved
                if name in BY_GRADIENT:
                    moved = values["learning_rate"] * now.terms
                else:  # they divide a gradient by its size: a step that is only rounding is as large as any
                    decay = (name != "adamw") * values.get("weight_decay", 0) * is_trained
                    divided = np.abs(now.gradient + decay * params)
                    terms = now.terms + decay * largest
                    is_clear &= ~finite[-1] | (divided >= unit * terms).all(-1)
                    moved = moved * np.where(divided > 0, terms / divided, 1)
                largest = np.maximum(largest, np.maximum(np.abs(params), np.abs(moved)))
        lists = map(np.array, (losses, norms, active, finite))
        return judge(*lists, params, largest, goal, setting, is_clear)


class Pass(NamedTuple):
    """A pass over some examples, [neurons, examples] and [neurons, params]."""

    z: np.ndarray
    error: np.ndarray
    gradient: np.ndarray
    size_of_z: np.ndarray  # how large its terms have been
    terms: np.ndarray  # how large those of the gradient are


def one_pass(params, x, goal, largest, activation, slopes, is_trained):
    """The chain rule over x[..., examples, inputs], which all neurons share or each has of its own."""
    dtype = params.dtype
    z = np.sum(params[:, None, :-1] * x, axis=-1) + params[:, -1:]
    output, slope = output_and_slope(activation, z, slopes)
    error = output - goal
    passed = (error * slope).astype(dtype)
    gradient = np.column_stack([(passed[..., None] * x).mean(1), passed.mean(1)]) * is_trained
    size_of_z = np.sum(largest[:, None, :-1] * np.abs(x), axis=-1) + largest[:, -1:]
    # What a slope that is curved lacks to 0 or to 1 is rounded as 1 is.
    size = size_of_z + np.abs(output) + np.abs(goal)
    size = (size * (np.abs(slope) if activation in STRAIGHT else 1)).astype(dtype)
    terms = np.column_stack([(size[..., None] * np.abs(x)).mean(1), size.mean(1)]) * is_trained
    return Pass(z, error, gradient, size_of_z, terms)


# Their step is in proportion to the gradient.
BY_GRADIENT = ("sgd", "momentum", "nesterov")
STRAIGHT = ("relu", "leaky_relu", "identity")


def judge(losses, norms, active, finite, params, largest, goal, setting, is_clear):
    """The fates and their steps, by the rules in their order."""
    limit = setting.divergence_factor * np.maximum(losses[0], (goal**2).mean(-1) / 2)
    is_clear &= ~(finite & (np.abs(losses / limit - 1) < AT_THE_LIMIT)).any(0)
    since_beyond = since(~finite | (losses > limit))
    since_silent = since(active == 0) if setting.activation == "relu" else np.full(len(params), -1)
    since_still = since(norms <= setting.tolerance)
    fate = np.select(
        [since_beyond >= 0, since_silent == 0, since_silent > 0, since_still >= 0],
        [DIVERGED, BORN_DEAD, DIED, CONVERGED],
        UNSETTLED,
    )
    is_dead = (fate == BORN_DEAD) | (fate == DIED)
    revivals = ((active[:-1] == 0) & (active[1:] > 0)).sum(0) * (setting.activation == "relu")
    return Outcome(
        fate,
        np.where(is_dead, since_silent, -1),
        np.where(fate == DIVERGED, since_beyond, -1),
        np.where(fate == CONVERGED, since_still, -1),
        revivals,
        active[-1],
        losses[-1],
        params,
        largest,
        is_clear,
    )


AT_THE_LIMIT = 1e-3


def since(holds):
    """The first step from which it holds to the end, -1 where it does not hold at the end."""
    last_not = np.where(holds.all(0), -1, len(holds) - 1 - np.argmin(holds[::-1], axis=0))
    return np.where(holds[-1], last_not + 1, -1)
