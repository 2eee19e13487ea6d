"""The oracle: one neuron in NumPy, with the chain rule written by hand."""

import numpy as np


def train_relu(w, b, x, y, learning_rate, num_steps):
    """Plain gradient descent on one input; (w, b, loss) before each step and at the end."""
    path = []
    for step in range(num_steps + 1):
        z = w * x + b
        passes = z > 0
        error = np.where(passes, z, 0) - y
        path.append((w, b, np.mean(0.5 * error**2)))
        if step < num_steps:
            w = w - learning_rate * np.mean(error * passes * x)
            b = b - learning_rate * np.mean(error * passes)
    return np.array(path)
