"""What all tests share: shapes are checked, ranks are never promoted by accident, data is small."""

import jax
import pytest

from jaxneuron.neuron.loss import Examples

jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(params=["float32", "float64"])
def precision(request):
    """Both precisions, with JAX's 64-bit mode off and on."""
    with jax.enable_x64(request.param == "float64"):
        yield request.param


def examples_of(x, y, precision="float32") -> Examples:
    """Examples from anything NumPy takes; a flat x is one input."""
    x = jax.numpy.asarray(x, precision)
    return Examples(x if x.ndim == 2 else x[:, None], jax.numpy.asarray(y, precision))
