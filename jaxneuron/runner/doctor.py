"""What this machine has, and what will run where on it."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jax

from jaxneuron.population import kept
from jaxneuron.runner.dispatch import chunks_in_flight, devices
from jaxneuron.runner.program import check_device

PACKAGES = "jaxneuron jax jaxlib optax numpy scipy pandas pyarrow xarray zarr ray"


def examine() -> dict[str, Any]:
    """Devices, versions, and what a sweep would use; BadInput where JAX has no device.

    Its keys stay what they are: `devices`, a list of `platform`, `id`, `kind` and whether `is_used` by a
    sweep; `chunks_in_flight`, those that each of them trains at a time; `compiled_programs`, the folder in
    which they are kept; `versions` by package. What is not there is None.
    """
    check_device()
    settings, used = jax.config.values, devices()
    is_kept = settings["jax_enable_compilation_cache"]
    return {
        "devices": [
            {"platform": d.platform, "id": d.id, "kind": d.device_kind, "is_used": d in used}
            for d in jax.devices()
        ],
        "chunks_in_flight": chunks_in_flight(),
        "compiled_programs": settings["jax_compilation_cache_dir"] or kept.folder() if is_kept else None,
        "versions": {"python": platform.python_version()}
        | {name: _version(name) for name in PACKAGES.split()},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
