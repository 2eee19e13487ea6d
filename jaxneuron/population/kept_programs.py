"""Compiled programs kept on disk, so that the next process has them without tracing or compiling anything.

JAX itself finds a compiled program by the text that a function is lowered to, and to trace and lower it takes
longer than all else that a small run does. Here it is found by all that decides this text: the function, its
static arguments and the types of its arrays; the source of the package and the versions of what it is built
on; JAX's settings, XLA's, and the processor. Any other program has another name.

On a CPU that is one device; elsewhere JAX's own way is left as it is. A program is the same code, and so has
the same bits, whether it was compiled just now or loaded.
"""

import contextlib
import hashlib
import os
import pickle
import platform
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
from jax.experimental import serialize_executable
from jax.experimental.compilation_cache import compilation_cache

FOLDER = "JAXNEURON_PROGRAMS"  # the environment variable with their folder; without it none is kept
ENDING = "-program"
PACKAGES = "jax", "jaxlib", "optax", "numpy"
SOURCE = Path(__file__).parents[1]
DIGEST_SIZE = hashlib.sha256().digest_size


def are_kept() -> bool:
    """Whether programs of this process are kept: not where JAX is told to keep none, or to keep them
    elsewhere, nor where functions are run without being compiled."""
    folder, config = os.environ.get(FOLDER), jax.config
    if not folder or config.jax_compilation_cache_dir != folder or config.jax_disable_jit:
        return False
    return config.jax_enable_compilation_cache and jax.default_backend() == "cpu" and jax.device_count() == 1


def kept(function: Any, arguments: Sequence[Any], *identity: Any) -> Callable[..., Any]:
    """A function under `jax.jit`, compiled for arguments of some types (trees of ShapeDtypeStructs): loaded,
    or compiled and kept. `identity` is what says which function it is, and prints as no other one does."""
    types, structure = jax.tree.flatten(arguments)
    words = repr((identity, types, [each.weak_type for each in types], structure, *_surroundings()))
    path = Path(os.environ[FOLDER], hashlib.sha256(words.encode()).hexdigest() + ENDING)
    return _loaded(path) or _compiled(function, arguments, path)


def _loaded(path: Path) -> Callable[..., Any] | None:
    """The program in a file; None where there is none, or it is damaged."""
    try:
        content = path.read_bytes()
        digest, content = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
        if digest != hashlib.sha256(content).digest():
            return None
        os.utime(path)  # the oldest are deleted
        # As safe as all code in a folder to which nobody else may write.
        return serialize_executable.deserialize_and_load(*pickle.loads(content))
    except Exception:  # of the disk, of pickle, and of XLA
        return None


def _compiled(function: Any, arguments: Sequence[Any], path: Path) -> Callable[..., Any]:
    with _jax_keeps_none():
        program = function.lower(*arguments).compile()
    try:
        content = pickle.dumps(serialize_executable.serialize(program))
        draft = path.with_suffix(f".{uuid.uuid4().hex}")
        draft.write_bytes(hashlib.sha256(content).digest() + content)
        draft.replace(path)
    except Exception:  # a full disk, or a program that cannot be kept
        pass
    return program


@contextlib.contextmanager
def _jax_keeps_none() -> Iterator[None]:
    """A context in which JAX keeps no program and loads none: those that it has loaded cannot be kept."""
    jax.config.update("jax_enable_compilation_cache", False)
    compilation_cache.reset_cache()  # else it looks at the setting only once
    try:
        yield
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
        compilation_cache.reset_cache()


def _surroundings() -> tuple:
    """All that decides what a function is compiled to, apart from itself."""
    settings = {name: value for name, value in jax.config.values.items() if "cache" not in name}
    x64 = jax.config.jax_enable_x64  # of this thread
    return x64, sorted(settings.items()), os.environ.get("XLA_FLAGS"), *_of_process()


@lru_cache
def _of_process() -> tuple:
    files = sorted(path for room in ("neuron", "population") for path in (SOURCE / room).rglob("*.py"))
    source = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    versions = [version(package) for package in PACKAGES]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return source, versions, sys.version, cores, platform.machine(), _processor()


def _processor() -> list[str]:
    """The kind of the processor and what it can do, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = file.read(10_000).split("\n\n")[0].splitlines()
    except OSError:
        return [platform.processor()]
    facts = "vendor", "cpu family", "model", "flags", "Features", "CPU"
    return [line for line in lines if line.startswith(facts)]
