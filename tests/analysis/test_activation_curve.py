"""The curve of an activation: its values and slopes, and how close the cubic between them is."""

import jax
import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline

from jaxneuron.analysis.activation_curve import FARTHEST, activation_curve
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.params import FUNCTIONS


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_cubic_between_its_places_is_the_activation(name):
    curve, function = activation_curve(name, 0.3), FUNCTIONS[name]
    z = np.random.default_rng(0).uniform(-FARTHEST, FARTHEST, 10_000)
    with jax.enable_x64(True):
        output, beyond = np.asarray(function(z, 0.3)), np.asarray(function(np.array([-1e9, 1e9]), 0.3))
    if ACTIVATIONS[name].is_piecewise_linear:
        np.testing.assert_allclose(np.where(z > 0, z, curve.slope[0] * z), output, rtol=1e-12)
    else:
        np.testing.assert_allclose(CubicHermiteSpline(*curve)(z), output, rtol=0, atol=2e-9)
    ends = np.array([-1, 1]) * (1e9 - FARTHEST)
    np.testing.assert_allclose(
        curve.output[[0, -1]] + curve.slope[[0, -1]] * ends, beyond, rtol=1e-8, atol=1e-8
    )
