"""What decides the bits of a run. A run is gone on with only where all of it is the same."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import jax
import numpy as np

from jaxneuron.population.summary import LEAST_LOSS_DECADE
from jaxneuron.study.data import Dataset, sha256_of
from jaxneuron.study.study import Study, resolved

# Whose arithmetic the results are.
NUMERICS = ("jaxneuron", "jax", "jaxlib", "optax", "numpy")
# What is left out where it is as it was before it was told.
SMALLEST_BIN = "smallest bin of losses"
AS_BEFORE = {SMALLEST_BIN: "10^-10"}
# Vector instructions, the widest first: XLA and NumPy round some functions differently in each.
VECTORS = ("AVX512_SKX", "AVX512F", "AVX2", "AVX", "SVE", "ASIMD")


def identity_of(study: Study, datasets: Sequence[Dataset], chunk_size: int) -> dict[str, Any]:
    """All that decides the bits, as plain values by their names; where the data lie is not among it."""
    tables = resolved(study)
    settings = {
        f"{table}.{key}": value
        for table in ("neuron", "training", "sweep")
        for key, value in tables[table].items()
        # The chunk size below counts, whoever chose it; and runs that are older know of no other method.
        if key != "chunk_size" and (key, value) != ("method", "steps")
    }
    told_later = {SMALLEST_BIN: f"10^{LEAST_LOSS_DECADE}"}
    settings |= dict(told_later.items() - AS_BEFORE.items())
    return {
        "data": sha256_of(datasets),
        **settings,
        "chunk_size": chunk_size,
        "platform": jax.default_backend(),
        "processor": processor(),
        **{f"version of {name}": version(name) for name in NUMERICS},
    }


def processor() -> str:
    """The kind of processor, as far as it decides how results are rounded."""
    device = jax.devices()[0]
    if device.platform != "cpu":
        return device.device_kind
    features = np._core._multiarray_umath.__cpu_features__  # pyright: ignore
    vectors = next((name for name in VECTORS if features.get(name)), "no vectors")
    return f"{platform.machine()} with {vectors}"


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, value there, value here) of all that differs."""
    there, here = AS_BEFORE | dict(there), AS_BEFORE | dict(here)
    names = dict.fromkeys([*here, *there])
    return [(n, there.get(n), here.get(n)) for n in names if there.get(n) != here.get(n)]
