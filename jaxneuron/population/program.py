"""Compiled programs, which train, follow or judge neurons: each compiled once, and all in the same way.

A neuron has the same bits in all of them, as the compiler has the same options and the same loop of steps.
"""

import gc
from collections.abc import Callable
from functools import lru_cache, partial
from threading import Lock
from typing import Any

import jax
import numpy as np

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.optimizers import has_memory

# Each is for arrays of some shapes, and holds hundreds of memory maps, of which a process may have only so
# many.
MAX_PROGRAMS = 32

_one_at_a_time = Lock()


def compiled(function: Callable[..., Any], config: Config, *static: Any) -> Callable[..., Any]:
    """`function(config, *static, …)` as a compiled function of the rest, which are arrays."""

    def program(*arrays: Any) -> Any:
        shapes = tuple(map(np.shape, jax.tree.leaves(arrays)))
        # Two threads that found no program at the same time would both compile it.
        with _one_at_a_time:
            found = _compiled_once(function, shapes, config, *static)
        return found(*arrays)

    return program


@lru_cache(MAX_PROGRAMS)
def _compiled_once(
    function: Callable[..., Any], shapes: tuple[tuple[int, ...], ...], config: Config, *static: Any
) -> Callable[..., Any]:
    return jax.jit(partial(function, config, *static), compiler_options=compiler_options(config))


def forget() -> None:
    """Free all compiled programs, and what JAX keeps for compiling them again."""
    _compiled_once.cache_clear()
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
