"""What became of each neuron of a run, in terms that hold for every activation: the numbers."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import quantile_test

from jaxneuron import Fate, Run
from jaxneuron.analysis.intervals import CONFIDENCE, Share, share_of
from jaxneuron.neuron.params import FUNCTIONS
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.study.data import Dataset, load

OUTCOMES = ("diverged", "dead", "stalled", "short", "trained")
DEAD, TRAINED = (OUTCOMES.index(name) for name in ("dead", "trained"))
CLOSED = 0.05  # an activation whose slope is no larger passes next to nothing
FAINT = 0.01  # a mean ŷ² no larger than so much of mean y² is next to nothing
AS_GOOD = 1.01  # times the lowest loss
NEGATIVE_SLOPE = 0.01  # of leaky_relu, the library's default
AT_A_TIME = 2**14  # neurons


class Outcomes(NamedTuple):
    """Of one activation, arrays [learning rates, biases, replicates]; the outcomes are numbers of OUTCOMES.

    Diverged and dead are fates (born dead or died). Of the others a neuron is stalled where at the end it is
    closed (its slope is at most CLOSED on every example) or faint (its mean ŷ² is at most FAINT of mean y²);
    trained where its loss is within 1 % of the lowest that a neuron with this activation reached; and short
    of it otherwise.
    """

    activation: str
    learning_rate: np.ndarray
    init_bias: np.ndarray
    data: Dataset
    init_weight: np.ndarray
    born_dead: np.ndarray
    loss: np.ndarray
    best: float
    outcome: np.ndarray

    @property
    def limit(self) -> float:
        """2/λ_max where the slope is 1 on every example: the stability limit."""
        return stability_limit(self.data.x)


class Median(NamedTuple):
    """A median of losses, and an interval for it that follows from their order alone."""

    value: float
    low: float
    high: float


def outcomes_of(run: Run) -> Outcomes:
    """The outcomes of a run with records of neurons."""
    neurons = run.neurons.transpose("learning_rate", "init_bias", "replicate", "input").load()
    activation, data = run.study.neuron.activation, load(run.study.data)[0]
    fate, loss = neurons.fate.values, neurons.final_loss.values
    is_dead = np.isin(fate, (Fate.born_dead, Fate.died))
    best = float(loss[~is_dead & (fate != Fate.diverged)].min())
    params = neurons.final_weight.values, neurons.final_bias.values
    slope, mean_square = responses(*params, data.x, activation)
    is_silent = (slope <= CLOSED) | (mean_square <= FAINT * np.mean(data.y**2))
    rules = [fate == Fate.diverged, is_dead, is_silent, loss > AS_GOOD * best]
    return Outcomes(
        activation=activation,
        learning_rate=neurons.learning_rate.values,
        init_bias=neurons.init_bias.values,
        data=data,
        init_weight=neurons.init_weight.values[..., 0],
        born_dead=fate == Fate.born_dead,
        loss=np.where(np.isfinite(loss), loss, np.inf),
        best=best,
        outcome=np.select(rules, range(TRAINED), TRAINED),
    )


def responses(
    weight: np.ndarray, bias: np.ndarray, x: np.ndarray, activation: str
) -> tuple[np.ndarray, np.ndarray]:
    """The largest |dŷ/dz| on any example x [examples, inputs], and the mean ŷ² over them, both [...]; of
    neurons with weight [..., inputs] and bias [...]."""
    flat = weight.reshape(-1, weight.shape[-1]), bias.reshape(-1)
    parts = [
        _responses(*(values[i : i + AT_A_TIME] for values in flat), x, activation)
        for i in range(0, bias.size, AT_A_TIME)
    ]
    slope, mean_square = (np.concatenate(values).reshape(bias.shape) for values in zip(*parts, strict=True))
    return slope, mean_square


@partial(jax.jit, static_argnames="activation")
def _responses(
    weight: Float[Array, "neurons inputs"],
    bias: Float[Array, " neurons"],
    x: Float[Array, "examples inputs"],
    activation: str,
) -> tuple[Float[Array, " neurons"], Float[Array, " neurons"]]:
    def function(z: Array) -> Array:
        return FUNCTIONS[activation](z, NEGATIVE_SLOPE)

    z = weight @ x.T + bias[:, None]
    slope = jax.vmap(jax.vmap(jax.grad(function)))(z)
    return jnp.max(abs(slope), axis=-1), jnp.mean(function(z) ** 2, axis=-1)


def shares_of(outcome: np.ndarray) -> Share:
    """The share of each outcome, [outcomes], with intervals."""
    counts = np.bincount(np.ravel(outcome), minlength=len(OUTCOMES))
    return share_of(counts, np.full(len(OUTCOMES), counts.sum()))


def median_of(loss: np.ndarray) -> Median:
    """The median of the losses."""
    flat = np.ravel(loss)
    low, high = quantile_test(flat, p=0.5).confidence_interval(CONFIDENCE)
    return Median(float(np.median(flat)), float(low), float(high))
