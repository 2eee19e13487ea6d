"""What is known: up to which rate gradient descent stays at the neuron that made the data."""

import math

import numpy as np

from jaxneuron.neuron.stability import stability_limit

# Of infinitely many normal examples half are active; along the teacher's direction u the Hessian's block is
# mean (u·x, 1)(u·x, 1)ᵀ over u·x > 0 = ((½, 1/√(2π)), (1/√(2π), ½)), and ½ in every other direction.
LIMIT_OF_MANY_EXAMPLES = 2 / (0.5 + 1 / math.sqrt(2 * math.pi))


def limit_at_optimum(x: np.ndarray, y: np.ndarray) -> float:
    """2/λ_max of the Hessian where the neuron is the teacher, of which x [examples, inputs] has y [examples].

    Only the examples with y > 0 are active there; the mean is over all. Beyond this rate nothing converges to
    the teacher, but for a start that hits it exactly.
    """
    active = y > 0
    return stability_limit(x[active]) / active.mean()
