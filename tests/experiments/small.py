"""An experiment in small: its study with fewer neurons, its figure, and its counts beside the large ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import jaxneuron as jn
from experiments.studies import with_settings

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def small_study(name: str, **settings: Any) -> jn.Study:
    """The study "folder/name" of an experiment with other settings, a table for each section."""
    return with_settings(jn.read_study(EXPERIMENTS / f"{name}.toml"), **settings)


def check_drawn(draw: Callable[..., object], *found: Any, path: Path) -> None:
    """A figure of what was found is drawn, and is not empty."""
    draw(*found, path / "figure.png")
    assert (path / "figure.png").stat().st_size > 10_000


def check_alike(large: np.ndarray, small: np.ndarray) -> None:
    """Counts [..., outcomes] are of the same shares, to 5 standard errors of their difference."""
    numbers = large.sum(-1, keepdims=True), small.sum(-1, keepdims=True)
    pooled = (large + small) / (numbers[0] + numbers[1])
    errors = np.sqrt(pooled * (1 - pooled) * (1 / numbers[0] + 1 / numbers[1]))
    assert (abs(large / numbers[0] - small / numbers[1]) <= 5 * errors).all()
