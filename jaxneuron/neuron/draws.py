"""Distributions a starting value or a hyperparameter can be drawn from."""

from typing import NamedTuple

import numpy as np


class Normal(NamedTuple):
    """The normal distribution of the given mean and standard deviation."""

    mean: float
    std: float

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        from scipy.special import ndtri  # takes a while to import, and few studies ask for it

        return self.mean + self.std * ndtri(probability)


class Uniform(NamedTuple):
    """Uniform on [low, high)."""

    low: float
    high: float

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        return self.low + (self.high - self.low) * probability


class LogUniform(NamedTuple):
    """Its logarithm is uniform on [log(low), log(high)); 0 < low."""

    low: float
    high: float

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        return self.low * (self.high / self.low) ** probability


Distribution = Normal | Uniform | LogUniform
STANDARD_NORMAL = Normal(0.0, 1.0)
