"""One scikit-learn style estimator per neuron, fitted one after the other by a Python loop of NumPy steps.

What a person would write who has scikit-learn at hand: BaseEstimator and RegressorMixin, `fit` loops over
full-batch steps. Tuned: float32 throughout, one pass of matrix-vector products per step, no validation
inside the loop. It trains few neurons for few hundred steps; the whole is extrapolated.
"""

import numpy as np
from scipy.special import erf
from sklearn.base import BaseEstimator, RegressorMixin

from experiments.throughput.peers import Train
from experiments.throughput.work import Data, Work

NAME = "scikit-learn style loop"
EXTRAPOLATED = True
NUM_NEURONS = 4
NUM_STEPS = 200
MAX_PRODUCTS = 10**8  # w·x products in a part: a second or so


class NeuronRegressor(RegressorMixin, BaseEstimator):
    """One neuron, trained by full-batch gradient descent."""

    def __init__(self, learning_rate=0.1, num_steps=1000, activation="relu", init_weight=None, init_bias=0.0):
        self.learning_rate = learning_rate
        self.num_steps = num_steps
        self.activation = activation
        self.init_weight = init_weight
        self.init_bias = init_bias

    def fit(self, x, y):
        w, b = np.array(self.init_weight, x.dtype), x.dtype.type(self.init_bias)
        rate = x.dtype.type(self.learning_rate / len(y))
        for _ in range(self.num_steps):
            y_hat, slope = self._activate(x @ w + b)
            delta = (y_hat - y) * slope
            w -= rate * (delta @ x)
            b -= rate * delta.sum()
        self.coef_, self.intercept_ = w, b
        return self

    def predict(self, x):
        return self._activate(x @ self.coef_ + self.intercept_)[0]

    def _activate(self, z):
        """act(z) and act'(z)."""
        if self.activation == "relu":
            return np.maximum(z, 0), z > 0
        if self.activation == "tanh":
            a = np.tanh(z)
            return a, 1 - a * a
        cumulative = 0.5 * (1 + erf(z * z.dtype.type(np.sqrt(0.5))))
        phi = np.exp(-0.5 * z * z) * z.dtype.type(1 / np.sqrt(2 * np.pi))
        return z * cumulative, cumulative + z * phi


def can(work: Work) -> bool:
    return work.activation in ("relu", "tanh", "gelu")


def measured_part(work: Work) -> tuple[int, int]:
    """The neurons and steps that are really trained."""
    num_neurons = min(NUM_NEURONS, work.num_neurons)
    affordable = MAX_PRODUCTS // (num_neurons * work.num_examples * work.num_inputs)
    return num_neurons, min(work.num_steps, NUM_STEPS, max(10, affordable))


def full_seconds(work: Work, part: Work, seconds: float) -> float:
    """Seconds for the whole: every neuron and every step costs as much as the ones measured."""
    return seconds * work.neuron_steps / part.neuron_steps


def prepare(work: Work, data: Data) -> Train:
    def run():
        estimators = [
            NeuronRegressor(rate, work.num_steps, work.activation, w, b).fit(data.x, data.y)
            for w, b, rate in zip(data.weight, data.bias, data.learning_rate, strict=True)
        ]
        return np.stack([e.coef_ for e in estimators]), np.array([e.intercept_ for e in estimators])

    return run
