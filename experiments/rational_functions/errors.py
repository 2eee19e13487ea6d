"""How far tanh and gelu in float32 are from float64's, over all floats: ours and XLA's."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from rich.table import Table
from scipy.special import ndtr

from jaxneuron.neuron import rational

EVERY = 61  # of all 2³² floats


class Errors(NamedTuple):
    """The largest of all."""

    value: float  # of tanh relative to it; of gelu divided by the larger of 1 and |z|
    slope: float


def floats(every: int = EVERY) -> np.ndarray:
    """Each so many-th of all normal floats up to 10⁴ in size, of both signs."""
    positive = np.arange(np.float32(2**-126).view(np.int32), np.float32(1e4).view(np.int32), every, np.int32)
    return np.concatenate([positive.view(np.float32), -positive.view(np.float32)])


def errors_of_tanh(function: Callable[[jax.Array], jax.Array], z: np.ndarray) -> Errors:
    """Those of a function of float32 and of its slope by `jax.grad`."""
    value, slope = _with_slope(function, z)
    true = np.tanh(z.astype(float))
    return Errors(abs(value / true - 1).max(), abs(slope - (1 - true**2)).max())


def errors_of_gelu(function: Callable[[jax.Array], jax.Array], z: np.ndarray) -> Errors:
    """Those of a function of float32 and of its slope by `jax.grad`."""
    value, slope = _with_slope(function, z)
    z = z.astype(float)
    true, true_slope = z * ndtr(z), ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return Errors((abs(value - true) / np.maximum(1, abs(z))).max(), abs(slope - true_slope).max())


def _with_slope(function: Callable[[jax.Array], jax.Array], z: np.ndarray) -> Iterator[np.ndarray]:
    return map(np.asarray, jax.jit(jax.vmap(jax.value_and_grad(function)))(z))


def table_of_errors() -> Table:
    """The largest errors, a row a function."""
    table = Table("function", "value", "slope", title=f"float32, every {EVERY}th float up to 10⁴ in size")
    rows = {
        "tanh, quotient of polynomials": errors_of_tanh(rational.tanh, floats()),
        "tanh, XLA": errors_of_tanh(jnp.tanh, floats()),
        "gelu, quotient of polynomials": errors_of_gelu(rational.gelu, floats()),
        "gelu, by XLA's erf": errors_of_gelu(lambda z: 0.5 * z * (1 + jax.lax.erf(z * 0.5**0.5)), floats()),
    }
    for name, errors in rows.items():
        table.add_row(name, *(f"{error:.1e}" for error in errors))
    return table
