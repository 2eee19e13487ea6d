"""How near to silence rounding lets a neuron come."""

import numpy as np


def nearest(weight: np.ndarray, bias: np.ndarray, x: float, rate: float, num_examples: int) -> np.ndarray:
    """The largest z at which a neuron that is active on the one example x alone no longer moves, y = 0 there.

    Its gradient is z·(x, 1)/n. A param stays what it is where η times that is at most half the spacing of the
    numbers around it (where it is exactly half, one of the two neighbours is even and wins). So z is at most
    n/η times half the smaller spacing: of b, and of w over |x|. Params are given in their precision.
    """
    spacings = np.spacing(np.abs(bias)), np.spacing(np.abs(weight)) / abs(x)
    return num_examples / rate * 0.5 * np.minimum(*spacings)
