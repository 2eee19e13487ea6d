"""Compiled programs, which train, follow or judge neurons: each compiled once, and all in the same way.

A neuron has the same bits in all of them, as the compiler has the same options and the same loop of steps.
"""

import gc
from collections.abc import Callable
from functools import lru_cache, partial
from threading import Lock
from typing import Any

import jax

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.optimizers import has_memory
from jaxneuron.population.kept import Devices, devices_of, folder, kept

# Each is for arrays of some shapes, and holds hundreds of memory maps, of which a process may have only so
# many.
MAX_PROGRAMS = 32

_one_at_a_time = Lock()


def compiled(function: Callable[..., Any], config: Config | None, *static: Any) -> Callable[..., Any]:
    """`function(config, *static, …)` as a compiled function of the rest, which are arrays; without a config
    `function(*static, …)`, compiled as XLA does by itself."""

    def program(*arrays: Any) -> Any:
        leaves, tree = jax.tree.flatten(arrays)
        kinds = tree, *(str(jax.typeof(leaf)) for leaf in leaves), jax.config.jax_enable_x64
        # Two threads that found no program at the same time would both compile it.
        with _one_at_a_time:
            found = _program_of(function, kinds, config, *static)
        return found(*arrays)

    return program


class _Program:
    """A function compiled for arrays of some kinds, on each device when it first runs there."""

    def __init__(self, function: Callable[..., Any], config: Config | None, static: tuple[Any, ...]) -> None:
        facts = static if config is None else (config, *static)
        options = {} if config is None else compiler_options(config)
        self._jitted = jax.jit(partial(function, *facts), compiler_options=options)
        self._made_from = function.__module__, function.__name__, facts, options
        self._on: dict[Devices, Callable[..., Any]] = {}
        self._locks: dict[Devices, Lock] = {}

    def __call__(self, *arrays: Any) -> Any:
        if folder() is None:
            return self._jitted(*arrays)
        devices = devices_of(arrays)
        with self._locks.setdefault(devices, Lock()):
            if devices not in self._on:
                self._on[devices] = kept(self._jitted, self._made_from, arrays, devices)
        return self._on[devices](*arrays)


@lru_cache(MAX_PROGRAMS)
def _program_of(
    function: Callable[..., Any], kinds: tuple[Any, ...], config: Config | None, *static: Any
) -> _Program:
    return _Program(function, config, static)


def forget() -> None:
    """Free all compiled programs, and what JAX keeps for compiling them again."""
    _program_of.cache_clear()
    jax.clear_caches()
    gc.collect()


def compiler_options(config: Config) -> dict[str, str]:
    """The compiler's options.

    By itself XLA uses vectors of 256 bits on a CPU; wider ones take a third less time. Only plain gradient
    descent has them: square roots, which other optimizers take, round otherwise in wider vectors than in
    narrow ones, and a neuron followed alone would differ from itself among many.
    """
    if jax.default_backend() != "cpu" or has_memory(config.optimizer):
        return {}
    return {"xla_cpu_prefer_vector_width": "512"}
