"""An activation as a curve: its values and slopes at places along z, for those who draw it without JAX."""

import functools
from typing import NamedTuple

import jax
import numpy as np

from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.params import FUNCTIONS

FARTHEST, KNOTS = 20.0, 2001  # beyond, every activation is a straight line to 2e-9


class ActivationCurve(NamedTuple):
    """ŷ and dŷ/dz at evenly spaced z, 0 among them: each [places]. Beyond the ends the curve is straight."""

    z: np.ndarray
    output: np.ndarray
    slope: np.ndarray


@functools.cache
def activation_curve(name: str, negative_slope: float = 0.01) -> ActivationCurve:
    """The curve of one of `ACTIVATIONS`, in float64.

    Where it is not piecewise linear, the cubic between two places with their values and slopes is within 2e-9
    of it.
    """
    z = np.linspace(-FARTHEST, FARTHEST, KNOTS)
    function = FUNCTIONS[name]
    with jax.enable_x64(True):
        output, slope = jax.vmap(jax.value_and_grad(lambda z: function(z, negative_slope)))(z)
    slope = np.array(slope)
    if not ACTIVATIONS[name].is_piecewise_linear:
        slope[[0, -1]] = slope[[0, -1]].round()  # exactly 0 or 1, as what comes beyond has no end
    return ActivationCurve(z, np.asarray(output), slope)
