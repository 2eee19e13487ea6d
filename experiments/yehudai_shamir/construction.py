"""The study for d inputs: d examples x_i = ±e_i, each with the target 1/√d, and a neuron without bias.

It is made here and not written as study.toml because the examples are a matrix of d² numbers, nearly all 0.
"""

from typing import Any

import numpy as np

from jaxneuron import Study

KAPPA = 0.5  # η/d, by which a step shortens the way to the target


def signs(num_inputs: int) -> np.ndarray:
    """Of the examples. The initialisation is symmetric, so they make no difference; both are there."""
    return np.where(np.arange(num_inputs) % 2 == 0, 1.0, -1.0)


def construction(num_inputs: int, replicates: int = 1_000_000) -> Study:
    """d inputs, w ~ N(0, 1), learning rate η = κd."""
    tables: dict[str, Any] = {
        "data": {"x": np.diag(signs(num_inputs)), "y": np.full(num_inputs, num_inputs**-0.5)},
        "neuron": {"train_bias": False},
        "training": {"num_steps": 200},
        "sweep": {
            "learning_rate": KAPPA * num_inputs,
            "replicates": replicates,
            # With one seed for all d a neuron might draw the same first weights for each.
            "seed": num_inputs,
            "records": "neurons",
        },
    }
    return Study(**tables)
