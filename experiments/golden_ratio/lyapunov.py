"""How fast two neurons part that start side by side: the Lyapunov exponent of orbits that never rest."""

import numpy as np

from experiments.studies import with_settings
from jaxneuron import Study, train

APART = 1e-12


def lyapunov_exponent(study: Study, kappa: float, num_steps: int = 40) -> float:
    """The logarithm of the factor by which their distance grows in a step, over so many steps.

    Known: ln(κ − 1), for both pieces of the map have the slope 1 − κ.
    """
    pair = with_settings(
        study,
        neuron={"init_weight": [0.3, 0.3 + APART]},
        training={"num_steps": num_steps},
        sweep={"learning_rate": 2 * kappa, "replicates": 1},
    )
    one, other = (train(pair, cell=cell).history.weight.values[:, 0] for cell in (0, 1))
    distance = np.abs(other - one)
    return float(np.log(distance[num_steps] / distance[0]) / num_steps)
