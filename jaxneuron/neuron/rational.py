"""tanh and gelu in float32, as quotients of polynomials.

They are sums, products and comparisons, which a compiler evaluates for as many neurons at a time as fit in
its vectors, in whatever loop they stand; of its own tanh and erf XLA makes calls, and loops of their own.
The coefficients, of the powers of z² from the lowest, make the largest error least
(experiments/rational_functions).
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# tanh(z) = z·P(z²)/Q(z²), and ±1 from the end on. Largest relative error as evaluated: 5·10⁻⁷.
TANH_END = 9.0
TANH_P = (1.0, 0.13382523, 0.0034973954, 2.0640524e-05, 1.34036995e-08)
TANH_Q = (1.0, 0.4671584, 0.025883779, 0.0003288654, 7.795303e-07)

# Φ(z) − ½ = z·P(z²)/Q(z²), Φ being the distribution function of the normal distribution, and the slope of
# gelu, which is z·Φ(z), less ½ is z·R(z²)/Q(z²). From the end on both are ±½. Largest error as evaluated, of
# gelu 5·10⁻⁷ times the larger of 1 and |z|, of its slope 8·10⁻⁷.
GELU_END = 5.5
GELU_P = (0.39894253, 0.051972203, 0.0067130667, 0.00042385765, 2.0402531e-05, 4.6449125e-07, 1.3619559e-09)
GELU_R = (0.7978839, -0.029032404, 0.013827381, 7.943591e-05, 3.004807e-05, 3.1711593e-07, 2.3168225e-09)
GELU_Q = (1.0, 0.29694188, 0.04131883, 0.0035005203, 0.00019619198, 7.1287704e-06, 7.517039e-08)

Z = Float[Array, "*shape"]


@jax.custom_jvp
def tanh(z: Z) -> Z:
    """tanh(z) of float32."""
    end = np.float32(TANH_END)
    inside = jnp.clip(z, -end, end)
    square = inside**2
    return jnp.clip(inside * polynomial(TANH_P, square) / polynomial(TANH_Q, square), -1, 1)


@tanh.defjvp
def _tanh_and_change(z: tuple[Z], change: tuple[Z]) -> tuple[Z, Z]:
    y = tanh(*z)
    return y, (1 - y**2) * change[0]


@jax.custom_jvp
def gelu(z: Z) -> Z:
    """z·Φ(z) of float32 (Hendrycks and Gimpel 2016)."""
    return _gelu_and_slope(z)[0]


@gelu.defjvp
def _gelu_and_change(z: tuple[Z], change: tuple[Z]) -> tuple[Z, Z]:
    y, slope = _gelu_and_slope(*z)
    return y, slope * change[0]


def _gelu_and_slope(z: Z) -> tuple[Z, Z]:
    """z·Φ(z) and its derivative."""
    half, square = np.float32(0.5), z**2
    over_q = z * reciprocal(polynomial(GELU_Q, square))
    is_inside = jnp.abs(z) < np.float32(GELU_END)
    beyond = jnp.where(z > 0, half, -half)
    cumulative = half + jnp.where(is_inside, over_q * polynomial(GELU_P, square), beyond)
    slope = half + jnp.where(is_inside, over_q * polynomial(GELU_R, square), beyond)
    return z * cumulative, slope


def polynomial(coefficients: Sequence[float], x: Z) -> Z:
    """Σ cₖ·xᵏ, by Horner's scheme."""
    value = jnp.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + np.float32(coefficient)
    return value


def reciprocal(x: Z) -> Z:
    """1/x of float32 from 1 to 2¹²⁰, to the last digit but one, by Newton's iteration.

    XLA makes a loop of its own of a quotient that is used twice, and reads it from memory. The first value,
    which is off by at most 13 %, comes from the bits of the number, whose exponent it negates.
    """
    bits = np.int32(0x7EF311C7) - jax.lax.bitcast_convert_type(x, jnp.int32)
    value = jax.lax.bitcast_convert_type(bits, jnp.float32)
    for _ in range(3):
        value = value * (2 - x * value)
    return value
