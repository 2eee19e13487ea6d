"""Drawing from a distribution."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jaxneuron.neuron.draws import Distribution, LogUniform, Normal, Uniform


def sample(
    distribution: Distribution,
    key: Key[Array, ""],
    shape: tuple[int, ...],
    dtype: jax.typing.DTypeLike = jnp.float32,
) -> Float[Array, "..."]:
    """Independent draws of a shape."""
    match distribution:
        case Normal(mean, std):
            return mean + std * jax.random.normal(key, shape, dtype)
        case Uniform(low, high):
            return low + (high - low) * jax.random.uniform(key, shape, dtype)
        case LogUniform(low, high):
            log_low, log_high = jnp.log(jnp.asarray(low, dtype)), jnp.log(jnp.asarray(high, dtype))
            return jnp.exp(log_low + (log_high - log_low) * jax.random.uniform(key, shape, dtype))
