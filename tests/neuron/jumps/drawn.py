"""Half-lines to be drawn, and as arrays."""

import jax.numpy as jnp
from hypothesis import strategies as st

from jaxneuron.neuron.half_lines import HalfLine

# XLA takes subnormal numbers for 0; so that no square is one.
numbers = st.floats(-3, 3).map(lambda number: number if abs(number) > 1e-100 else 0.0)
# Shares, means, spreads and rises; spreads and shares of 0 are degenerate quadratics.
lines = st.builds(
    HalfLine,
    share=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    mean_x=numbers,
    mean_y=numbers,
    spread=st.sampled_from([0.0, 1e-3, 0.5, 2.0]),
    rise=numbers,
).map(lambda line: HalfLine(*[0.0] * 5) if line.share == 0 else line)
lines = lines.map(lambda line: line._replace(rise=0.0) if line.spread == 0 else line)


def arrays(line):
    """The half-line of JAX's numbers."""
    return HalfLine(*map(jnp.asarray, map(float, line)))


def gradient_by_hand(line, weight, bias):
    """The gradient of ½·(share·(W·x̄ + b − ȳ)² + (S·W − rise)²)."""
    off_mean, off_slope = weight * line.mean_x + bias - line.mean_y, line.spread * weight - line.rise
    return line.share * off_mean * line.mean_x + line.spread * off_slope, line.share * off_mean
