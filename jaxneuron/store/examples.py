"""The examples of a study whose data are arrays. Few are written out in the root, with the rest of the study;
many are arrays of the run, in the group `examples`, and the study in the root has their paths."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import zarr

from jaxneuron.store.skeleton import array_of
from jaxneuron.study.sources import Arrays
from jaxneuron.study.study import Study, resolved

MOST_WRITTEN_OUT = 10_000  # numbers: about 200 kB of JSON
GROUP = "examples"


def study_and_arrays(study: Study) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The study as plain values, and the arrays by name that are not written out in it."""
    data = study.data
    if not isinstance(data, Arrays) or np.size(data.x) + np.size(data.y) <= MOST_WRITTEN_OUT:
        return resolved(study), {}
    arrays = {"x": data.x, "y": data.y}
    tables = study.model_dump(mode="json", exclude={"data": {*arrays}})
    return tables | {"data": {name: f"{GROUP}/{name}" for name in arrays} | tables["data"]}, arrays


def study_of(attrs: Mapping[str, Any], root: zarr.Group) -> Study:
    """The study of a run, from its attributes and its arrays."""
    tables = attrs["study"]
    data = {
        name: np.asarray(array_of(root, value)[...]) if _is_array(name, value) else value
        for name, value in tables["data"].items()
    }
    return Study(**tables | {"data": data})


def _is_array(name: str, value: Any) -> bool:
    return value == f"{GROUP}/{name}"
