"""A number of one neuron, given or traced."""

from jaxtyping import Array, Float

Scalar = Float[Array, ""] | float
