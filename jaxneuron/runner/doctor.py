"""What this machine has, and what will run where on it."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jax

from jaxneuron.runner.dispatch import chunks_in_flight, devices
from jaxneuron.runner.program import check_device

PACKAGES = "jaxneuron jax jaxlib optax numpy scipy pandas pyarrow xarray zarr ray"


def examine() -> dict[str, Any]:
    """Devices, versions, and what a sweep would use; BadInput where JAX has no device."""
    check_device()
    where = ", ".join(map(str, devices()))
    settings = jax.config.values
    return {
        "devices": {f"{d.platform}:{d.id}": d.device_kind for d in jax.devices()},
        "a_sweep_runs_on": f"{where}, {chunks_in_flight()} chunks of neurons at a time on each",
        "compiled_programs_are_kept_in": settings["jax_compilation_cache_dir"]
        if settings["jax_enable_compilation_cache"]
        else None,
        "versions": {"python": platform.python_version()}
        | {name: _version(name) for name in PACKAGES.split()},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
