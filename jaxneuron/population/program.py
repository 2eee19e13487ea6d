"""Compiled programs: what trains, follows or judges neurons, each compiled once and all in the same way.

A neuron has the same bits in all of them, as the compiler is told the same and sees the same loop of steps.
"""

import gc
from collections.abc import Callable
from functools import lru_cache, partial
from threading import Lock
from typing import Any

import jax

from jaxneuron.neuron.optimizers import has_memory
from jaxneuron.neuron.train import Config

_one_at_a_time = Lock()


def compiled(function: Callable[..., Any], config: Config, *static: Any) -> Callable[..., Any]:
    """`function(config, *static, …)` as a compiled function of the rest, which are arrays."""
    # Of two threads that found no program at the same time, each would make and compile its own.
    with _one_at_a_time:
        return _compiled_once(function, config, *static)


# Few are kept: each holds hundreds of memory maps, of which a process may have only so many.
@lru_cache(maxsize=32)
def _compiled_once(function: Callable[..., Any], config: Config, *static: Any) -> Callable[..., Any]:
    return jax.jit(partial(function, config, *static), compiler_options=compiler_options(config))


def forget() -> None:
    """Free all compiled programs, and what JAX keeps for compiling them again."""
    _compiled_once.cache_clear()
    jax.clear_caches()
    gc.collect()


def compiler_options(config: Config) -> dict[str, str]:
    """What the compiler is told.

    By itself XLA uses vectors of 256 bits on a CPU; wider ones take a third less time. Only plain gradient
    descent is told so: square roots, which other optimizers take, round otherwise in wider vectors than
    in narrow ones, and a neuron followed alone would differ from itself among many.
    """
    if jax.default_backend() != "cpu" or has_memory(config.optimizer):
        return {}
    return {"xla_cpu_prefer_vector_width": "512"}
