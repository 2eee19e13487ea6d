"""Simulated studies: neurons that are born dead, die and diverge at known hazards, listed or counted."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

EDGES = np.array([0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 257])


class Neurons(NamedTuple):
    """For each neuron [studies, neurons] the step of what came first, and whether that was its death."""

    step: np.ndarray
    died: np.ndarray


def neurons_that_die(
    random: np.random.Generator, shape: tuple[int, int], death_rate: float, divergence_rate: float, power=1.0
) -> Neurons:
    """One in ten born dead; the rest outlive t steps with a chance of exp(−(rate·t)**power)."""
    death = np.ceil(random.exponential(size=shape) ** (1 / power) / death_rate)
    divergence = np.ceil(random.exponential(size=shape) / divergence_rate)
    death[random.random(shape) < 0.1] = 0
    return Neurons(np.minimum(death, divergence).astype(np.int64), death <= divergence)


def histograms(neurons: Neurons, edges: np.ndarray = EDGES) -> tuple[np.ndarray, np.ndarray]:
    """Deaths and divergences per bin, each [studies, bins]; what comes after the last edge is not seen."""
    return tuple(
        np.stack(
            [
                ((neurons.step >= low) & (neurons.step < high) & (neurons.died == died)).sum(-1)
                for low, high in pairwise(edges)
            ],
            axis=-1,
        )
        for died in (True, False)
    )


def share_that_hold(low: np.ndarray, truth: np.ndarray | float, high: np.ndarray) -> np.ndarray:
    """Along the first axis, which is of the studies."""
    return ((low <= truth) & (truth <= high)).mean(0)
