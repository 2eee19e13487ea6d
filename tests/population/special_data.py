"""Data with one input that have something special about them."""

import numpy as np

# Those that are compared everywhere; "wide" is only among a million runs.
KINDS = ["normal", "three inputs", "ties", "outlier", "one input", "zeros", "negative"]


def data_of(kind, size, rng):
    """So many examples."""
    x, y = rng.normal(size=(2, size))
    match kind:
        case "three inputs":
            x, y = np.resize(x[:3], size), np.resize(y[:3], size)
        case "ties":
            x = np.round(x)
        case "outlier":
            x[-1], y[0] = 30.0, 9.0
        case "one input":
            x, y = np.full_like(x, x[0]), np.full_like(y, y[0])
        case "zeros":
            y = np.where(x > 0.3, x, 0.0)
        case "wide":
            x = np.sinh(2 * x)
        case "negative":
            y = -np.abs(y)
    return x, y
