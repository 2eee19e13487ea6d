"""Compiled programs kept from one process to the next, in a folder that the environment names.

JAX's own cache spares the compiling alone, and not the tracing and lowering by which it finds what is
compiled. These take as long as training a million neurons. Here a program is found by what it is made from.
"""

import contextlib
import hashlib
import os
import pickle
import platform
import secrets
import stat
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import serialize_executable

FOLDER = "JAXNEURON_COMPILED_PROGRAMS"  # of the environment
ENDING = ".compiled"
CHECKSUM_BYTES = 32

Devices = tuple[jax.Device, ...]


def folder() -> str | None:
    """Where programs are kept; None where they are not, or where JAX is asked to keep them.

    A program that comes from JAX's cache cannot be kept here: it would lack some of its functions.
    """
    settings = jax.config.values
    is_asked = settings["jax_compilation_cache_dir"] or not settings["jax_enable_compilation_cache"]
    return None if is_asked else os.environ.get(FOLDER) or None


def devices_of(arrays: Any) -> Devices:
    """The devices that arrays are on; the default one where they are on none."""
    leaves = (leaf for leaf in jax.tree.leaves(arrays) if isinstance(leaf, jax.Array))
    found = {device for leaf in leaves for device in leaf.devices()}
    return tuple(sorted(found, key=lambda device: device.id)) or tuple(jax.devices()[:1])


def kept(jitted: Any, made_from: Any, arrays: Any, devices: Devices) -> Callable[..., Any]:
    """A jitted function compiled for arrays like these: as it is kept, or new, and kept from now on.

    `made_from` is what decides the function, apart from the source code: its representation must tell one
    from another.
    """
    facts = made_from, _kinds_of(arrays), _surroundings(devices)
    path = Path(os.environ[FOLDER], hashlib.sha256(repr(facts).encode()).hexdigest() + ENDING)
    with contextlib.suppress(Exception):  # there is none, or it is damaged, or of no use to this JAX
        _check_private(path.parent)
        return _loaded(path.read_bytes(), devices)
    program = jitted.lower(*arrays).compile()
    with contextlib.suppress(Exception):  # a full disk, or a device whose programs cannot be written down
        content = pickle.dumps(serialize_executable.serialize(program))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_private(path.parent)
        unfinished = path.with_suffix(f".{secrets.token_hex(8)}")
        unfinished.write_bytes(_checksum(content) + content)
        unfinished.replace(path)
    return program


def _check_private(folder: Path) -> None:
    """PermissionError where somebody else may write to the folder: what is read there is run."""
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{folder}: somebody else may write to it")


def _loaded(content: bytes, devices: Devices) -> Callable[..., Any]:
    if content[:CHECKSUM_BYTES] != _checksum(content[CHECKSUM_BYTES:]):
        raise ValueError("is damaged")
    executable, in_tree, out_tree = pickle.loads(content[CHECKSUM_BYTES:])
    return serialize_executable.deserialize_and_load(
        executable, in_tree, out_tree, devices[0].client, devices
    )


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _kinds_of(arrays: Any) -> tuple[Any, ...]:
    """What of the arrays decides a program."""
    leaves, tree = jax.tree.flatten(arrays)
    return str(tree), [str(jax.typeof(leaf)) for leaf in leaves], jax.config.jax_enable_x64


def _surroundings(devices: Devices) -> dict[str, Any]:
    """What else decides a program: the source code, who compiles it for what, and all settings of JAX's."""
    return {
        "source": _source(),
        "versions": (version("jax"), version("jaxlib"), devices[0].client.platform_version),
        "devices": [(device.id, device.device_kind) for device in devices],
        "processor": (platform.machine(), np._core._multiarray_umath.__cpu_features__),  # pyright: ignore
        "cores": num_cores(),  # among which a program for a CPU divides its work when it is compiled
        "settings": (sorted(jax.config.values.items(), key=str), os.environ.get("XLA_FLAGS")),
    }


def num_cores() -> int:
    """The processor's cores that this process may use."""
    # Only some systems say which.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _source() -> str:
    """A digest of jaxneuron's source code."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()
