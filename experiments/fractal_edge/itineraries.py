"""Why a boundary is fractal or not: how many courses neurons take, told by what is active at each step.

Where steps expand, neighbours part. They end in ever new ways only if there are ever more courses to take: if
their number grows exponentially with the steps, as it does where a map folds the plane onto itself.
"""

import numpy as np

from experiments.fractal_edge.fates import Plane

POINTS, STEPS = 200_000, 12


def count_itineraries(plane: Plane, rng: np.random.Generator) -> list[int]:
    """Of neurons at random points of the plane: the different courses of their first 1, 2, … steps."""
    values, num = plane.values(rng.random((POINTS, 2))), len(plane.x)
    weight, bias = values["init_weight"], values["init_bias"]
    rate, targets = values["learning_rate"], plane.y * values.get("target_scale", np.ones(POINTS))[:, None]
    course, found = np.zeros(POINTS, np.int64), []
    for _ in range(STEPS):
        z = weight[:, None] * plane.x + bias[:, None]
        course = course * 2**num + (z > 0) @ 2 ** np.arange(num)
        found.append(len(np.unique(course)))
        error = np.where(z > 0, z - targets, 0)
        weight = weight - rate * (error * plane.x).mean(-1)
        bias = bias - rate * error.mean(-1) * plane.train_bias
    return found
