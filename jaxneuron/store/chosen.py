"""Cells that are chosen among those of grids, as a run keeps them: two coordinates of its points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import zarr

from jaxneuron.population.design import Chosen
from jaxneuron.store.skeleton import array_of

# (what it is called, its definition)
CHOSEN = {
    "level": (
        "level",
        "how often the steps of the study's grid are halved until it has the cell",
    ),
    "number": ("number", "the number of the cell in the grid of its level, from which its key comes"),
}


def chosen_coordinates(chosen: Chosen) -> dict[str, np.ndarray]:
    """Their values, by name."""
    return dict(zip(CHOSEN, (chosen.levels, chosen.numbers), strict=True))


def chosen_in(attrs: Mapping[str, Any], root: zarr.Group) -> Chosen | None:
    """The cells of a run that are chosen; None where all cells of the study are its."""
    if "cells" not in attrs["identity"]:
        return None
    return Chosen(*(np.asarray(array_of(root, f"cells/{name}")[...]) for name in CHOSEN))
