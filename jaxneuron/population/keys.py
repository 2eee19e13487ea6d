"""Random keys: every neuron has its own, and every use of it a stream of its own.

Cell and replicate are folded in one after the other because fold_in takes 32 bits and a study may have
more than 2³² neurons. So what a neuron draws depends on the study's seed and on its own place alone.
"""

import jax
from jaxtyping import Array, Key, UInt

# The order is part of the numerics: new streams go to the end.
STREAMS = (
    "init_weight",
    "init_bias",
    "batches",
    "learning_rate",
    "momentum",
    "weight_decay",
    "beta1",
    "beta2",
    "decay",
    "epsilon",
    "negative_slope",
    "target_scale",
    "final_rate",
    "warmup",
    "step_every",
    "clip_norm",
)


def neuron_key(seed: Key[Array, ""], cell: UInt[Array, ""], replicate: UInt[Array, ""]) -> Key[Array, ""]:
    """The key of one neuron."""
    return jax.random.fold_in(jax.random.fold_in(seed, cell), replicate)


def stream(key: Key[Array, ""], name: str) -> Key[Array, ""]:
    """The key a neuron uses for one purpose."""
    return jax.random.fold_in(key, STREAMS.index(name))
