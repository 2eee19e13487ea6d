"""Distributions a starting value or a hyperparameter can be drawn from."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key


class Normal(NamedTuple):
    """The normal distribution of the given mean and standard deviation."""

    mean: float
    std: float

    def sample(self, key: Key[Array, ""], shape: tuple[int, ...], dtype=jnp.float32) -> Float[Array, "..."]:
        return self.mean + self.std * jax.random.normal(key, shape, dtype)

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        from scipy.special import ndtri  # takes a while to import, and few studies ask for it

        return self.mean + self.std * ndtri(probability)


class Uniform(NamedTuple):
    """Uniform on [low, high)."""

    low: float
    high: float

    def sample(self, key: Key[Array, ""], shape: tuple[int, ...], dtype=jnp.float32) -> Float[Array, "..."]:
        return self.low + (self.high - self.low) * jax.random.uniform(key, shape, dtype)

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        return self.low + (self.high - self.low) * probability


class LogUniform(NamedTuple):
    """Its logarithm is uniform on [log(low), log(high)); 0 < low."""

    low: float
    high: float

    def sample(self, key: Key[Array, ""], shape: tuple[int, ...], dtype=jnp.float32) -> Float[Array, "..."]:
        log_low, log_high = jnp.log(jnp.asarray(self.low, dtype)), jnp.log(jnp.asarray(self.high, dtype))
        return jnp.exp(log_low + (log_high - log_low) * jax.random.uniform(key, shape, dtype))

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        return self.low * (self.high / self.low) ** probability


Distribution = Normal | Uniform | LogUniform
STANDARD_NORMAL = Normal(0.0, 1.0)
