"""Where the data files of a run lie: kept when it is made, and looked for when its study is read again, maybe
in another folder, or after the run was moved together with its data."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import zarr

from jaxneuron.store import examples
from jaxneuron.store.chosen import chosen_in
from jaxneuron.store.location import Location
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import Dataset, load
from jaxneuron.study.files import Table
from jaxneuron.study.sources import Data
from jaxneuron.study.study import Study


def data_files(data: Data, datasets: Sequence[Dataset], location: Location) -> dict[str, Any]:
    """Of each data file its absolute path, the path that leads there from the run, and the hash of its
    examples; nothing of data that comes from no file."""
    if not isinstance(data, Table):
        return {}
    return {
        "files": [
            {**_paths(file, location), "sha256": dataset.sha256}
            for file, dataset in zip(data.files, datasets, strict=True)
        ]
    }


def study_of(attrs: Mapping[str, Any], root: zarr.Group, location: Location) -> Study:
    """The study of a run, with the examples that it keeps, or its data files wherever they are found; where
    they have changed since the run was made, `load` refuses them."""
    study = examples.study_of(attrs, root).at_cells(chosen_in(attrs, root))
    if not isinstance(study.data, Table):
        return study
    known = attrs["data"].get("files")
    if known is None:  # of older runs
        is_one = study.data.num_datasets == 1
        known = [{"sha256": attrs["data"]["sha256"] if is_one else None} for _ in study.data.files]
    files = tuple(
        _found(study.data, file, paths, location) for file, paths in zip(study.data.files, known, strict=True)
    )
    file = files[0] if isinstance(study.data.file, str) else files
    data = study.data.model_copy(update={"file": file})
    return study.model_copy(update={"data": data.expecting(paths["sha256"] for paths in known)})


def _paths(file: str, location: Location) -> dict[str, str | None]:
    if "://" in file:
        return {}
    absolute = os.path.abspath(os.path.expanduser(file))
    folder = location.folder
    return {"absolute": absolute, "from_run": None if folder is None else os.path.relpath(absolute, folder)}


def _found(data: Table, file: str, known: Mapping[str, Any], location: Location) -> str:
    """The path at which a file is found: of several that are there, the first with the run's examples."""
    there = list(_existing(file, known, location))
    if len(there) > 1:
        for path in there:
            with contextlib.suppress(BadInput):
                (dataset,) = load(data.model_copy(update={"file": path}))
                if dataset.sha256 == known["sha256"]:
                    return path
    return there[0] if there else known.get("absolute") or file


def _existing(file: str, known: Mapping[str, Any], location: Location) -> Iterator[str]:
    """The different files among the paths at which it may lie; first that of the study as it was swept."""
    places = [file, known.get("absolute")]
    if location.folder is not None and known.get("from_run"):
        places.insert(1, str(Path(os.path.normpath(location.folder / known["from_run"]))))
    seen = set()
    for place in places:
        if place is not None and os.path.exists(place) and (real := os.path.realpath(place)) not in seen:
            seen.add(real)
            yield place
