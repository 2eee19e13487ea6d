"""What a run says of itself: what decides its bits, its data, and what it was made with."""

import datetime
import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import jax

from jaxneuron.neuron.stability import stability_limit
from jaxneuron.runner.program import Program, silent_loss
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.data_files import data_files
from jaxneuron.store.examples import study_and_arrays
from jaxneuron.store.location import Location
from jaxneuron.study.data import sha256_of
from jaxneuron.study.files import Table


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
