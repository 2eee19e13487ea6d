"""The stability limit of gradient descent on the loss."""

import numpy as np


def stability_limit(x: np.ndarray, train_bias: bool = True) -> float:
    """2/λ_max of the Hessian of the loss where every example is active; x[examples, inputs].

    There the loss is quadratic with the Hessian mean (x, 1)(x, 1)ᵀ, and plain gradient descent converges
    exactly for learning rates below the limit. Infinite where the Hessian is 0.
    """
    rows = np.column_stack([x, np.ones(len(x))]) if train_bias else x
    curvature = np.linalg.eigvalsh(rows.T @ rows / len(rows))[-1]
    return float(2 / curvature) if curvature > 0 else float("inf")
