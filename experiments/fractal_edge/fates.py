"""What becomes of the neurons at any points of a plane of two quantities: decided by jumps to the limit."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuron import Fate
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population

# Neurons that are trained in one call, the last one padded: one compilation serves all.
BATCH = 2**14


class End(IntEnum):
    """How a neuron ends; both ways to be dead are one."""

    diverged = 0
    dead = 1
    converged = 2
    cycles = 3  # for ever, which is proved
    undecided = 4


# Of each fate.
END_OF = np.array([End.diverged, End.dead, End.dead, End.converged, End.cycles], np.int8)


class Plane(NamedTuple):
    """A rectangle in the plane of two quantities, as the unit square, all others given; and the data."""

    name: str
    x: np.ndarray
    y: np.ndarray
    train_bias: bool
    across: tuple[str, float, float]  # a quantity, and from where to where
    up: tuple[str, float, float]
    given: Mapping[str, float]
    num_steps: float = np.inf  # by jumps without end; or that many steps

    def values(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """The values of each quantity at points[points, 2] of the unit square."""
        swept = {
            name: low + (high - low) * points[:, i]
            for i, (name, low, high) in enumerate((self.across, self.up))
        }
        return {name: np.full(len(points), value) for name, value in self.given.items()} | swept


def ends_of(plane: Plane, points: np.ndarray) -> np.ndarray:
    """The `End` of the neuron at each of points[..., 2] of the unit square, without a limit of steps."""
    flat = points.reshape(-1, 2)
    padded = np.pad(flat, ((0, -len(flat) % BATCH), (0, 0)), mode="edge")
    found = [_train(plane, batch) for batch in padded.reshape(-1, BATCH, 2)]
    return np.concatenate(found)[: len(flat)].reshape(points.shape[:-1])


def _train(plane: Plane, points: np.ndarray) -> np.ndarray:
    numbers, is_endless = np.arange(len(points), dtype=np.uint32), np.isinf(plane.num_steps)
    method = "jumps" if is_endless else "steps"
    config = Config(gradient="moments", method=method, train_bias=plane.train_bias)
    with jax.enable_x64(True):
        examples = Examples(
            jnp.asarray(plane.x[:, None]), jnp.asarray(plane.y), find_half_lines(plane.x, plane.y, "float64")
        )
        where = numbers, 0 * numbers, plane.values(points.astype(float)), Start(jax.random.key(0), {}, {})
        trained = train_population(*where, examples, config, plane.num_steps, find_diverge_steps=False)
        trained = jax.tree.map(np.asarray, trained)
    undecided = trained.undecided
    if not is_endless:
        undecided = trained.fate == Fate.unsettled
    return np.where(undecided, np.int8(End.undecided), END_OF[trained.fate])
