"""A neuron's params and its forward pass: z = W·x + b, ŷ = activation(z)."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key

from jaxneuron.neuron import rational
from jaxneuron.neuron.draws import STANDARD_NORMAL, Distribution
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.sample import sample
from jaxneuron.neuron.scalar import Scalar


class Params(NamedTuple):
    """The params of one neuron."""

    weight: Float[Array, " inputs"]
    bias: Float[Array, ""]


def _tanh(z: ArrayLike) -> Array:
    z = jnp.asarray(z)
    return rational.tanh(z) if z.dtype == jnp.float32 else jnp.tanh(z)


def _gelu(z: ArrayLike) -> Array:
    """z·Φ(z) by erf (Hendrycks and Gimpel 2016). jax.nn.gelu goes by erfc, which is exact in the far tail,
    where |ŷ| < 10⁻⁶, and takes twice the time of a whole step."""
    z = jnp.asarray(z)
    return rational.gelu(z) if z.dtype == jnp.float32 else 0.5 * z * (1 + jax.lax.erf(z * math.sqrt(0.5)))


# The activations as functions of z and `negative_slope`.
FUNCTIONS: Mapping[str, Callable[[Array, Array | float], Array]] = {
    # jax.nn.relu, not jnp.maximum: its slope at z = 0 is 0, not ½, and a bias sweep passes through 0.
    "relu": lambda z, _: jax.nn.relu(z),
    # The negative side owns z = 0, as it does for relu; jax.nn.leaky_relu gives it to the positive side.
    "leaky_relu": lambda z, negative_slope: jnp.where(z > 0, z, negative_slope * z),
    "elu": lambda z, _: jax.nn.elu(z),
    "gelu": lambda z, _: _gelu(z),
    "softplus": lambda z, _: jax.nn.softplus(z),
    "sigmoid": lambda z, _: jax.nn.sigmoid(z),
    "tanh": lambda z, _: _tanh(z),
    "identity": lambda z, _: z,
}


def init(
    key: Key[Array, ""],
    num_inputs: int,
    weight: Distribution = STANDARD_NORMAL,
    bias: Scalar = 0.0,
    dtype: jax.typing.DTypeLike = jnp.float32,
) -> Params:
    """Params with a weight drawn for each input and a given bias."""
    return Params(sample(weight, key, (num_inputs,), dtype), jnp.asarray(bias, dtype))


def trained(params: Params, config: Config) -> Params:
    """The params, of which no gradient reaches a bias that is not trained."""
    return params if config.train_bias else params._replace(bias=jax.lax.stop_gradient(params.bias))


def preactivation(params: Params, x: Float[Array, " inputs"]) -> Float[Array, ""]:
    """z = W·x + b for one example."""
    return jnp.dot(params.weight, x) + params.bias


def apply(
    params: Params, x: Float[Array, " inputs"], activation: str = "relu", negative_slope: Scalar = 0.01
) -> Float[Array, ""]:
    """ŷ = activation(W·x + b) for one example; `negative_slope` matters to leaky_relu alone."""
    return FUNCTIONS[activation](preactivation(params, x), negative_slope)
