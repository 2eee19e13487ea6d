"""Making the run of a study, or checking that the one that is there can be resumed."""

import contextlib
import datetime
import logging
import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

from jaxneuron.neuron.stability import stability_limit
from jaxneuron.population.chunks import Cut
from jaxneuron.runner.precision import warn_of_precision
from jaxneuron.runner.program import Program, silent_loss
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.create import create
from jaxneuron.store.data_files import data_files
from jaxneuron.store.examples import study_and_arrays
from jaxneuron.store.identity import differences
from jaxneuron.store.location import Location, MadeMeanwhile
from jaxneuron.store.room import check_room
from jaxneuron.store.skeleton import (
    attrs_of,
    check_current,
    check_left_behind,
    cut_of,
    is_run,
    what_is_there,
)
from jaxneuron.study.bad_input import BadInput, shown
from jaxneuron.study.counted import counted
from jaxneuron.study.data import sha256_of
from jaxneuron.study.sources import Table
from jaxneuron.study.study import Study, resolved

REPLICATES = "sweep.replicates"

log = logging.getLogger(__name__)


def check_location(location: Location) -> None:
    """BadInput where a run can neither be made nor resumed."""
    if location.is_taken() and not is_run(location):
        raise BadInput(f"{location}: exists and {what_is_there(location)}; choose another --out")
    location.check()
    check_left_behind(location)


def program_of(study: Study, location: Location, *, overwrite: bool = False) -> Program:
    """The program that trains a study into its run, cut as the run is, if there is one that stays."""
    if overwrite or not is_run(location):
        return Program(study)
    return Program(study, cut=cut_for(study, attrs_of(location)))


def cut_for(study: Study, attrs: Mapping[str, Any]) -> Cut | None:
    """The shape of the run's chunks of work, if a study does not ask for chunks of another size."""
    has_size = study.sweep.chunk_size in (None, attrs["study"]["sweep"]["chunk_size"], attrs["chunk_size"])
    return cut_of(attrs) if has_size else None


def prepare(program: Program, location: Location, *, overwrite: bool = False, processes: int = 1) -> bool:
    """Make the run where there is none yet; returns whether it was made.

    BadInput, with nothing written, where the run is another study's or has other numerics, unless
    `overwrite` replaces it, and where there is no room for it, trained by so many processes.
    """
    is_round = program.study.chosen is not None  # of a run of which all of this was said
    if not is_round:
        program.log_notes()
    if not is_run(location) or overwrite:
        needs = check_room(location, program.sizes, processes=processes)
        with contextlib.suppress(MadeMeanwhile):
            with location.lock() if is_run(location) else contextlib.nullcontext():
                create(
                    location,
                    design=program.design,
                    chunking=program.chunking,
                    bins=program.bins,
                    inputs=program.datasets[0].inputs,
                    precision=program.study.training.precision,
                    method=program.study.training.method,
                    has_neurons=program.study.sweep.records == "neurons",
                    attrs=provenance(program, location),
                    examples=study_and_arrays(program.study)[1],
                    replace=overwrite,
                )
            if not is_round:
                warn_of_precision(program)
                takes = "takes" if program.num_neurons == 1 else "take"
                log.info(f"{counted(program.num_neurons, 'neuron')} {takes} {needs}")
            return True
    check_current(location)
    check_same(location, program)
    return False


def provenance(program: Program, location: Location) -> dict[str, Any]:
    """What decides the bits of a run at a place, and what a reader needs to know of its data.

    Of several data sets it holds the scaling of each, in lists, and the smallest of their stability limits:
    below it all are stable.
    """
    study, datasets, identity = program.study, program.datasets, program.identity
    device, data = jax.devices()[0], datasets[0]
    lengths = [len(data.y) for data in datasets]
    limit = min(stability_limit(data.x, study.neuron.train_bias) for data in datasets)

    def of_each(values: Sequence[Any]) -> Any:
        return values[0] if len(values) == 1 else list(values)

    return {
        "study": study_and_arrays(study)[0],
        "identity": identity,
        "fingerprint": checksum_of(identity),
        "num_neurons": program.num_neurons,
        "chunk_size": identity["chunk_size"],
        "data": {
            "source": of_each(study.data.files) if isinstance(study.data, Table) else "data",
            "sha256": sha256_of(datasets),
            **data_files(study.data, datasets, location),
            "num_datasets": len(datasets),
            "num_examples": lengths[0] if len(set(lengths)) == 1 else lengths,
            "inputs": list(data.inputs),
            "target": data.target,
            "x_offset": of_each([data.scaling.x_offset.tolist() for data in datasets]),
            "x_scale": of_each([data.scaling.x_scale.tolist() for data in datasets]),
            "y_offset": of_each([data.scaling.y_offset for data in datasets]),
            "y_scale": of_each([data.scaling.y_scale for data in datasets]),
            "silent_loss": silent_loss(study, datasets),
            "stability_limit": limit if math.isfinite(limit) else None,
        },
        "versions": {
            name: version(name) for name in ("jaxneuron", "jax", "jaxlib", "optax", "numpy", "zarr")
        },
        "python": platform.python_version(),
        "platform": device.platform,
        "device": device.device_kind,
        "began": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def check_same(location: Location, program: Program) -> None:
    """BadInput where the run holds something else than what is to be trained, with what differs."""
    attrs = attrs_of(location)
    found = differences(attrs["identity"], program.identity)
    if not found:
        return
    others = [f"{n} is {shown(old)} there and {shown(new)} here" for n, old, new in found if n != "data"]
    wrong = others if len(others) == len(found) else [*_data_in_words(attrs, program), *others]
    more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
    names = {name for name, _, _ in found}
    growth = (
        "more replicates or steps make a new run: " if names <= {REPLICATES, "training.num_steps"} else ""
    )
    extends = f" (--extend {location} takes over what it holds)" if names == {REPLICATES} else ""
    remedy = f"{growth}choose another --out{extends}, or --overwrite to replace it"
    raise BadInput(f"{location}: holds another run: {'; '.join(wrong[:3])}{more}; {remedy}")


def _data_in_words(attrs: Mapping[str, Any], program: Program) -> list[str]:
    """How the examples of a run and those here differ: by what the study says of them, or by their file."""
    old, new = attrs["study"]["data"], resolved(program.study)["data"]
    data = program.study.data
    if isinstance(data, Table) and _names(old.get("file")) == _names(new["file"]):
        old = old | {"file": new["file"]}  # the same file, named from another folder
    settings = [key for key in dict.fromkeys([*new, *old]) if old.get(key) != new.get(key)]
    if settings:
        return [f"data.{k} is {shown(old.get(k))} there and {shown(new.get(k))} here" for k in settings]
    files = " or ".join(data.files) if isinstance(data, Table) else "its data"
    return [f"{files} has changed since {attrs['began'][:10]}, when it was begun"]


def _names(files: Any) -> list[str]:
    """The names of a file, or of several, without their folders."""
    return [Path(str(file)).name for file in (files if isinstance(files, list) else [files])]
